public import Units

/// What requests are signed with. Does not print.
public struct AWSCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var accessKey: String
  let secretKey: String
  let token: String?
  /// Nil: they do not expire.
  public var expires: Timestamp?

  public init(accessKey: String, secretKey: String, token: String? = nil, expires: Timestamp? = nil) {
    self.accessKey = accessKey; self.secretKey = secretKey; self.token = token; self.expires = expires
  }
  public var description: String { "[credentials]" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why there are no credentials, in words and without any of them.
public struct CredentialProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// Whether trying again could help.
  public var isTransient: Bool
  public var description: String
  public init(_ description: String, transient: Bool = false) { self.description = description; isTransient = transient }
}

/// A place where credentials come from.
public struct CredentialSource: Sendable {
  /// For people: `the secret 's3-east'`.
  public var name: String
  /// Called again when they are about to expire, and once when the service says that they have.
  public var load: @Sendable () async throws(CredentialProblem) -> AWSCredentials

  public init(_ name: String, load: @escaping @Sendable () async throws(CredentialProblem) -> AWSCredentials) {
    self.name = name; self.load = load
  }

  /// Credentials that never change.
  public static func fixed(_ credentials: AWSCredentials) -> CredentialSource { CredentialSource("the credentials given") { credentials } }
}

/// Keeps credentials for as long as they are good, and fetches new ones before they expire: once, however many ask.
public actor CredentialCache {
  private let source: CredentialSource
  private let now: @Sendable () -> Timestamp
  private var current: AWSCredentials?
  private var loaded = Timestamp(milliseconds: 0)
  private var loading: Task<Result<AWSCredentials, CredentialProblem>, Never>?
  /// How long before the end new ones are fetched: a part that is being sent must still be good when it arrives.
  private static let margin = TimeSpan.minutes(5)

  public init(_ source: CredentialSource, now: @escaping @Sendable () -> Timestamp) {
    self.source = source
    self.now = now
  }

  /// Where the source does not answer, what is held is used to its very end.
  public func credentials() async throws(CredentialProblem) -> AWSCredentials {
    if let current, !isDue(current) { return current }
    do throws(CredentialProblem) {
      return try await reload()
    } catch {
      if let current, current.expires.map({ $0 > now() }) ?? true { return current }
      throw CredentialProblem("no credentials from \(source.name): \(error)", transient: error.isTransient)
    }
  }

  /// The service refused these: unless others are held by now, they are not used again.
  public func reject(_ refused: AWSCredentials) {
    if current?.accessKey == refused.accessKey, current?.token == refused.token { current = nil }
  }

  /// Short-lived ones are kept for half of their life.
  private func isDue(_ credentials: AWSCredentials) -> Bool {
    guard let expires = credentials.expires else { return false }
    let half = TimeSpan(milliseconds: (expires - loaded).milliseconds / 2)
    return expires - now() < min(Self.margin, half)
  }

  private func reload() async throws(CredentialProblem) -> AWSCredentials {
    let task: Task<Result<AWSCredentials, CredentialProblem>, Never>
    if let loading { task = loading } else {
      // A task of its own: it serves every request that waits, so one that is cancelled must not end it.
      task = Task { [source] in
        do throws(CredentialProblem) { return .success(try await source.load()) } catch { return .failure(error) }
      }
      loading = task
    }
    let result = await task.value
    if loading == task { loading = nil }
    if case .success(let credentials) = result {
      current = credentials
      loaded = now()
    }
    return try result.get()
  }
}
