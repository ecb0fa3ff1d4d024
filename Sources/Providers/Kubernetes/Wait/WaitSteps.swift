internal import CanonicalJSON
internal import ChildProcess
public import ProviderInterface
internal import Units

/// Whether an object is as it should be: pure.
enum Awaited {
  static func progress(of object: ClusterObject?, _ condition: String) -> Progress {
    let wanted = condition.lowercased()
    if wanted == "deleted" { return object == nil ? .done : .waits("it is still there") }
    guard let object else { return .waits("there is no such thing yet") }
    if let seen = object.status?.observedGeneration, seen < object.metadata.generation ?? 0 { return .waits("the cluster has not yet taken note of its change") }
    let conditions = object.status?.conditions ?? []
    guard let found = conditions.first(where: { $0.type.lowercased() == wanted }) else {
      // A job that has failed will not be complete, and the other way round.
      let opposite = object.kind == "Job" ? conditions.first { $0.status == "True" && ["failed", "complete"].contains($0.type.lowercased()) } : nil
      if let opposite { return .hopeless(said(opposite)) }
      let others = conditions.filter { $0.status == "True" }.map { "`\($0.type)`" }
      return .waits("it does not say that it is \(condition)" + (others.isEmpty ? "" : ", but \(others.joined(separator: ", "))"))
    }
    return found.status == "True" ? .done : .waits(said(found))
  }

  private static func said(_ condition: Condition) -> String {
    "`\(condition.type)` is \(condition.status)" + (condition.reason.map { " (\($0))" } ?? "") + (condition.message.map { ": \($0.prefix(200))" } ?? "")
  }
}

extension Cluster {
  fileprivate func look(_ arguments: KubernetesWait.Arguments) async throws(StepFailure) -> Progress {
    Awaited.progress(of: try await get(ClusterObject.self, [arguments.resource, "-n", arguments.namespace]), arguments.condition)
  }
}

public struct WaitObserver: StepObserver {
  public typealias Kind = KubernetesWait
  private let host: KubernetesHost
  init(host: KubernetesHost) { self.host = host }

  public func observe(_ arguments: KubernetesWait.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.timeout)
      let missing = try await cluster.missing([Right(verb: "get", resource: arguments.resource)], in: arguments.namespace)
      guard missing.isEmpty else { return RightsFact.adding(missing, to: Observation()) }
      return Observation(facts: [WaitFact.holds: .bool(try await cluster.look(arguments) == .done)])
    } catch {
      return .unreachable(error.message)
    }
  }
}

public struct WaitPerformer: StepPerformer {
  public typealias Kind = KubernetesWait
  private let host: KubernetesHost
  init(host: KubernetesHost) { self.host = host }

  public func perform(_ arguments: KubernetesWait.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
    try await cluster.wait(for: "`\(arguments.namespace)/\(arguments.resource)`", context.report) { () async throws(StepFailure) -> Progress in
      try await cluster.look(arguments)
    }
    return StepResult(summary: "`\(arguments.namespace)/\(arguments.resource)` is \(arguments.condition)")
  }

  public func settle(_ arguments: KubernetesWait.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
      return try await cluster.look(arguments) == .done ? .done(StepResult(summary: "`\(arguments.namespace)/\(arguments.resource)` is \(arguments.condition)")) : .notDone
    } catch {
      return .unknown(error.message)
    }
  }

  public func undo(_: KubernetesWait.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}
