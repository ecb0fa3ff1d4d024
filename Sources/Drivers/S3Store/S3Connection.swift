internal import AWSClient
internal import Concurrency
internal import HTTPClient
internal import Hashing
internal import ObjectStore
internal import Units

/// One request to the bucket, before it is signed.
struct S3Request {
  var method: HTTPRequest.Method
  /// The whole key, prefix included; nil: the bucket itself.
  var key: String?
  var query: [(String, String)] = []
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []
  /// Of `body`: made once, before the first attempt.
  var digest = SHA256Digest.of([])
  var doing: String
  var action: String
  /// Statuses that the caller deals with itself.
  var accepted: Set<Int> = []
  /// For one attempt; nil: what is usual.
  var deadline: TimeSpan?
  /// Whether a silent store counts as stalled.
  var mayStall = false

  init(_ method: HTTPRequest.Method, _ key: String?, doing: String, action: String) {
    self.method = method; self.key = key; self.doing = doing; self.action = action
  }
}

struct S3Answer {
  var response: HTTPResponse
  /// Of a streamed answer that succeeded.
  var download: HTTPDownload?
  /// Whether an earlier attempt may have taken effect without our knowing.
  var isRepeated: Bool
}

/// Signs requests, sends them, and sends them again where that can help: the one way to the store.
final class S3Connection: Sendable {
  let store: String
  let bucket: S3Bucket
  let patience: S3Patience
  let now: @Sendable () -> Timestamp
  let random: @Sendable () -> UInt64
  private let client: HTTPClient
  private let credentials: CredentialCache
  private let budget = RetryBudget()
  private let place: Lock<Place>

  /// Where requests go now: a redirect changes it for good.
  private struct Place { var endpoint: ServiceEndpoint; var region: String }

  init(
    store: String, bucket: S3Bucket, credentials: CredentialSource, client: HTTPClient, patience: S3Patience, now: @escaping @Sendable () -> Timestamp,
    random: @escaping @Sendable () -> UInt64
  ) {
    self.store = store
    self.bucket = bucket
    self.patience = patience
    self.now = now
    self.random = random
    self.client = client
    self.credentials = CredentialCache(credentials, now: now)
    let region = bucket.region ?? "us-east-1"
    place = Lock(Place(endpoint: bucket.endpoint ?? .amazon(region: region), region: region))
  }

  var endpoint: ServiceEndpoint { place.withLock { $0.endpoint } }

  func error(_ problem: S3Problem, _ key: ObjectKey?) -> StoreError { StoreError(store: store, problem.reason, key: key, problem.detail) }

  /// Sends a request and gives its answer, whose body is small.
  func send(_ request: S3Request, for key: ObjectKey?) async throws(StoreError) -> S3Answer { try await attempt(request, key, streamed: false) }

  /// The same for an answer whose body is read as it comes.
  func open(_ request: S3Request, for key: ObjectKey?) async throws(StoreError) -> S3Answer { try await attempt(request, key, streamed: true) }

  private func attempt(_ request: S3Request, _ key: ObjectKey?, streamed: Bool) async throws(StoreError) -> S3Answer {
    var (attempts, redirects, refreshed, isRepeated) = (1, 0, false, false)
    var firstFailure: Timestamp?
    while true {
      if Task.isCancelled { throw StoreError(store: store, .cancelled, key: key, "cancelled") }
      let used = try await usableCredentials(key)
      let (verdict, answer) = await once(request, used, streamed)
      switch verdict {
      case .answer:
        budget.earn()
        if let answer { return S3Answer(response: answer.response, download: answer.download, isRepeated: isRepeated) }
        throw StoreError(store: store, .other, key: key, "\(request.doing): there is no answer")
      case .failed(let problem): throw error(problem, key)
      case .refresh(let problem):
        guard !refreshed else { throw error(problem, key) }
        refreshed = true
        await credentials.reject(used)
      case .elsewhere(let endpoint, let region, let problem):
        redirects += 1
        guard redirects <= 3 else { throw error(problem, key) }
        move(to: endpoint, region: region)
      case .again(let asked, let problem):
        isRepeated = true
        let since = firstFailure ?? now()
        firstFailure = since
        let wait = max(asked ?? .zero, patience.wait(beforeAttempt: attempts, random: random()))
        guard attempts < patience.attempts, now() - since + wait <= patience.time, budget.spend() else { throw error(givenUp(problem, attempts), key) }
        attempts += 1
        do { try await Task.sleep(for: wait.duration) } catch { throw StoreError(store: store, .cancelled, key: key, "cancelled") }
      }
    }
  }

