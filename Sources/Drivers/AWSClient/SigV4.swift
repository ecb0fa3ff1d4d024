internal import Hashing

/// AWS Signature Version 4 (Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header"; IAM User Guide, "Create a
/// signed AWS API request").
///
/// Path and query are encoded once and sent like that. S3 decodes and encodes them again before it compares, so that text is signed too; all
/// other services encode what they are sent once more.
public struct SigV4: Sendable {
  var credentials: AWSCredentials
  var region: String
  var service: String

  public init(_ credentials: AWSCredentials, region: String, service: String = "s3") {
    self.credentials = credentials; self.region = region; self.service = service
  }

  public struct Signed {
    /// Path and query as they are to be sent.
    public var target: String
    /// All headers but `Host`.
    public var headers: [(name: String, value: String)]
  }

  /// `time`: `20261124T081534Z`. `payload`: the hexadecimal SHA-256 of the body.
  public func sign(
    _ method: String, host: String, path: String, query: [(String, String)] = [], headers: [(name: String, value: String)] = [], payload: String,
    time: String
  ) -> Signed {
    let path = Self.encode(path, keeping: "/")
    let query = Self.canonical(query)
    var signed = headers.map { (name: $0.name.lowercased(), value: $0.value.split(separator: " ").joined(separator: " ")) }
    signed += [(name: "host", value: host), (name: "x-amz-content-sha256", value: payload), (name: "x-amz-date", value: time)]
    if let token = credentials.token { signed.append((name: "x-amz-security-token", value: token)) }
    signed.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let names = signed.map(\.name).joined(separator: ";")
    let lines = signed.map { "\($0.name):\($0.value)\n" }.joined()
    let canonical = [method, service == "s3" ? path : Self.encode(path, keeping: "/"), query, lines, names, payload].joined(separator: "\n")
    let scope = [String(time.prefix(8)), region, service, "aws4_request"]
    let text = ["AWS4-HMAC-SHA256", time, scope.joined(separator: "/"), SHA256Digest.of(canonical.utf8).hex].joined(separator: "\n")
    let key = scope.reduce(Array("AWS4\(credentials.secretKey)".utf8)) { HMACSHA256.of(Array($1.utf8), key: $0) }
    let signature = Self.hex(HMACSHA256.of(Array(text.utf8), key: key))
    let proof = "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope.joined(separator: "/")),SignedHeaders=\(names),Signature=\(signature)"
    return Signed(
      target: query.isEmpty ? path : "\(path)?\(query)",
      headers: signed.filter { $0.name != "host" } + [(name: "authorization", value: proof)])
  }

  /// Each name and value encoded, then sorted by its bytes.
  private static func canonical(_ query: [(String, String)]) -> String {
    query.map { [encode($0.0), encode($0.1)] }
      .sorted { $0[0] == $1[0] ? $0[1].utf8.lexicographicallyPrecedes($1[1].utf8) : $0[0].utf8.lexicographicallyPrecedes($1[0].utf8) }
      .map { $0.joined(separator: "=") }.joined(separator: "&")
  }

  /// Everything but RFC 3986's unreserved characters, and those in `keeping`, as `%` and two upper-case digits.
  public static func encode(_ text: String, keeping: String = "") -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
      case _ where keeping.utf8.contains(byte): out.append(byte)
      default: out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Takes `encoding-type=url` back, where a space is a `+`; nil where a `%` is not followed by two digits or the bytes are no text.
  public static func decode(_ text: String) -> String? {
    var out: [UInt8] = []
    var bytes = text.utf8[...]
    while let byte = bytes.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): out.append(0x20)
      case UInt8(ascii: "%"):
        let digits = bytes.prefix(2)
        guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }), let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        out.append(value)
        bytes = bytes.dropFirst(2)
      default: out.append(byte)
      }
    }
    return String(validating: out, as: UTF8.self)
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
