internal import CanonicalJSON
internal import ProviderInterface

/// A secret as the API gives it: values in base64. Held only as long as a step looks at it.
struct ClusterSecret: Decodable, Sendable, CustomStringConvertible {
  var metadata: Metadata
  var data: [String: String]?
  var description: String { "[secret]" }
  func note(_ name: String) -> String? { metadata.annotations?[name] }
}

/// Values to be set, in base64 as the API takes them.
struct SecretValues: Sendable, CustomStringConvertible {
  let base64: [String: String]
  /// To be blotted out of what kubectl says.
  let hiding: [String]
  var description: String { "[secret]" }

  init(_ values: [String: SecretValue]) {
    base64 = values.mapValues { Base64.text(Array($0.reveal().utf8)) }
    hiding = values.values.map { $0.reveal() } + Array(base64.values)
  }

  func differing(from secret: ClusterSecret?) -> [String] { base64.filter { secret?.data?[$0.key] != $0.value }.keys.sorted() }
}

/// RFC 4648, section 4.
enum Base64 {
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word: UInt32 = 0
      for index in 0..<3 { word = word << 8 | (index < group.count ? UInt32(group[start + index]) : 0) }
      for index in 0..<4 { out.append(index <= group.count ? letters[Int(word >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "=")) }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
