/// How a service of AWS is reached.
public struct AWSAccess: Sendable {
  /// Nil: the service's own, or the one that the environment or the profile names.
  public var region: String?
  /// Nil: Amazon's.
  public var endpoint: String?
  /// A file of certificates to trust instead of the machine's own; a relative path counts from the folder of the plan file.
  public var certificates: String?
  /// Nil: the credentials that AWS's own tools would find.
  public var credentials: Located<SecretName>?

  public init(region: String? = nil, endpoint: String? = nil, certificates: String? = nil, credentials: Located<SecretName>? = nil) {
    self.region = region; self.endpoint = endpoint; self.certificates = certificates; self.credentials = credentials
  }
}
