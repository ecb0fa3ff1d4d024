/// A SHA-256 digest (FIPS 180-4): what every stored object, manifest, changeset and journal record is known by.
///
/// Written and encoded as 64 lower-case hexadecimal digits, the form `sha256sum` prints.
public struct SHA256Digest: Hashable, Sendable {
  private var high: (UInt64, UInt64)
  private var low: (UInt64, UInt64)

  public static let byteCount = 32

  /// Nil unless there are exactly 32 bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
    high = (words[0], words[1])
    low = (words[2], words[3])
  }

  /// Reads 64 hexadecimal digits, upper or lower case; nil for anything else.
  public init?(_ hex: some StringProtocol) {
    let digits = hex.utf8.map { Self.value(ofDigit: $0) }
    guard digits.count == 2 * Self.byteCount else { return nil }
    var bytes: [UInt8] = []
    for pair in stride(from: 0, to: digits.count, by: 2) {
      guard let first = digits[pair], let second = digits[pair + 1] else { return nil }
      bytes.append(first << 4 | second)
    }
    self.init(bytes: bytes)
  }

  /// The digest of `bytes`, in one go.
  public static func of(_ bytes: some Sequence<UInt8>) -> SHA256Digest {
    let hasher = SHA256Hasher()
    if bytes.withContiguousStorageIfAvailable({ hasher.update(UnsafeRawBufferPointer($0)) }) == nil { hasher.update([UInt8](bytes)) }
    return hasher.finalize()
  }

  public var bytes: [UInt8] { words.flatMap { word in stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) } } }

  private var words: [UInt64] { [high.0, high.1, low.0, low.1] }

  private static func value(ofDigit digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  public static func == (a: Self, b: Self) -> Bool { a.high == b.high && a.low == b.low }
  public func hash(into hasher: inout Hasher) { for word in words { hasher.combine(word) } }
}

extension SHA256Digest: Comparable {
  /// By bytes, which is also the order of the hexadecimal texts.
  public static func < (a: Self, b: Self) -> Bool { a.high != b.high ? a.high < b.high : a.low < b.low }
}

extension SHA256Digest: CustomStringConvertible {
  public var description: String { hex }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The first twelve digits, for people.
  public var short: String { String(hex.prefix(12)) }
}

extension SHA256Digest: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let digest = SHA256Digest(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not a SHA-256 digest of 64 hexadecimal digits"))
    }
    self = digest
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }
}
