/// One command as bytes on the wire.
public struct RedisCommand: Sendable {
  /// Its first word, for messages: the others may be data.
  public let name: String
  let bytes: [UInt8]

  public init(_ words: [[UInt8]]) {
    name = words.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    var bytes = Array("*\(words.count)\r\n".utf8)
    for word in words {
      bytes += "$\(word.count)\r\n".utf8
      bytes += word
      bytes += [0x0D, 0x0A]
    }
    self.bytes = bytes
  }
  public init(_ words: String...) { self.init(words.map { Array($0.utf8) }) }

  /// How much it takes on the wire.
  public var size: Int { bytes.count }
}
