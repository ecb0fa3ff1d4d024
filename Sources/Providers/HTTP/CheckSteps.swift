internal import CanonicalJSON
public import HTTPClient
public import PlanModel
public import ProviderInterface
internal import Units

/// Asks until the answer is right or the time is over.
public struct HTTPCheckPerformer: StepPerformer {
  public typealias Kind = HTTPCheck
  private let client: HTTPClient

  public init(_ client: HTTPClient) { self.client = client }

  public func perform(_ arguments: HTTPCheck.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let began = context.now()
    var requests = 0
    while true {
      requests += 1
      guard let problem = await problem(arguments) else {
        let waited = context.now() - began
        return StepResult(
          summary: "\(RedactedURL.of(arguments.expectation.url)) answers as expected" + (requests > 1 ? " after \(waited.rounded)" : ""),
          measurements: ["requests": .int(Int64(requests)), "waited": .string(waited.description)])
      }
      if Task.isCancelled { throw .cancelled }
      let left = arguments.within - (context.now() - began)
      guard left > .zero else { throw wrong(arguments, problem, requests) }
      context.report(StepProgress(phase: "asked \(requests) times, \(left.rounded) left: \(problem)"))
      do { try await Task.sleep(for: min(arguments.every, left).duration) } catch { throw .cancelled }
    }
  }

  /// A check changes nothing: it is simply done again.
  public func settle(_: HTTPCheck.Arguments, in _: PerformingContext) async -> Settlement { .notDone }
  public func undo(_: HTTPCheck.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}

  /// What is wrong with the answer, or nil.
  private func problem(_ arguments: HTTPCheck.Arguments) async -> String? {
    do throws(HTTPError) {
      let response = try await client.send(HTTPRequest(.get, arguments.expectation.url), deadline: arguments.timeout)
      return arguments.expectation.problem(status: response.status, body: response.body)
    } catch {
      return error.detail
    }
  }

  private func wrong(_ arguments: HTTPCheck.Arguments, _ problem: String, _ requests: Int) -> StepFailure {
    let url = RedactedURL.of(arguments.expectation.url)
    return StepFailure(
      "check-failed", "\(url) does not answer as expected: \(problem)",
      details: [requests == 1 ? "asked once" : "asked \(requests) times in \(arguments.within.rounded)"],
      helps: ["look at the service: curl -i '\(url)'", "resume the run when it answers, or give the check more time with `within`"], transient: true)
  }
}

extension HTTPExpectation {
  /// What an answer lacks, or nil. Of a wrong JSON member only its name is told: values may be anybody's.
  public func problem(status found: Int, body: [UInt8]) -> String? {
    if let status { if found != status { return "status \(found) instead of \(status)" } } else if !(200...299).contains(found) {
      return "status \(found) instead of 2xx"
    }
    if let contains, !String(decoding: body, as: UTF8.self).contains(contains) { return "the body does not contain the expected text" }
    guard let json else { return nil }
    guard let answer = try? CanonicalJSON.decode(JSONValue.self, from: body) else { return "the body is no JSON" }
    return Self.difference(expected: json, found: answer, at: "")
  }

  private static func difference(expected: JSONValue, found: JSONValue?, at path: String) -> String? {
    guard case .object(let members) = expected else {
      return found == expected ? nil : "the JSON member `\(path.isEmpty ? "." : path)` is " + (found == nil ? "missing" : "another one than expected")
    }
    for key in members.keys.sorted() {
      let inner = path.isEmpty ? key : "\(path).\(key)"
      if let member = members[key], let problem = difference(expected: member, found: found?[key], at: inner) { return problem }
    }
    return nil
  }
}
