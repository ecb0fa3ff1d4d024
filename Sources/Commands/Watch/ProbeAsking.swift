internal import CanonicalJSON
internal import DNSClient
internal import HTTPClient
internal import HTTPProvider
internal import ObjectStore
internal import PlanModel
internal import PostgreSQLProvider
internal import ProviderInterface
internal import Units
internal import Watching

/// Asks a probe's question once: the same for `watch` and `doctor`.
struct ProbeAsking: Sendable {
  let plan: Plan
  let secrets: any SecretResolving
  let client: HTTPClient

  /// The answer, or that there was none, when the probe's time is over at the latest: what is still under way then is told to stop, and not waited for.
  func ask(_ probe: Probe) async -> ProbeAnswer.Outcome {
    let (outcomes, outcome) = AsyncStream.makeStream(of: ProbeAnswer.Outcome.self, bufferingPolicy: .bufferingOldest(1))
    let work = Task { outcome.yield(await answer(probe)) }
    let timer = Task {
      guard (try? await Task.sleep(for: probe.timeout.duration)) != nil else { return }
      outcome.yield(.fails("no answer within \(probe.timeout.rounded)"))
    }
    var first: ProbeAnswer.Outcome?
    for await outcome in outcomes { first = outcome; break }
    work.cancel()
    timer.cancel()
    return first ?? .notAsked("it was not waited for")
  }

  static func shown(_ probe: Probe) -> String {
    switch probe.check {
    case .http(let expectation): RedactedURL.of(expectation.url)
    case .tcp(let host, let port): "\(host):\(port)"
    case .sql(let server, _, _): server.value.rawValue
    case .dns(let question): "\(question.name) \(question.kind.rawValue) at \(question.server)"
    case .prometheus(let query): RedactedURL.of(query.url)
    }
  }

  private func answer(_ probe: Probe) async -> ProbeAnswer.Outcome {
    do {
      switch probe.check {
      case .http(let expectation):
        let answer = try await client.send(HTTPRequest(.get, expectation.url), deadline: probe.timeout)
        return verdict(expectation.problem(status: answer.status, body: answer.body), probe)
      case .tcp(let host, let port):
        try await client.connect(host: host, port: port, deadline: probe.timeout)
        return .works
      case .sql(let server, let query, let expect): return try await sql(probe, server.value, query, expect)
      case .dns(let expectation): return try await dns(expectation, probe)
      case .prometheus(let query): return try await prometheus(query, probe)
      }
    } catch let error as HTTPError {
      return [.invalidRequest, .libraryMissing, .cancelled].contains(error.reason) ? .notAsked("\(error)") : .fails("\(error)")
    } catch let error as DNSError {
      return error.reason == .cancelled ? .notAsked("\(error)") : .fails("\(error)")
    } catch let error as StepFailure { return .notAsked(error.message) } catch { return .notAsked("\(error)") }
  }

  private func verdict(_ problem: String?, _ probe: Probe) -> ProbeAnswer.Outcome { problem.map { .fails("\(Self.shown(probe)): \($0)") } ?? .works }

  private func sql(_ probe: Probe, _ name: ServerName, _ query: String, _ expect: String?) async throws -> ProbeAnswer.Outcome {
    guard let reference = plan.postgresql(name) else { return .notAsked("its server is unknown") }
    // Without its URL nobody knows how the server is.
    _ = try await secrets.resolve(reference.url)
    let context = ObservingContext(secrets: secrets, stores: NoStores(), timeout: probe.timeout, now: SystemClock.now)
    let outcome = await QueryProbe.outcome(probe.name.value.rawValue, on: reference, query, expect: expect, in: context)
    return outcome.verdict == .ok ? .works : .fails(outcome.message)
  }

  private func dns(_ expectation: DNSExpectation, _ probe: Probe) async throws(DNSError) -> ProbeAnswer.Outcome {
    guard let name = DNSName(expectation.name) else { return .notAsked("`\(expectation.name)` is no name") }
    let question = DNSQuestion(name, expectation.kind.type)
    let server = DNSServer(host: expectation.server.host, port: expectation.server.port)
    let answer = try await DNSClient().ask(question, of: server, recursion: true, deadline: probe.timeout)
    guard answer.code == .noError else { return verdict("the server says \(answer.code)", probe) }
    // Behind a CNAME the records have another name.
    let found = answer.records.filter { $0.type == question.type }.map(\.data.description)
    guard !found.isEmpty else { return verdict("there is no such record", probe) }
    guard expectation.expect.isEmpty || expectation.expect.contains(where: found.contains) else {
      return verdict("the answer is \(found.sorted().joined(separator: ", "))", probe)
    }
    return .works
  }

  private func prometheus(_ query: PrometheusQuery, _ probe: Probe) async throws -> ProbeAnswer.Outcome {
    var request = HTTPRequest(.get, "\(query.url)/api/v1/query?query=\(percentEncoded(query.query))")
    if let key = query.key.flatMap({ plan.reference(to: $0.value) }) {
      request.headers.append(HTTPHeader("Authorization", "Bearer \(try await secrets.resolve(key).reveal())"))
    }
    let answer = try await client.send(request, deadline: probe.timeout)
    let outcome = prometheusVerdict(status: answer.status, body: answer.body)
    if case .fails(let why) = outcome { return .fails("\(Self.shown(probe)): \(why)") }
    return outcome
  }

  private func percentEncoded(_ text: String) -> String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    let digits = Array("0123456789ABCDEF")
    return text.utf8.reduce(into: "") { result, byte in
      if plain.contains(byte) { result.append(Character(Unicode.Scalar(byte))) } else { result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])" }
    }
  }
}

extension DNSExpectation.Kind {
  fileprivate var type: DNSType { switch self { case .a: .a; case .aaaa: .aaaa; case .cname: .cname; case .txt: .txt } }
}

/// A probe has no business in a store.
private struct NoStores: StoreReading {
  func reading(_ store: StoreReference) async throws(StepFailure) -> any ObjectReading { throw StepFailure("no-store", "a probe reads no store") }
}
