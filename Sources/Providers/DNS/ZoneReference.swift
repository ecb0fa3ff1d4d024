internal import DNSClient
public import PlanModel
public import ProviderInterface

/// What a step needs to know of a zone.
public struct DNSZoneReference: Hashable, Sendable, Codable {
  public var server: ServerName
  public var zone: String
  public var host: NameServer
  public var key: SecretReference?
  public var authoritative: [NameServer]
  public var resolvers: [NameServer]

  public init(
    server: ServerName, zone: String, host: NameServer, key: SecretReference?, authoritative: [NameServer] = [], resolvers: [NameServer] = []
  ) {
    self.server = server; self.zone = zone; self.host = host; self.key = key; self.authoritative = authoritative; self.resolvers = resolvers
  }

  /// Nil if its secret is unknown.
  init?(_ name: ServerName, _ zone: DNSZone, in plan: Plan) {
    let key = zone.key.flatMap { plan.reference(to: $0.value) }
    guard (key == nil) == (zone.key == nil) else { return nil }
    self.init(server: name, zone: zone.zone, host: zone.host, key: key, authoritative: zone.authoritative, resolvers: zone.resolvers)
  }

  /// A name of the zone, in full; nil where there can be none.
  func fullName(_ name: String) -> DNSName? {
    guard let zone = DNSName(zone) else { return nil }
    return name == "@" ? zone : DNSName(name)?.below(zone)
  }
}

extension NameServer {
  var address: DNSServer { DNSServer(host: host, port: port) }
}
