internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `kubernetes.wait`: waits for a condition of something in a cluster.
public enum KubernetesWait: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var cluster: KubernetesReference
    public var namespace: String
    /// `KIND/NAME`.
    public var resource: String
    public var condition: String
  }

  public static let name: StepKindName = "kubernetes.wait"
  public static let summary = "Waits until something in the cluster is as it should be; the step's time-out ends it."
  public static let fields = [
    SharedField.cluster, SharedField.namespace, Field("resource", .text, required: true, "What, as `KIND/NAME`: `job/migrate`."),
    Field("condition", .text, "Which condition, in any case of letters; `deleted` until it is gone; `available` if not given."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let cluster = fields.cluster(in: context.plan)
    let namespace = fields.namespace()
    let resource = fields.requiredText("resource", example: "job/migrate")
    let condition = fields.text("condition")
    if let resource {
      let parts = resource.value.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ KubernetesName.isValid(String($0)) }) else {
        fields.collector.add(
          Diagnostic("wrong-value", "`resource` of \(fields.what) is `\(resource.value)`", at: resource.span, label: "expected KIND/NAME", helps: ["write it like `job/migrate` or `deployment/api`"]))
        return nil
      }
    }
    guard let cluster, let namespace, let resource else { return nil }
    return Arguments(cluster: cluster, namespace: namespace, resource: resource.value, condition: condition?.value ?? "available")
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let cluster = arguments.cluster
    return Footprint(reads: [.server(cluster.server), cluster.resource(arguments.namespace, arguments.resource)], requires: cluster.requirements)
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    let goal = "waits until `\(arguments.namespace)/\(arguments.resource)` is \(arguments.condition)"
    if case .unreachable(let reason) = observation.reach { return Change(.check, reason: "\(goal); it could not be seen: \(reason)") }
    if let problem = RightsFact.reason(observation, arguments.cluster, arguments.namespace) { return Change(.check, reason: problem) }
    return Change(.check, reason: observation.facts[WaitFact.holds]?.bool == true ? "\(goal), which it is" : goal)
  }
}

enum WaitFact {
  static let holds = "holds"
}
