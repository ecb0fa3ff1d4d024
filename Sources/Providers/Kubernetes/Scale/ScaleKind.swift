internal import CanonicalJSON
public import PlanModel
public import ProviderInterface
public import Units

/// `kubernetes.scale`: sets a deployment's number of replicas, and waits until so many pods are there and no others.
public enum KubernetesScale: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var cluster: KubernetesReference
    public var namespace: String
    public var deployment: String
    public var replicas: Int
  }

  public static let name: StepKindName = "kubernetes.scale"
  public static let summary = "Sets the number of replicas of a deployment, and waits until so many pods are ready and the others are gone."
  public static let fields = [
    SharedField.cluster, SharedField.namespace, SharedField.deployment, Field("replicas", .integer, required: true, "How many; 0 stops it."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let cluster = fields.cluster(in: context.plan)
    let namespace = fields.namespace()
    let deployment = fields.kubernetesName("deployment", example: "api")
    _ = fields.required("replicas", example: "0")
    let replicas = fields.integer("replicas", in: 0...10_000)
    guard let cluster, let namespace, let deployment, let replicas else { return nil }
    return Arguments(cluster: cluster, namespace: namespace, deployment: deployment, replicas: replicas.value)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let cluster = arguments.cluster
    return Footprint(
      reads: [.server(cluster.server)], writes: [cluster.resource(arguments.namespace, "deployment/\(arguments.deployment)")], requires: cluster.requirements)
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("scales back to the former number, if nobody else has changed it") }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    let name = "`\(arguments.namespace)/\(arguments.deployment)`"
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "\(name) could not be seen: \(reason)") }
    guard let found = observation.facts[ScaleFact.replicas]?.int else {
      return Change(.unknown, reason: "there is no deployment \(name) yet: an earlier step must make it")
    }
    let (before, after): ([String: JSONValue], [String: JSONValue]) = (["replicas": .int(found)], ["replicas": .int(Int64(arguments.replicas))])
    let isThere = found == Int64(arguments.replicas)
    if isThere, observation.facts[ScaleFact.settled]?.bool == true { return Change(.none, reason: "\(name) has \(found) replicas already", before: before) }
    let reason = isThere ? "\(name) is on its way to \(found) replicas" : "\(name) has \(found) replicas, and is to have \(arguments.replicas)"
    var change = Change(.update, reason: reason, before: before, after: after)
    if let problem = RightsFact.reason(observation, arguments.cluster, arguments.namespace) { change.reason = problem }
    if arguments.replicas > 0, let scaler = observation.facts[ScaleFact.autoscaler]?.string {
      change.losses = ["the autoscaler \(scaler) of \(name) will set its own number of replicas afterwards"]
    }
    if arguments.replicas == 0 { change.losses = ["\(name) will serve nobody until it is scaled up again"] }
    return change
  }
}

enum ScaleFact {
  static let replicas = "replicas"
  /// So many pods are there, and ready.
  static let settled = "settled"
  static let autoscaler = "autoscaler"
}
