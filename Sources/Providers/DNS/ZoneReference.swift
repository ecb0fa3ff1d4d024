internal import DNSClient
public import PlanModel
public import ProviderInterface

/// What a step needs to know of a zone.
public struct DNSZoneReference: Hashable, Sendable, Codable {
  public var server: ServerName
  public var zone: String
  public var keeper: Keeper
  public var authoritative: [NameServer]
  public var resolvers: [NameServer]

  /// Who takes its changes.
  public enum Keeper: Hashable, Sendable, Codable {
    case server(NameServer, key: SecretReference?)
    /// Without an id the hosted zone is found by its name.
    case route53(id: String?, AWSReference)
  }

  public init(server: ServerName, zone: String, keeper: Keeper, authoritative: [NameServer] = [], resolvers: [NameServer] = []) {
    self.server = server; self.zone = zone; self.keeper = keeper; self.authoritative = authoritative; self.resolvers = resolvers
  }

  /// Nil if its secret is unknown.
  init?(_ name: ServerName, _ zone: DNSZone, in plan: Plan) {
    let keeper: Keeper
    switch zone.keeper {
    case .server(let host, let written):
      let key = written.flatMap { plan.reference(to: $0.value) }
      guard (key == nil) == (written == nil) else { return nil }
      keeper = .server(host, key: key)
    case .route53(let id, let access):
      guard let access = AWSReference(access, in: plan) else { return nil }
      keeper = .route53(id: id, access)
    }
    self.init(server: name, zone: zone.zone, keeper: keeper, authoritative: zone.authoritative, resolvers: zone.resolvers)
  }

  /// What opens it.
  var secret: SecretReference? {
    switch keeper {
    case .server(_, let key): key
    case .route53(_, let access): access.credentials
    }
  }

  /// Whether its records can have members: several sets of one name and type, among which Route 53 chooses.
  var hasMembers: Bool { if case .route53 = keeper { true } else { false } }

  /// A name of the zone, in full; nil where there can be none.
  func fullName(_ name: String) -> DNSName? {
    guard let zone = DNSName(zone) else { return nil }
    return name == "@" ? zone : DNSName(name)?.below(zone)
  }
}

extension NameServer {
  var address: DNSServer { DNSServer(host: host, port: port) }
}
