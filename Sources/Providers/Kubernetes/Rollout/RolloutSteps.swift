internal import CanonicalJSON
internal import ChildProcess
public import ProviderInterface
internal import Units

public struct RolloutObserver: StepObserver {
  public typealias Kind = KubernetesRollout
  private let host: KubernetesHost
  init(host: KubernetesHost) { self.host = host }

  public func observe(_ arguments: KubernetesRollout.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.timeout)
      let missing = try await cluster.missing(
        Cluster.rightsForWorkloads + [Right(verb: "patch", resource: "deployments.apps/\(arguments.deployment)")], in: arguments.namespace)
      var observation = Observation()
      if let found = try await cluster.get(Deployment.self, ["deployments.apps/\(arguments.deployment)", "-n", arguments.namespace]) {
        observation.facts[ScaleFact.replicas] = .int(Int64(found.replicas))
        observation.facts[RolloutFact.secrets] = .array(found.spec.template.spec.secrets.sorted().map(JSONValue.string))
      }
      return RightsFact.adding(missing, to: observation)
    } catch {
      return .unreachable(error.message)
    }
  }
}

public struct RolloutPerformer: StepPerformer {
  public typealias Kind = KubernetesRollout
  private let host: KubernetesHost
  init(host: KubernetesHost) { self.host = host }

  public func perform(_ arguments: KubernetesRollout.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
    let done = try await Restart(cluster: cluster, namespace: arguments.namespace, deployment: arguments.deployment, note: context.note).perform(context.report)
    return StepResult(summary: done.summary, measurements: ["pods": .int(Int64(done.pods))])
  }

  public func settle(_ arguments: KubernetesRollout.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
      let restart = Restart(cluster: cluster, namespace: arguments.namespace, deployment: arguments.deployment, note: context.note)
      // One that is under way is not done: performing it again recognises its note, restarts nothing and waits.
      return try await restart.finished().map { .done(StepResult(summary: $0.summary, measurements: ["pods": .int(Int64($0.pods))])) } ?? .notDone
    } catch {
      return error.code == KubectlFailure.notFound ? .notDone : .unknown(error.message)
    }
  }

  public func undo(_: KubernetesRollout.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}
