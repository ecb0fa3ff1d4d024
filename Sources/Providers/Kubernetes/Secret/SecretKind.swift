internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units
internal import YAMLReading

/// `kubernetes.secret`: sets keys of a secret in a cluster. The values it had stay in the cluster, where its undo finds them.
public enum KubernetesSecret: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var cluster: KubernetesReference
    public var namespace: String
    public var name: String
    public var set: [String: InputValue]
  }

  public static let name: StepKindName = "kubernetes.secret"
  public static let summary = "Sets keys of a secret and leaves its other keys; the values pass through standard input only."
  public static let fields = [
    SharedField.cluster, SharedField.namespace, Field("name", .text, required: true, "The secret in the cluster."),
    Field("set", .inputMap, required: true, "Its keys and their values."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let known = fields.collector.diagnostics.count
    let cluster = fields.cluster(in: context.plan)
    let namespace = fields.namespace()
    let name = fields.kubernetesName("name", example: "urls")
    let node = fields.required("set", example: "{ KEY: { secret: NAME } }")
    let set = fields.inputs("set", in: context.plan)
    if let node, set.isEmpty, fields.collector.diagnostics.count == known {
      fields.collector.add(Diagnostic("wrong-value", "`set` of \(fields.what) is empty", at: node.span, helps: ["write the keys that it sets, or leave the step out"]))
    }
    for key in set.keys.sorted() where !isKey(key) {
      fields.collector.add(
        Diagnostic("wrong-value", "`\(key)` in `set` of \(fields.what) can be no key of a secret", at: fields.span(of: "set"), helps: ["write letters, digits, `-`, `_` and `.`"]))
    }
    guard fields.collector.diagnostics.count == known, let cluster, let namespace, let name else { return nil }
    return Arguments(cluster: cluster, namespace: namespace, name: name, set: set)
  }

  private static func isKey(_ key: String) -> Bool {
    func fits(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte) }
    return !key.isEmpty && key.utf8.count <= 240 && key.utf8.allSatisfy(fits)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let cluster = arguments.cluster
    let secrets = arguments.set.values.compactMap { if case .secret(let reference) = $0 { Requirement.secret(reference.name) } else { nil } }
    return Footprint(
      reads: [.server(cluster.server)], writes: [cluster.resource(arguments.namespace, "secret/\(arguments.name)")], requires: cluster.requirements.union(secrets))
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("puts the former values back, and rolls out again what was rolled out with them") }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    let name = "`\(arguments.namespace)/\(arguments.name)`"
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "the secret \(name) could not be seen: \(reason)") }
    if let problem = RightsFact.reason(observation, arguments.cluster, arguments.namespace) { return Change(.update, reason: problem) }
    let keys = arguments.set.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
    guard observation.facts[SecretFact.exists]?.bool == true else { return Change(.create, reason: "makes the secret \(name) with \(keys)") }
    guard let differing = observation.facts[SecretFact.differing]?.array?.compactMap(\.string) else {
      return Change(.update, reason: "sets \(keys) of the secret \(name); an earlier step gives the values")
    }
    if differing.isEmpty { return Change(.none, reason: "the secret \(name) has these values already") }
    return Change(.update, reason: "sets " + differing.map { "`\($0)`" }.joined(separator: ", ") + " of the secret \(name); pods take it when they are started next")
  }
}

enum SecretFact {
  static let exists = "exists"
  /// Keys whose value is another one; never the values.
  static let differing = "differingKeys"
}