  private func givenUp(_ problem: S3Problem, _ attempts: Int) -> S3Problem {
    attempts == 1 ? problem : S3Problem(problem.reason, "\(problem.detail); given up after \(attempts) attempts")
  }

  private func usableCredentials(_ key: ObjectKey?) async throws(StoreError) -> AWSCredentials {
    do throws(CredentialProblem) { return try await credentials.credentials() } catch {
      throw StoreError(store: store, error.isTransient ? .unreachable : .denied, key: key, error.description)
    }
  }

  private func move(to endpoint: ServiceEndpoint?, region: String?) {
    place.withLock { place in
      if let region { place.region = region }
      if let endpoint { place.endpoint = endpoint } else if place.endpoint.isAmazon { place.endpoint = .amazon(region: place.region) }
    }
  }

  // MARK: One attempt

  private func once(_ request: S3Request, _ credentials: AWSCredentials, _ streamed: Bool) async -> (S3Verdict, (response: HTTPResponse, download: HTTPDownload?)?) {
    let place = place.withLock { $0 }
    let time = now()
    let judge = S3Judge(
      bucket: bucket.name, endpoint: place.endpoint, region: place.region, doing: request.doing, action: request.action, accepted: request.accepted, signed: time)
    let http = signed(request, credentials, place.endpoint, place.region, time)
    do throws(HTTPError) {
      guard streamed else {
        let response = try await client.send(http, deadline: request.deadline ?? patience.answer)
        return (judge.verdict(response, AWSErrorBody(response.body)), (response, nil))
      }
      let download = try await client.open(http, deadline: patience.transfer)
      var response = download.response
      if (200..<300).contains(response.status) { return (.answer, (response, download)) }
      response.body = try await download.start(limit: 64 << 10)
      return (judge.verdict(response, AWSErrorBody(response.body)), (response, nil))
    } catch {
      return (judge.verdict(error), nil)
    }
  }

  private func signed(_ request: S3Request, _ credentials: AWSCredentials, _ endpoint: ServiceEndpoint, _ region: String, _ time: Timestamp) -> HTTPRequest {
    let isVirtual = bucket.isVirtual(at: endpoint)
    // A redirect at Amazon names a host that has the bucket in it already.
    let host = isVirtual && !endpoint.host.hasPrefix("\(bucket.name).") ? "\(bucket.name).\(endpoint.authority)" : endpoint.authority
    let path = (isVirtual ? "" : "/\(bucket.name)") + (request.key.map { "/\($0)" } ?? (isVirtual ? "/" : ""))
    let signer = SigV4(credentials, region: region)
    let signed = signer.sign(
      request.method.rawValue, host: host, path: path, query: request.query, headers: request.headers, payload: request.digest.hex, time: time.compact)
    var http = HTTPRequest(
      request.method, "\(endpoint.isTLS ? "https" : "http")://\(host)\(signed.target)", headers: signed.headers.map { HTTPHeader($0.name, $0.value) },
      body: request.body)
    http.keepsPath = true
    http.certificates = bucket.certificates
    http.bodyLimit = ByteCount(bytes: 16 << 20)
    if request.mayStall { http.slowest = SlowestPace(ByteCount(bytes: 1_024), over: patience.stall) }
    return http
  }
}
