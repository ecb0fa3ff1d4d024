public import PlanModel
public import PointSteps
public import ProviderInterface

/// A Meilisearch server as a plan describes it.
public struct MeilisearchReference: ServerReferring {
  public static let kind = ServerKind.meilisearch
  public var server: ServerName
  public var url: String
  /// The master key; nil: the server wants none.
  public var key: SecretReference?
  /// Which version it must run, as far as the plan says: `1.11` is any of 1.11.
  public var version: String?
  /// The folder in which its dumps land, as seen from here.
  public var dumps: String?
  public var secrets: [SecretReference] { key.map { [$0] } ?? [] }

  public init(server: ServerName, url: String, key: SecretReference?, version: String? = nil, dumps: String? = nil) {
    self.server = server; self.url = url; self.key = key; self.version = version; self.dumps = dumps
  }

  public init?(_ name: ServerName, in plan: Plan) {
    guard let server = plan.server(name), case .meilisearch(let url, let key, let dumps) = server.kind else { return nil }
    let reference = key.flatMap { plan.reference(to: $0.value) }
    guard (reference == nil) == (key == nil) else { return nil }
    self.init(server: name, url: url, key: reference, version: server.version?.value, dumps: dumps?.value)
  }
}
