internal import Units

/// A place in the write-ahead log: `5F/68FC1A20`. Bytes from the beginning of a cluster's life on.
struct WALPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
  let offset: UInt64

  init(offset: UInt64) { self.offset = offset }

  /// As PostgreSQL writes it: two hexadecimal numbers of up to 32 bits.
  init?(_ text: String?) {
    guard let parts = text?.split(separator: "/", omittingEmptySubsequences: false), parts.count == 2, let high = UInt32(parts[0], radix: 16),
      let low = UInt32(parts[1], radix: 16)
    else { return nil }
    offset = UInt64(high) << 32 | UInt64(low)
  }

  var description: String { String(offset >> 32, radix: 16, uppercase: true) + "/" + String(offset & 0xFFFF_FFFF, radix: 16, uppercase: true) }

  static func < (a: Self, b: Self) -> Bool { a.offset < b.offset }

  /// What lies between this and a later place; zero where that is not later.
  func distance(to later: WALPosition) -> ByteCount {
    ByteCount(bytes: later > self ? Int64(clamping: later.offset - offset) : 0)
  }
}
