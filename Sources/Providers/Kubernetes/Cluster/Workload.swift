internal import ProviderInterface

/// A deployment and all its pods, also those that are on their way out: they still work.
struct Workload: Sendable {
  var deployment: Deployment
  var pods: [Pod]

  /// All pods are those of the present template, as many as wanted, and ready. With a note, each of them must carry it.
  func progress(carrying note: (name: String, value: String)? = nil) -> Progress {
    let status = deployment.status
    guard let seen = status?.observedGeneration, seen >= deployment.metadata.generation ?? 0 else { return .waits("the cluster has not yet taken note of the change") }
    if deployment.spec.paused == true { return .hopeless("its roll-outs are paused; `kubectl rollout resume` goes on with them") }
    let wanted = deployment.replicas
    let present = pods.filter { !$0.isEnded }
    let living = present.filter { !$0.isLeaving }
    let fitting = living.filter { pod in note.map { pod.metadata.annotations?[$0.name] == $0.value } ?? true }
    let ready = fitting.filter(\.isReady).count
    let complaint = fitting.compactMap(\.complaint).first.map { "; \($0)" } ?? ""
    // Of a roll-out that this step has begun. Who only scales may meet the word of an older one, which is taken back only when pods get ready.
    if note != nil, let stuck = status?.conditions?.first(where: { $0.type == "Progressing" && $0.status == "False" }), ready < wanted {
      return .hopeless("\(stuck.reason ?? "it makes no progress"): \(stuck.message ?? "")\(complaint)")
    }
    if ready < wanted { return .waits("\(ready) of \(wanted) pods \(note == nil ? "" : "are new and ")ready\(complaint)") }
    if present.count > wanted { return .waits("\(present.count - wanted) \(note == nil ? "pods too many" : "old pods") still running") }
    return .done
  }
}

extension Cluster {
  func deployment(_ name: String, in namespace: String) async throws(StepFailure) -> Deployment {
    if let found = try await get(Deployment.self, ["deployments.apps/\(name)", "-n", namespace]) { return found }
    throw StepFailure(
      KubectlFailure.notFound, "there is no deployment `\(name)` in the namespace `\(namespace)` of `\(reference.server)`",
      helps: ["`kubectl --context \(reference.context) get deployments -A` lists those that there are"])
  }

  func workload(_ name: String, in namespace: String) async throws(StepFailure) -> Workload {
    let deployment = try await deployment(name, in: namespace)
    let pods = try await get(Items<Pod>.self, ["pods", "-n", namespace, "-l", deployment.selector])
    return Workload(deployment: deployment, pods: pods?.items ?? [])
  }

  static let rightsForWorkloads = [Right(verb: "get", resource: "deployments.apps"), Right(verb: "list", resource: "pods")]
}
