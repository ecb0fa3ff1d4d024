internal import Concurrency
public import HTTPClient
internal import Hashing
public import Units

/// One call of a service, before it is signed.
public struct AWSRequest: Sendable {
  public var method: HTTPRequest.Method
  /// From `/`, not encoded.
  public var path: String
  public var query: [(String, String)]
  public var headers: [HTTPHeader]
  public var body: [UInt8]
  /// Whether sending it a second time does no more than sending it once. What is not is sent again only where the first one has done nothing
  /// for certain: then the error says that it may have happened.
  public var isRepeatable: Bool
  /// How much of the answer is taken; a longer one is an error.
  public var limit = ByteCount(bytes: 4 << 20)

  public init(_ method: HTTPRequest.Method, _ path: String, query: [(String, String)] = [], headers: [HTTPHeader] = [], body: [UInt8] = [], isRepeatable: Bool? = nil) {
    self.method = method; self.path = path; self.query = query; self.headers = headers; self.body = body
    self.isRepeatable = isRepeatable ?? (method == .get || method == .head)
  }

  /// A call of the query protocol, as RDS and EC2 have it: a form with `Action` and `Version`.
  public static func form(_ action: String, version: String, _ fields: [(String, String)] = [], isRepeatable: Bool) -> AWSRequest {
    let form = ([("Action", action), ("Version", version)] + fields).map { "\(SigV4.encode($0.0))=\(SigV4.encode($0.1))" }.joined(separator: "&")
    return AWSRequest(
      .post, "/", headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")], body: Array(form.utf8), isRepeatable: isRepeatable)
  }
}

/// A service and where it answers.
public struct AWSService: Sendable, Hashable {
  /// As signatures have it: `route53`, `rds`.
  public var name: String
  /// The one that is signed for.
  public var region: String
  public var endpoint: ServiceEndpoint
  /// A file of certificates to trust instead of the machine's own.
  public var certificates: String?

  public init(_ name: String, region: String, endpoint: ServiceEndpoint, certificates: String? = nil) {
    self.name = name; self.region = region; self.endpoint = endpoint; self.certificates = certificates
  }

  /// Amazon's own endpoint of a service that each region has, unless another one is given.
  public static func regional(_ name: String, region: String, endpoint: ServiceEndpoint? = nil, certificates: String? = nil) -> AWSService {
    let amazon = ServiceEndpoint(isTLS: true, host: "\(name).\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : ""), port: nil)
    return AWSService(name, region: region, endpoint: endpoint ?? amazon, certificates: certificates)
  }
}

/// How patient calls are.
public struct AWSPatience: Sendable {
  /// How often one request is sent at most.
  public var attempts = 6
  /// How long one request is tried again after its first failure.
  public var time = TimeSpan.minutes(1)
  /// The first wait is at most this long, each further one twice as long.
  public var firstWait = TimeSpan.milliseconds(200)
  public var longestWait = TimeSpan.seconds(10)
  /// For one attempt.
  public var answer = TimeSpan.seconds(20)
  public init() {}
}

/// Signs calls of one service, sends them, and sends them again where that can help and cannot harm.
public final class AWSClient: Sendable {
  public let service: AWSService
  private let client: HTTPClient
  private let credentials: CredentialCache
  private let patience: AWSPatience
  private let now: @Sendable () -> Timestamp
  private let random: @Sendable () -> UInt64
  private let budget = RetryBudget()

  /// Nothing is asked yet. `now` signs; `random` spreads retries.
  public init(
    _ service: AWSService, credentials: CredentialSource, client: HTTPClient, patience: AWSPatience = AWSPatience(), now: @escaping @Sendable () -> Timestamp,
    random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
  ) {
    self.service = service
    self.client = client
    self.credentials = CredentialCache(credentials, now: now)
    self.patience = patience
    self.now = now
    self.random = random
  }

  /// Sends a call and gives its answer, which is one of success.
  public func send(_ request: AWSRequest) async throws(AWSError) -> HTTPResponse {
    var (attempts, isRefreshed, isDoubtful) = (1, false, false)
    var firstFailure: Timestamp?
    while true {
      if Task.isCancelled { throw error(.cancelled, "cancelled", doubt: isDoubtful) }
      let used: AWSCredentials
      do throws(CredentialProblem) { used = try await credentials.credentials() } catch {
        throw self.error(error.isTransient ? .silent(nil) : .noCredentials, error.description, doubt: isDoubtful)
      }
      let (verdict, response) = await once(request, used)
      switch verdict {
      case .answer:
        budget.earn()
        if let response { return response }
        throw error(.notUnderstood, "there is no answer", doubt: true)
      case .failed(let error): throw error.doubted(isDoubtful)
      case .refresh(let error):
        guard !isRefreshed else { throw error.doubted(isDoubtful) }
        isRefreshed = true
        await credentials.reject(used)
      case .again(let asked, let error):
        isDoubtful = isDoubtful || error.mayHaveHappened
        guard request.isRepeatable || !error.mayHaveHappened else { throw error }
        let since = firstFailure ?? now()
        firstFailure = since
        let wait = max(asked ?? .zero, Jitter.wait(beforeAttempt: attempts, first: patience.firstWait, longest: patience.longestWait, random: random()))
        guard attempts < patience.attempts, now() - since + wait <= patience.time, budget.spend() else { throw error.doubted(isDoubtful).givenUp(after: attempts) }
        attempts += 1
        do { try await Task.sleep(for: wait.duration) } catch { throw self.error(.cancelled, "cancelled", doubt: isDoubtful) }
      }
    }
  }

  private func error(_ reason: AWSError.Reason, _ detail: String, doubt: Bool) -> AWSError {
    AWSError(reason, target: service.endpoint.description, detail, mayHaveHappened: doubt)
  }

  private func once(_ request: AWSRequest, _ credentials: AWSCredentials) async -> (AWSVerdict, HTTPResponse?) {
    let time = now()
    let judge = AWSJudge(service: service, signed: time, credentials: credentials)
    do throws(HTTPError) {
      let response = try await client.send(signed(request, credentials, time), deadline: patience.answer)
      return (judge.verdict(response), response)
    } catch { return (judge.verdict(error), nil) }
  }

  private func signed(_ request: AWSRequest, _ credentials: AWSCredentials, _ time: Timestamp) -> HTTPRequest {
    let signed = SigV4(credentials, region: service.region, service: service.name).sign(
      request.method.rawValue, host: service.endpoint.authority, path: request.path, query: request.query,
      headers: request.headers.map { (name: $0.name, value: $0.value) }, payload: SHA256Digest.of(request.body).hex, time: time.compact)
    var http = HTTPRequest(
      request.method, service.endpoint.description + signed.target, headers: signed.headers.map { HTTPHeader($0.name, $0.value) }, body: request.body)
    http.keepsPath = true
    http.certificates = service.certificates
    http.bodyLimit = request.limit
    return http
  }
}

/// What calls take of the machine: where credentials are looked for, and the folder from which relative paths count.
public struct AWSHost: Sendable {
  public var world: CredentialWorld
  public var folder: String
  public var patience: AWSPatience

  public init(_ world: CredentialWorld, folder: String, patience: AWSPatience = AWSPatience()) { self.world = world; self.folder = folder; self.patience = patience }

  /// A client of a service; without credentials it finds those that AWS's own tools would find.
  public func client(of service: AWSService, credentials: CredentialSource?) -> AWSClient {
    var service = service
    service.certificates = service.certificates.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
    return AWSClient(service, credentials: credentials ?? .standard(world), client: world.client, patience: patience, now: world.now)
  }
}
