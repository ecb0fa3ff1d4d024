public import PlanModel
public import Units

// What a step needs of the plan, as values that travel in a changeset, a journal or to another process. Secrets travel as
// references and are resolved where the step runs.

/// A secret by name, and where its value is found when it is needed.
public struct SecretReference: Hashable, Sendable, Codable {
  public var name: SecretName
  public var source: SecretSource
  public init(name: SecretName, source: SecretSource) { self.name = name; self.source = source }
}

/// A PostgreSQL server and the database that its URL names.
public struct PostgreSQLReference: Hashable, Sendable, Codable {
  public var server: ServerName
  public var url: SecretReference
  public init(server: ServerName, url: SecretReference) { self.server = server; self.url = url }
}

/// A store and where it is. A relative path counts from the folder of the plan file, which the opener knows.
public struct StoreReference: Hashable, Sendable, Codable {
  public enum Location: Hashable, Sendable, Codable {
    case directory(path: String)
    case s3(S3Reference)
  }
  public var name: StoreName
  public var location: Location
  public var bandwidth: ByteRate?
  public init(name: StoreName, location: Location, bandwidth: ByteRate? = nil) { self.name = name; self.location = location; self.bandwidth = bandwidth }
}

/// A bucket, and the secret that opens it; nil: the credentials that AWS's own tools would find.
public struct S3Reference: Hashable, Sendable, Codable {
  public var bucket: String
  public var prefix: String
  public var region: String?
  public var endpoint: String?
  public var style: S3Location.Style?
  /// A relative path counts from the folder of the plan file, which the opener knows.
  public var certificates: String?
  public var credentials: SecretReference?
  public var encryption: S3Encryption?
  public var lock: S3Lock?

  /// Nil if the secret is unknown.
  public init?(_ location: S3Location, in plan: Plan) {
    credentials = location.credentials.flatMap { plan.reference(to: $0.value) }
    guard (credentials == nil) == (location.credentials == nil) else { return nil }
    bucket = location.bucket; prefix = location.prefix; region = location.region; endpoint = location.endpoint; style = location.style
    certificates = location.certificates; encryption = location.encryption; lock = location.lock
  }
}

/// How a service of AWS is reached, with the secret that opens it; nil: the credentials that AWS's own tools would find.
public struct AWSReference: Hashable, Sendable, Codable {
  public var region: String?
  public var endpoint: String?
  /// A relative path counts from the folder of the plan file.
  public var certificates: String?
  public var credentials: SecretReference?

  public init(region: String? = nil, endpoint: String? = nil, certificates: String? = nil, credentials: SecretReference? = nil) {
    self.region = region; self.endpoint = endpoint; self.certificates = certificates; self.credentials = credentials
  }

  /// Nil if the secret is unknown.
  public init?(_ access: AWSAccess, in plan: Plan) {
    let credentials = access.credentials.flatMap { plan.reference(to: $0.value) }
    guard (credentials == nil) == (access.credentials == nil) else { return nil }
    self.init(region: access.region, endpoint: access.endpoint, certificates: access.certificates, credentials: credentials)
  }
}

/// A value that a step's field takes: written out, a secret, or another step's output.
public enum InputValue: Hashable, Sendable, Codable {
  case text(String)
  case secret(SecretReference)
  case output(step: StepName, name: String)
}

/// A value that a step gives: a text, or a secret by reference. A secret's value is never an output.
public enum OutputValue: Hashable, Sendable, Codable {
  case text(String)
  case secret(SecretReference)
}

/// A secret's value while it is in use. Does not print, does not encode.
public struct SecretValue: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let value: String
  public init(_ value: String) { self.value = value }
  /// For the one call that hands it to its server or program.
  public func reveal() -> String { value }
  public var description: String { "[secret]" }
  public var debugDescription: String { "[secret]" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Plan {
  public func reference(to name: SecretName) -> SecretReference? { secret(name).map { SecretReference(name: name, source: $0.source) } }

  /// Nil if the server is unknown, is no PostgreSQL server, or its secret is unknown.
  public func postgresql(_ name: ServerName) -> PostgreSQLReference? {
    guard case .postgresql(let url)? = server(name)?.kind else { return nil }
    return reference(to: url.value).map { PostgreSQLReference(server: name, url: $0) }
  }

  public func reference(to name: StoreName) -> StoreReference? {
    guard let store = store(name) else { return nil }
    let bandwidth = store.bandwidth?.value
    switch store.kind {
    case .directory(let path): return StoreReference(name: name, location: .directory(path: path), bandwidth: bandwidth)
    case .s3(let location): return S3Reference(location, in: self).map { StoreReference(name: name, location: .s3($0), bandwidth: bandwidth) }
    }
  }
}
