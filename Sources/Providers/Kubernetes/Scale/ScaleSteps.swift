internal import CanonicalJSON
internal import ChildProcess
public import ProviderInterface
internal import Units

public struct ScaleObserver: StepObserver {
  public typealias Kind = KubernetesScale
  private let host: KubernetesHost
  init(host: KubernetesHost) { self.host = host }

  public func observe(_ arguments: KubernetesScale.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.timeout)
      let missing = try await cluster.missing(
        Cluster.rightsForWorkloads + [Right(verb: "patch", resource: "deployments.apps/\(arguments.deployment)")], in: arguments.namespace)
      guard missing.isEmpty else { return RightsFact.adding(missing, to: try await seen(arguments, cluster, withPods: !missing.contains("list pods"))) }
      return try await seen(arguments, cluster, withPods: true)
    } catch {
      return .unreachable(error.message)
    }
  }

  private func seen(_ arguments: KubernetesScale.Arguments, _ cluster: Cluster, withPods: Bool) async throws(StepFailure) -> Observation {
    do throws(StepFailure) {
      guard withPods else {
        return Observation(facts: [ScaleFact.replicas: .int(Int64(try await cluster.deployment(arguments.deployment, in: arguments.namespace).replicas))])
      }
      let workload = try await cluster.workload(arguments.deployment, in: arguments.namespace)
      var observation = Observation(
        facts: [ScaleFact.replicas: .int(Int64(workload.deployment.replicas)), ScaleFact.settled: .bool(workload.progress() == .done)],
        measurements: ["readyPods": .int(Int64(workload.pods.filter { $0.isReady && !$0.isLeaving }.count))])
      if let scaler = await cluster.autoscaler(of: arguments.deployment, in: arguments.namespace) { observation.facts[ScaleFact.autoscaler] = .string(scaler) }
      return observation
    } catch where error.code == KubectlFailure.notFound {
      return Observation()
    }
  }
}

struct Autoscaler: Decodable, Sendable {
  struct Target: Decodable, Sendable { var kind: String; var name: String }
  struct Spec: Decodable, Sendable { var scaleTargetRef: Target; var minReplicas: Int?; var maxReplicas: Int }
  var metadata: Metadata
  var spec: Spec
}

extension Cluster {
  /// What sets the number of replicas by itself, while it is not 0. Nil also where this login may not look: it is only for a word of warning.
  fileprivate func autoscaler(of deployment: String, in namespace: String) async -> String? {
    guard let found = try? await get(Items<Autoscaler>.self, ["horizontalpodautoscalers", "-n", namespace]) else { return nil }
    let mine = found.items.first { $0.spec.scaleTargetRef.kind == "Deployment" && $0.spec.scaleTargetRef.name == deployment }
    return mine.map { "`\($0.metadata.name)` (\($0.spec.minReplicas ?? 1) to \($0.spec.maxReplicas))" }
  }
}

/// The number before is written beside the new one in the same request, so that no crash can part them.
public struct ScalePerformer: StepPerformer {
  public typealias Kind = KubernetesScale
  private let host: KubernetesHost
  init(host: KubernetesHost) { self.host = host }

  public func perform(_ arguments: KubernetesScale.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
    let former = try await retryingConflicts { () async throws(StepFailure) -> Int? in
      let found = try await cluster.deployment(arguments.deployment, in: arguments.namespace)
      let mine = ScaledNote.of(found, context)
      if found.replicas == arguments.replicas { return mine }
      let former = mine ?? found.replicas
      try await set(arguments.replicas, note: ScaledNote.text(former, context), on: found, arguments, cluster)
      return former
    }
    try await settle(arguments, cluster, context)
    let name = "`\(arguments.namespace)/\(arguments.deployment)`"
    let summary = former.map { "\(name) has \(arguments.replicas) replicas instead of \($0)" } ?? "\(name) had \(arguments.replicas) replicas already"
    return StepResult(summary: summary, undoRecord: former.map { ["former": .int(Int64($0))] } ?? .null)
  }

