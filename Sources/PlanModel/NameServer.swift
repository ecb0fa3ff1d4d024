/// A zone of names: who takes its changes, and who is asked whether they are there.
public struct DNSZone: Sendable {
  public var zone: String
  public var keeper: Keeper
  /// The servers that must answer a change; empty: those that the zone names, and at Route 53 none.
  public var authoritative: [NameServer]
  /// Asked when a change should be everywhere.
  public var resolvers: [NameServer]

  /// Who takes its changes.
  public enum Keeper: Sendable {
    /// A name server, by updates (RFC 2136) that the key signs.
    case server(NameServer, key: Located<SecretName>?)
    /// Amazon Route 53; without an id it is found by its name.
    case route53(id: String?, AWSAccess)
  }
}

/// A host that answers questions about names, and its port.
public struct NameServer: Hashable, Sendable, Codable, CustomStringConvertible {
  public var host: String
  public var port: Int

  public static let usualPort = 53
  public init(host: String, port: Int = usualPort) { self.host = host; self.port = port }

  /// Reads `ns1.sie.example`, `ns1.sie.example:5353`, `192.0.2.1`, `2001:db8::1` and `[2001:db8::1]:5353`.
  public init?(_ text: String) {
    var (host, port) = (text[...], Self.usualPort)
    let isBracketed = text.hasPrefix("[")
    if isBracketed || text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1 {
      guard let cut = isBracketed ? text.lastIndex(of: "]") : text.lastIndex(of: ":") else { return nil }
      host = isBracketed ? text[..<cut].dropFirst() : text[..<cut]
      let rest = isBracketed ? text[cut...].dropFirst() : text[cut...]
      if !rest.isEmpty {
        guard rest.first == ":", let number = Int(rest.dropFirst()), (1...65_535).contains(number) else { return nil }
        port = number
      }
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") }) else { return nil }
    self.host = String(host)
    self.port = port
  }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let server = NameServer(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not HOST or HOST:PORT"))
    }
    self = server
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  public var description: String {
    guard port != Self.usualPort else { return host }
    return (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
  }
}
