internal import CanonicalJSON
public import HTTPClient
internal import ObjectStore
internal import PlanModel
public import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Looks once more where the newest point is, then calls.
public struct RecoveryPointPingPerformer: StepPerformer {
  public typealias Kind = RecoveryPointPing
  private let client: HTTPClient
  public init(_ client: HTTPClient) { self.client = client }

  public func perform(_ arguments: RecoveryPointPing.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if let reason = await silence(arguments, context) { return StepResult(summary: "not called: \(reason)") }
    let problem = await call(arguments.url, context)
    if Task.isCancelled { throw .cancelled }
    // A point that is there is no failure because nobody could be told.
    return StepResult(summary: problem.map { "WARNING, the call was not heard: \($0)" } ?? "called")
  }

  /// Why there is nothing good to tell, or nil.
  private func silence(_ arguments: RecoveryPointPing.Arguments, _ context: PerformingContext) async -> String? {
    let catalogue = await context.stores.catalogue(of: arguments.dataClass, in: arguments.stores)
    if let store = catalogue.unreachable.first?.store { return "the store `\(store)` does not answer" }
    guard let point = catalogue.points.first(where: { $0.manifest.protection == arguments.protection }) else { return "there is no point" }
    guard point.isUsable else { return "the point \(point.manifest.id) is suspect" }
    let missing = arguments.stores.first { !point.stores.contains($0.name.rawValue) }
    return missing.map { "`\($0.name)` lacks the point \(point.manifest.id)" }
  }

  /// What went wrong, in words that hold nothing of a secret URL.
  private func call(_ input: InputValue, _ context: PerformingContext) async -> String? {
    do {
      let url = try await context.resolve(input).reveal()
      let response = try await client.send(HTTPRequest(.get, url), deadline: RecoveryPointPing.patience)
      return (200...299).contains(response.status) ? nil : "\(shown(input)) answers with status \(response.status)"
    } catch let error as HTTPError {
      if case .text = input { return "\(shown(input)): \(error.detail)" }
      return "\(shown(input)): \(error.reason.rawValue)"
    } catch { return (error as? StepFailure)?.message ?? "\(shown(input)) cannot be called" }
  }

  private func shown(_ input: InputValue) -> String {
    switch input {
    case .text(let url): RedactedURL.of(url)
    case .secret(let secret): "the URL in the secret `\(secret.name)`"
    case .output(let step, let name): "the URL that `\(step)` gave as `\(name)`"
    }
  }

  /// A call is simply made again.
  public func settle(_: RecoveryPointPing.Arguments, in _: PerformingContext) async -> Settlement { .notDone }
  public func undo(_: RecoveryPointPing.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}
