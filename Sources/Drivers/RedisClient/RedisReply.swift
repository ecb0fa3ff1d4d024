/// An answer of the server, as its protocol (RESP2) has it.
public enum RedisReply: Hashable, Sendable {
  case text(String)
  case refusal(String)
  case integer(Int64)
  /// Nil: there is no such value.
  case bytes([UInt8]?)
  /// Nil: a transaction was not carried out.
  case list([RedisReply]?)

  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// Of a simple text or a value.
  public var string: String? {
    switch self {
    case .text(let text): text
    case .bytes(let bytes?): String(decoding: bytes, as: UTF8.self)
    case .integer(let value): String(value)
    default: nil
    }
  }
  public var list: [RedisReply]? { if case .list(let list) = self { list } else { nil } }
}

/// Reads replies out of bytes that come in pieces of any size.
struct ReplyReader {
  /// A server that says it is about to send more than this is not believed.
  static let longest = 600 << 20
  private static let deepest = 8
  private(set) var buffer: [UInt8] = []
  private var start = 0

  enum Malformed: Error { case notRedis, tooLong }

  mutating func append(_ bytes: some Sequence<UInt8>) {
    if start == buffer.count { buffer.removeAll(keepingCapacity: true); start = 0 }
    buffer.append(contentsOf: bytes)
  }

  /// What has come and is no part of a reply that was taken.
  mutating func takeRest() -> [UInt8] {
    defer { buffer = []; start = 0 }
    return Array(buffer[start...])
  }

  /// The next line without its end; nil: it has not come yet. The first byte of what is left after it is where the next read begins.
  mutating func line() throws(Malformed) -> String? {
    var position = start
    guard let line = try Self.line(buffer, &position) else { return nil }
    start = position
    return line
  }

  /// The next reply; nil: more bytes are needed.
  mutating func next() throws(Malformed) -> RedisReply? {
    var position = start
    guard let reply = try Self.reply(buffer, &position, depth: 0) else { return nil }
    start = position
    return reply
  }

  private static func line(_ bytes: [UInt8], _ position: inout Int) throws(Malformed) -> String? {
    guard let end = bytes[position...].firstIndex(of: 0x0A) else {
      guard bytes.count - position < 1 << 16 else { throw .tooLong }
      return nil
    }
    defer { position = end + 1 }
    let stop = end > position && bytes[end - 1] == 0x0D ? end - 1 : end
    return String(decoding: bytes[position..<stop], as: UTF8.self)
  }

  private static func reply(_ bytes: [UInt8], _ position: inout Int, depth: Int) throws(Malformed) -> RedisReply? {
    guard let line = try line(bytes, &position) else { return nil }
    let rest = String(line.dropFirst())
    switch line.utf8.first {
    case UInt8(ascii: "+"): return .text(rest)
    case UInt8(ascii: "-"): return .refusal(rest)
    case UInt8(ascii: ":"):
      guard let value = Int64(rest) else { throw .notRedis }
      return .integer(value)
    case UInt8(ascii: "$"):
      guard let count = Int(rest), count >= -1 else { throw .notRedis }
      guard count <= longest else { throw .tooLong }
      guard count >= 0 else { return .bytes(nil) }
      guard bytes.count - position >= count + 2 else { return nil }
      defer { position += count + 2 }
      return .bytes(Array(bytes[position..<position + count]))
    case UInt8(ascii: "*"):
      guard let count = Int(rest), count >= -1, depth < deepest else { throw .notRedis }
      guard count <= 1 << 22 else { throw .tooLong }
      guard count >= 0 else { return .list(nil) }
      var list: [RedisReply] = []
      for _ in 0..<count {
        guard let element = try reply(bytes, &position, depth: depth + 1) else { return nil }
        list.append(element)
      }
      return .list(list)
    default: throw .notRedis
    }
  }
}
