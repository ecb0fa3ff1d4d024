public import PlanModel
public import PointSteps
public import ProviderInterface

/// What a step needs to know of an instance of RDS.
public struct RDSReference: ServerReferring {
  public static let kind = ServerKind.rds
  public var server: ServerName
  public var region: String
  /// Its identifier.
  public var instance: String
  /// Where the API is; nil: Amazon's own of the region.
  public var endpoint: String?
  /// Nil: what AWS's own tools would find.
  public var credentials: SecretReference?

  public init(server: ServerName, region: String, instance: String, endpoint: String? = nil, credentials: SecretReference? = nil) {
    self.server = server; self.region = region; self.instance = instance; self.endpoint = endpoint; self.credentials = credentials
  }

  public init?(_ name: ServerName, in plan: Plan) {
    guard case .rds(let instance)? = plan.server(name)?.kind else { return nil }
    let credentials = instance.credentials.flatMap { plan.reference(to: $0.value) }
    guard (credentials == nil) == (instance.credentials == nil) else { return nil }
    self.init(server: name, region: instance.region, instance: instance.instance, endpoint: instance.endpoint, credentials: credentials)
  }

  public var secrets: [SecretReference] { [credentials].compactMap { $0 } }

  /// What a person types to see an instance.
  func describing(_ instance: String) -> String { "aws rds describe-db-instances --region \(region) --db-instance-identifier \(instance)" }
}
