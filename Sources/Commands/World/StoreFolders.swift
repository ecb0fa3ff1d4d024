internal import AWSClient
internal import Concurrency
internal import DirectoryStore
internal import HTTPClient
internal import ObjectStore
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints
internal import S3Store

/// Opens the stores that a plan names, each once: what is learnt of one, its credentials included, serves every step.
struct StoreFolders: StoreOpening {
  /// The folder of the plan file, from which relative paths count.
  let folder: String
  let environment: [String: String]
  let secrets: any SecretResolving
  /// How long a bucket that does not answer is asked again.
  let patience: S3Patience
  private let client: HTTPClient
  private let opened = Lock<[StoreReference: any ObjectStore]>([:])

  init(folder: String, environment: [String: String], secrets: any SecretResolving, patience: S3Patience = S3Patience()) {
    self.folder = folder; self.environment = environment; self.secrets = secrets; self.patience = patience
    client = HTTPClient(trustedBy: environment)
  }

  func reading(_ store: StoreReference) async throws(StepFailure) -> any ObjectReading { try await opening(store) }

  func opening(_ store: StoreReference) async throws(StepFailure) -> any ObjectStore {
    if let store = opened.withLock({ $0[store] }) { return store }
    var made: any ObjectStore =
      switch store.location {
      case .directory(let path): DirectoryStore(name: store.name.rawValue, root: absolute(path))
      case .s3(let reference): try s3(reference, store.name)
      }
    if let bandwidth = store.bandwidth { made = PacedStore(made, Bandwidth(bandwidth)) }
    // Two steps may have come at once: one store, one bandwidth.
    return opened.withLock { [made] opened in
      if let first = opened[store] { return first }
      opened[store] = made
      return made
    }
  }

  private func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

  /// Where a person finds what is in a store.
  func source(of store: StoreReference) throws(StepFailure) -> PointSource {
    switch store.location {
    case .directory(let path): return .folder(absolute(path))
    case .s3(let reference):
      let bucket = try bucket(reference, store.name, world)
      return .bucket(
        .init(
          url: bucket.url, s3: bucket.isWhereAWSLooks ? "s3://\(bucket.name)/\(bucket.prefix)" : nil, endpoint: bucket.endpoint?.description,
          region: bucket.region, certificates: bucket.certificates))
    }
  }

  private var world: CredentialWorld { CredentialWorld(environment, client) }

  private func bucket(_ reference: S3Reference, _ name: StoreName, _ world: CredentialWorld) throws(StepFailure) -> S3Bucket {
    var endpoint: ServiceEndpoint?
    if let url = reference.endpoint {
      endpoint = ServiceEndpoint(url)
      guard endpoint != nil else { throw StepFailure("wrong-endpoint", "the endpoint of the store `\(name)` is no URL", helps: ["write `https://HOST` or `https://HOST:PORT`"]) }
    }
    let region = reference.region ?? CredentialSource.region(world)
    var bucket = S3Bucket(reference.bucket, prefix: reference.prefix, region: region, endpoint: endpoint)
    bucket.style = reference.style.map { $0 == .path ? .path : .virtual }
    bucket.certificates = reference.certificates.map(absolute)
    bucket.encryption = reference.encryption.map { encryption in
      switch encryption {
      case .s3: .s3
      case .kms(let key): .kms(key: key)
      }
    }
    bucket.lock = reference.lock.map { S3Bucket.Lock(mode: $0.mode == .compliance ? .compliance : .governance, time: $0.duration) }
    return bucket
  }

  private func s3(_ reference: S3Reference, _ name: StoreName) throws(StepFailure) -> S3Store {
    let world = world
    let bucket = try bucket(reference, name, world)
    let source = reference.credentials.map(credentials) ?? .standard(world)
    return S3Store(name: name.rawValue, bucket: bucket, credentials: source, client: client, patience: patience, now: SystemClock.now)
  }

  /// Asked for anew whenever it is about to expire, so a secret that is a command gives fresh tokens.
  private func credentials(_ secret: SecretReference) -> CredentialSource {
    CredentialSource("the secret `\(secret.name)`") { [secrets] () throws(CredentialProblem) in
      let value: SecretValue
      do throws(StepFailure) { value = try await secrets.resolve(secret) } catch { throw CredentialProblem(error.message, transient: error.isTransient) }
      return try AWSCredentials(written: value.reveal())
    }
  }
}
