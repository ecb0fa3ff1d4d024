/// Whether what a manifest starts is ready: pure. What starts nothing is ready at once.
enum Readiness {
  static func progress(of object: ClusterObject?) -> Progress {
    guard let object else { return .waits("is not there") }
    let status = object.status
    func condition(_ type: String, _ value: String = "True") -> Condition? { status?.conditions?.first { $0.type == type && $0.status == value } }
    func seen() -> Bool { (status?.observedGeneration ?? 0) >= object.metadata.generation ?? 0 }
    let wanted = object.spec?.replicas ?? 1
    switch object.kind {
    case "Namespace": return status?.phase == "Active" ? .done : .waits("is \(status?.phase ?? "not active")")
    case "CustomResourceDefinition": return condition("Established") != nil ? .done : .waits("is not established")
    case "Job":
      if let failed = condition("Failed") { return .hopeless("has failed: \(failed.message ?? failed.reason ?? "")") }
      return condition("Complete") != nil ? .done : .waits("is not complete")
    case "Pod":
      return condition("Ready") != nil || status?.phase == "Succeeded" ? .done : status?.phase == "Failed" ? .hopeless("has failed") : .waits("is not ready")
    case "Deployment":
      guard seen() else { return .waits("is not yet taken note of") }
      let ready = min(status?.readyReplicas ?? 0, status?.updatedReplicas ?? 0)
      if ready < wanted, let stuck = condition("Progressing", "False") { return .hopeless("makes no progress: \(stuck.reason ?? "") \(stuck.message ?? "")") }
      if ready < wanted { return .waits("has \(ready) of \(wanted) pods ready") }
      return (status?.replicas ?? 0) > wanted ? .waits("still has old pods") : .done
    case "StatefulSet":
      guard seen() else { return .waits("is not yet taken note of") }
      let ready = min(status?.readyReplicas ?? 0, status?.updatedReplicas ?? 0)
      return ready < wanted ? .waits("has \(ready) of \(wanted) pods ready") : .done
    case "DaemonSet":
      guard seen() else { return .waits("is not yet taken note of") }
      let (nodes, ready) = (status?.desiredNumberScheduled ?? 0, min(status?.numberReady ?? 0, status?.updatedNumberScheduled ?? 0))
      return ready < nodes ? .waits("has \(ready) of \(nodes) pods ready") : .done
    default: return .done
    }
  }
}