  public func settle(_ arguments: KubernetesScale.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
      let workload = try await cluster.workload(arguments.deployment, in: arguments.namespace)
      // Half done is not done: performing goes on from there, and the note keeps the number before.
      guard workload.deployment.replicas == arguments.replicas, workload.progress() == .done else { return .notDone }
      let former = ScaledNote.of(workload.deployment, context)
      let summary = "`\(arguments.namespace)/\(arguments.deployment)` has \(arguments.replicas) replicas"
      return .done(StepResult(summary: summary, undoRecord: former.map { ["former": .int(Int64($0))] } ?? .null))
    } catch {
      return error.code == KubectlFailure.notFound ? .notDone : .unknown(error.message)
    }
  }

  public func undo(_ arguments: KubernetesScale.Arguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
    let changed = try await retryingConflicts { () async throws(StepFailure) -> Int? in
      let found: Deployment
      do throws(StepFailure) { found = try await cluster.deployment(arguments.deployment, in: arguments.namespace) } catch {
        // What is gone has no number to put back.
        if error.code == KubectlFailure.notFound { return nil }
        throw error
      }
      let noted = ScaledNote.of(found, context)
      guard let former = noted ?? result?.undoRecord["former"]?.int.map({ Int($0) }) else { return nil }
      if found.replicas != former, found.replicas != arguments.replicas {
        if arguments.replicas > 0, found.replicas > 0, await cluster.autoscaler(of: arguments.deployment, in: arguments.namespace) != nil {
          return try await takeBack(former, found, arguments, cluster)
        }
        let (name, by) = ("`\(arguments.namespace)/\(arguments.deployment)`", "kubectl --context \(arguments.cluster.context) -n \(arguments.namespace)")
        throw StepFailure(
          "changed-meanwhile", "\(name) has \(found.replicas) replicas: somebody else has changed the \(arguments.replicas) of this step, so they stay",
          helps: ["if \(former) is right: `\(by) scale deployment/\(arguments.deployment) --replicas=\(former)`"])
      }
      guard noted != nil || found.replicas != former else { return nil }
      return try await takeBack(former, found, arguments, cluster)
    }
    guard let changed else { return }
    var former = arguments
    former.replicas = changed
    try await settle(former, cluster, context)
  }

  private func takeBack(_ former: Int, _ found: Deployment, _ arguments: KubernetesScale.Arguments, _ cluster: Cluster) async throws(StepFailure) -> Int {
    try await set(former, note: nil, on: found, arguments, cluster)
    return former
  }

  private func set(_ replicas: Int, note: String?, on found: Deployment, _ arguments: KubernetesScale.Arguments, _ cluster: Cluster) async throws(StepFailure) {
    let patch: JSONValue = [
      "metadata": ["annotations": [Note.scaled: note.map(JSONValue.string) ?? .null], "resourceVersion": found.metadata.resourceVersion.map(JSONValue.string) ?? .null],
      "spec": ["replicas": .int(Int64(replicas))],
    ]
    try await cluster.patch("deployments.apps/\(arguments.deployment)", in: arguments.namespace, patch)
  }

  private func settle(_ arguments: KubernetesScale.Arguments, _ cluster: Cluster, _ context: PerformingContext) async throws(StepFailure) {
    try await cluster.wait(for: "`\(arguments.namespace)/\(arguments.deployment)`", context.report) { () async throws(StepFailure) -> Progress in
      let workload = try await cluster.workload(arguments.deployment, in: arguments.namespace)
      guard workload.deployment.replicas == arguments.replicas else { return .hopeless("somebody else has set \(workload.deployment.replicas) replicas") }
      return workload.progress()
    }
  }
}

/// `RUN.STEP 3`: whose change it is, and the number before.
enum ScaledNote {
  static func text(_ former: Int, _ context: PerformingContext) -> String { "\(context.note) \(former)" }

  /// The number before, if this step has changed it.
  static func of(_ deployment: Deployment, _ context: PerformingContext) -> Int? {
    guard let parts = deployment.metadata.annotations?[Note.scaled]?.split(separator: " "), parts.count == 2, parts[0] == context.note else { return nil }
    return Int(parts[1])
  }
}
