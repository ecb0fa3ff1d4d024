internal import CanonicalJSON
internal import HTTPClient
internal import PlanModel
internal import ProviderInterface
internal import Units

/// One Meilisearch server, over HTTP.
struct SearchServer: Sendable {
  let client: HTTPClient
  let reference: MeilisearchReference
  private let key: SecretValue?
  /// For one request.
  private let deadline: TimeSpan

  static func open(
    _ reference: MeilisearchReference, by client: HTTPClient, secrets: any SecretResolving, deadline: TimeSpan = .seconds(60)
  ) async throws(StepFailure) -> SearchServer {
    var key: SecretValue?
    if let secret = reference.key { key = try await secrets.resolve(secret) }
    return SearchServer(client: client, reference: reference, key: key, deadline: deadline)
  }

  private init(client: HTTPClient, reference: MeilisearchReference, key: SecretValue?, deadline: TimeSpan) {
    self.client = client; self.reference = reference; self.key = key; self.deadline = deadline
  }

  // MARK: Questions

  /// Whether it answers, which needs no key; false where it is down or not ready.
  func isHealthy() async -> Bool {
    let answer = try? await client.send(request(.get, "/health", []), deadline: min(deadline, .seconds(5)))
    return answer?.status == 200
  }
  func version() async throws(StepFailure) -> String { try await ask(.get, "/version", as: Answers.Version.self).pkgVersion }
  func stats() async throws(StepFailure) -> Answers.Stats { try await ask(.get, "/stats", as: Answers.Stats.self) }
  func task(_ uid: Int64) async throws(StepFailure) -> Answers.Task { try await ask(.get, "/tasks/\(uid)", as: Answers.Task.self) }
  func tasks(_ query: String) async throws(StepFailure) -> [Answers.Task] { try await ask(.get, "/tasks?\(query)", as: Answers.Tasks.self).results }

  /// Nil where there is no such index.
  func index(_ uid: String) async throws(StepFailure) -> Answers.Index? {
    do throws(StepFailure) { return try await ask(.get, "/indexes/\(uid)", as: Answers.Index.self) } catch {
      guard error.code == Self.missing else { throw error }
      return nil
    }
  }

  // MARK: The wire

  /// The code of the failure for what is not there.
  static let missing = "not-found"

  /// Asks, and asks a question again that was not answered: three times at most.
  func ask<Answer: Decodable>(_ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [], type: String = "application/json", as _: Answer.Type) async throws(StepFailure) -> Answer {
    let bytes = try await send(method, path, body: body, type: type)
    do { return try CanonicalJSON.decode(Answer.self, from: bytes) } catch {
      throw StepFailure(
        "not-meilisearch", "`\(reference.server)` at \(reference.url) answers, and not as Meilisearch 1.x does", details: ["asked for \(path.prefix { $0 != "?" })"],
        helps: ["look at it: curl -i \(reference.url)/health"])
    }
  }

  /// The same; the answer as it came.
  func send(_ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [], type: String = "application/json") async throws(StepFailure) -> [UInt8] {
    var pause = TimeSpan.milliseconds(200)
    for _ in 0..<(method == .get ? 3 : 0) {
      do throws(StepFailure) { return try await sendOnce(method, path, body, type) } catch {
        guard error.isTransient, !Task.isCancelled else { throw error }
      }
      do { try await Task.sleep(for: pause.duration) } catch { throw .cancelled }
      pause = pause + pause
    }
    return try await sendOnce(method, path, body, type)
  }

  private func request(_ method: HTTPRequest.Method, _ path: String, _ headers: [HTTPHeader]) -> HTTPRequest {
    var request = HTTPRequest(method, reference.url.trimmingSlash + path, headers: headers)
    request.bodyLimit = ByteCount(bytes: 16 << 20)
    return request
  }

  private func sendOnce(_ method: HTTPRequest.Method, _ path: String, _ body: [UInt8], _ type: String) async throws(StepFailure) -> [UInt8] {
    var headers = key.map { [HTTPHeader("Authorization", "Bearer \($0.reveal())")] } ?? []
    if !body.isEmpty { headers.append(HTTPHeader("Content-Type", type)) }
    var request = request(method, path, headers)
    request.body = body
    let answer: HTTPResponse
    do throws(HTTPError) { answer = try await client.send(request, deadline: deadline) } catch { throw failure(error) }
    guard (200...299).contains(answer.status) else { throw failure(answer, path) }
    guard !answer.bodyTruncated else { throw StepFailure("answer-too-long", "`\(reference.server)` answers more than can be read", details: ["asked for \(path.prefix { $0 != "?" })"]) }
    return answer.body
  }

  // MARK: Failures

  private func failure(_ error: HTTPError) -> StepFailure {
    func failure(_ code: String, _ help: String, transient: Bool = true) -> StepFailure {
      StepFailure(code, "`\(reference.server)`: \(error)", helps: [help], transient: transient)
    }
    return switch error.reason {
    case .cancelled: .cancelled
    case .timedOut: failure("server-timed-out", "look at its load and its log")
    case .cannotResolve, .refused, .cannotConnect: failure("server-unreachable", "start it, or correct the URL of the server in the plan")
    case .brokenConnection: failure("server-gone", "look into its log for a crash or a restart")
    case .untrustedCertificate, .tls: failure("server-untrusted", "let it have a certificate that this host trusts", transient: false)
    case .libraryMissing, .invalidRequest, .tooManyRedirects, .loginDenied, .mailRefused: failure("client-unusable", "correct the URL of the server in the plan", transient: false)
    }
  }

  private func failure(_ answer: HTTPResponse, _ path: String) -> StepFailure {
    let said = try? CanonicalJSON.decode(Answers.Failure.self, from: answer.body)
    let details = ["asked for \(path.prefix { $0 != "?" })"] + (said.map { ["it said: \(redacted($0.message)) (\($0.code))"] } ?? ["it said status \(answer.status)"])
    func failure(_ code: String, _ what: String, _ help: String, transient: Bool = false) -> StepFailure {
      StepFailure(code, "`\(reference.server)` \(what)", details: details, helps: [help], transient: transient)
    }
    switch answer.status {
    case 401, 403:
      let place = reference.key.map { "correct the secret `\($0.name)`: it must be the server's master key" } ?? "write `key: { secret: NAME }` at the server in the plan"
      return failure("login-refused", "refuses the key", place)
    case 404: return failure(Self.missing, "does not know what it was asked for", "look whether the URL of the server in the plan is that of Meilisearch itself")
    case 429, 500...: return failure("server-busy", "cannot answer now (status \(answer.status))", "look into its log", transient: true)
    default: return failure("request-refused", "refuses the request (status \(answer.status))", "look at what it said, and which version it is")
    }
  }

  /// What a server says, without the key.
  func redacted(_ text: String) -> String {
    guard let key = key?.reveal(), !key.isEmpty else { return text }
    return text.split(separator: key, omittingEmptySubsequences: false).joined(separator: "[secret]")
  }
}

extension String {
  fileprivate var trimmingSlash: Substring { hasSuffix("/") ? dropLast() : self[...] }
}
