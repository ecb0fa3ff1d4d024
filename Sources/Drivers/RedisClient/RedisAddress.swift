/// Where a Redis server is and as whom to connect, read from a connection URL.
///
/// It holds the password. Nothing here prints it: `description` has host, port and database only, and `redact` takes it out of any text.
public struct RedisAddress: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  enum Place: Hashable, Sendable {
    case tcp(host: String, port: Int)
    case unix(path: String)
  }
  let place: Place
  let user: String?
  let password: String?
  /// The numbered database that commands go to.
  public private(set) var database: Int

  /// Reads `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]` or `unix://[[USER]:PASSWORD@]/PATH[?db=DATABASE]`.
  ///
  /// - Throws: `cannotConnect` for what is no such URL, and `unusable` for one that asks for TLS; the text quotes no part of it, since a password
  ///   with a reserved character ends up anywhere.
  public init(url: String) throws(RedisError) {
    guard let separator = url.firstRange(of: "://") else { throw .badURL("it does not begin with redis://") }
    let (scheme, rest) = (url[..<separator.lowerBound], url[separator.upperBound...])
    if scheme == "rediss" { throw .needsTLS }
    guard scheme == "redis" || scheme == "unix" else { throw .badURL("it does not begin with redis://") }
    let beforeQuery = rest.prefix { $0 != "?" }
    let authority = beforeQuery.prefix { $0 != "/" }
    guard beforeQuery.filter({ $0 == "@" }).count == authority.filter({ $0 == "@" }).count, authority.filter({ $0 == "@" }).count <= 1 else {
      throw .badURL("an '@' or '/' in user or password must be written %40 or %2F")
    }
    let at = authority.firstIndex(of: "@")
    let login = at.map { authority[..<$0] }
    let parts = login?.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) ?? []
    guard let name = Self.decoded(parts.first ?? ""), let secret = Self.decoded(parts.count > 1 ? parts[1] : "") else {
      throw .badURL("a '%' must be followed by two hexadecimal digits")
    }
    user = name.isEmpty ? nil : name
    password = secret.isEmpty ? nil : secret
    let path = beforeQuery[authority.endIndex...]
    let number: Substring
    if scheme == "unix" {
      guard let decoded = Self.decoded(path), decoded.utf8.count > 1 else { throw .badURL("it names no socket") }
      place = .unix(path: decoded)
      let query = rest[beforeQuery.endIndex...].dropFirst()
      number = query.split(separator: "&").first { $0.hasPrefix("db=") }?.dropFirst(3) ?? ""
    } else {
      place = try Self.tcp(at.map { authority[authority.index(after: $0)...] } ?? authority)
      number = path.dropFirst()
    }
    guard let database = number.isEmpty ? 0 : Int(number), (0...1_000_000).contains(database) else { throw .badURL("the database is no number") }
    self.database = database
  }

  private static func tcp(_ text: Substring) throws(RedisError) -> Place {
    var (host, port) = (text, Substring())
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      port = text[text.index(after: end)...]
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      port = text[colon...]
    }
    guard port.isEmpty || port.hasPrefix(":"), let number = port.count > 1 ? Int(port.dropFirst()) : 6_379, (1...65_535).contains(number) else {
      throw .badURL("the port is no number; a ':' or '/' in the password must be written %3A or %2F")
    }
    return .tcp(host: host.isEmpty ? "127.0.0.1" : String(host), port: number)
  }

  /// Percent-decoded; nil where a `%` stands alone or the bytes are no text.
  private static func decoded(_ text: Substring) -> String? {
    var (bytes, rest) = ([UInt8](), text.utf8[...])
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else { bytes.append(byte); continue }
      guard let high = rest.popFirst(), let low = rest.popFirst(), let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16) else { return nil }
      bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// The same server, another of its databases.
  public func with(database number: Int) -> RedisAddress {
    var copy = self
    copy.database = number
    return copy
  }

  /// The server alone.
  public var server: String {
    switch place {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): path
    }
  }
  public var description: String { database == 0 ? server : "\(server), database \(database)" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Takes the password out of a text.
  func redact(_ text: String) -> String {
    guard let password else { return text }
    return text.replacing(password, with: "***")
  }
}
