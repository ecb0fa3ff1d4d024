internal import FoundationEssentials

/// One value, one text: keys sorted by code point, no white space, no escaped slashes. What is digested, hashed or compared is written so.
public enum CanonicalJSON {
  public static func bytes(_ value: some Encodable) throws -> [UInt8] {
    var writer = CanonicalWriter()
    try JSONValueEncoder.encode(value).write(to: &writer)
    return writer.bytes
  }
  public static func text(_ value: some Encodable) throws -> String { String(decoding: try bytes(value), as: UTF8.self) }

  /// The same order of keys, indented for people to read and for a pull request to compare.
  public static func prettyText(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  public static func decode<T: Decodable>(_ type: T.Type, from bytes: some Sequence<UInt8>) throws -> T {
    try JSONDecoder().decode(type, from: Data(bytes))
  }

  /// A value as a JSON tree, and back: how typed arguments travel through a changeset, a journal or a process boundary.
  public static func value(_ value: some Encodable) throws -> JSONValue { try JSONValueEncoder.encode(value).value }
  public static func decode<T: Decodable>(_ type: T.Type, from value: JSONValue) throws -> T { try decode(type, from: bytes(value)) }
}
