internal import CanonicalJSON
public import PlanModel
public import ProviderInterface
public import Units

/// `kubernetes.rollout`: restarts a deployment's pods and waits until all are new; each proves that it was started after its secrets.
public enum KubernetesRollout: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var cluster: KubernetesReference
    public var namespace: String
    public var deployment: String
  }

  public static let name: StepKindName = "kubernetes.rollout"
  public static let summary = "Restarts the pods of a deployment and waits until all of them are new and ready; a changed secret is proved on each."
  public static let fields = [SharedField.cluster, SharedField.namespace, SharedField.deployment]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let cluster = fields.cluster(in: context.plan)
    let namespace = fields.namespace()
    let deployment = fields.kubernetesName("deployment", example: "api")
    guard let cluster, let namespace, let deployment else { return nil }
    return Arguments(cluster: cluster, namespace: namespace, deployment: deployment)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let cluster = arguments.cluster
    return Footprint(
      reads: [.server(cluster.server)], writes: [cluster.resource(arguments.namespace, "deployment/\(arguments.deployment)")], requires: cluster.requirements)
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    let name = "`\(arguments.namespace)/\(arguments.deployment)`"
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "\(name) could not be seen: \(reason)") }
    guard let replicas = observation.facts[ScaleFact.replicas]?.int else {
      return Change(.unknown, reason: "there is no deployment \(name) yet: an earlier step must make it")
    }
    if let problem = RightsFact.reason(observation, arguments.cluster, arguments.namespace) { return Change(.run, reason: problem) }
    let secrets = (observation.facts[RolloutFact.secrets]?.array ?? []).compactMap(\.string)
    let which = secrets.isEmpty ? "" : "; they take " + secrets.map { "`\($0)`" }.joined(separator: ", ") + " anew"
    return Change(.run, reason: replicas == 0 ? "\(name) has no replicas: no pod will be restarted" : "restarts the \(replicas) pods of \(name)" + which)
  }
}

enum RolloutFact {
  /// Those that its pods take when they start.
  static let secrets = "secrets"
}
