public import PlanModel
public import PointSteps
public import ProviderInterface

/// A Redis server and the database that its URL names.
public struct RedisReference: ServerReferring {
  public static let kind = ServerKind.redis
  public var server: ServerName
  public var url: SecretReference
  public var secrets: [SecretReference] { [url] }

  public init(server: ServerName, url: SecretReference) { self.server = server; self.url = url }

  public init?(_ name: ServerName, in plan: Plan) {
    guard case .redis(let url)? = plan.server(name)?.kind, let reference = plan.reference(to: url.value) else { return nil }
    self.init(server: name, url: reference)
  }
}
