/// A database that Amazon RDS runs, as its API knows it: what is seen and restored of it without any connection to the database.
public struct RDSInstance: Sendable {
  public var region: String
  /// Its identifier, which is one of the account's in the region.
  public var instance: String
  /// Where the API is; nil: Amazon's own of the region.
  public var endpoint: String?
  /// The access key; nil: the credentials that AWS's own tools would find.
  public var credentials: Located<SecretName>?
}
