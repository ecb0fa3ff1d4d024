internal import CanonicalJSON
public import ProviderInterface
internal import Units

/// Looks at an instance and its backups.
public struct RDSCheckObserver: StepObserver {
  public typealias Kind = RDSCheck
  let host: RDSHost

  public func observe(_ arguments: RDSCheck.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      return try await host.api(arguments.server, context.secrets, within: context.timeout).asking { api throws(RDSProblem) in try await api.look(at: arguments.server.instance) }.observation
    } catch { return .unreachable(error.message) }
  }
}

/// Looks, and says what is less than promised. Changes nothing.
public struct RDSCheckPerformer: StepPerformer {
  public typealias Kind = RDSCheck
  let host: RDSHost

  public func perform(_ arguments: RDSCheck.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    let server = arguments.server
    let seen = try await host.api(server, context.secrets).asking { api throws(RDSProblem) in try await api.look(at: server.instance) }
    let now = context.now()
    let broken = arguments.promise.broken(by: seen, at: now)
    guard broken.isEmpty else {
      let wanted = arguments.promise.window.map { ($0.milliseconds + 86_399_999) / 86_400_000 } ?? 7
      throw StepFailure(
        "less-than-promised", "the backups of `\(server.instance)` are less than the plan counts on", details: broken.map(\.text) + [seen.shown(at: now)],
        helps: [
          "keep more: aws rds modify-db-instance --region \(server.region) --db-instance-identifier \(server.instance) --backup-retention-period \(min(35, max(1, wanted))) --apply-immediately",
          "or write into the plan what is true, and see what `lint` makes of it",
        ])
    }
    var outputs: [String: OutputValue] = [:]
    if let window = seen.window { outputs = ["earliest": .text("\(window.first)"), "latest": .text("\(window.last)")] }
    return StepResult(summary: seen.shown(at: now), outputs: outputs, measurements: seen.observation.measurements)
  }

  /// A check changes nothing: it is simply done again.
  public func settle(_: RDSCheck.Arguments, in _: PerformingContext) async -> Settlement { .notDone }
  public func undo(_: RDSCheck.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}
