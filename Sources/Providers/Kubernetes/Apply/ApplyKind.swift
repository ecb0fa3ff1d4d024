internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units
internal import YAMLReading

/// `kubernetes.apply`: applies manifests, one file after another, each only when what the one before has started is ready.
public enum KubernetesApply: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var cluster: KubernetesReference
    public var folder: InputValue
    /// Nil: all of the folder, by name.
    public var files: [String]?
    /// Of the plan, made by it.
    public var servers: [ServerName]
  }

  public static let name: StepKindName = "kubernetes.apply"
  public static let summary = "Applies manifests in order, waiting until what each of them starts is ready."
  public static let fields = [
    SharedField.cluster,
    Field("folder", .input, required: true, "Where the manifests are: a path from the plan file's folder on, or `{ output: STEP.folder }` of a `git.checkout`."),
    Field("files", .nameList, "Which of them, in this order; all, by name, if not given."), Field("servers", .nameList, "Servers of the plan that they make."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let known = fields.collector.diagnostics.count
    let cluster = fields.cluster(in: context.plan)
    let node = fields.required("folder", example: "k8s")
    let folder = node.flatMap { readInput($0, "`folder` of \(fields.what)", in: context.plan, fields.collector) }
    if case .secret? = folder, let node {
      fields.collector.add(Diagnostic("wrong-value", "`folder` of \(fields.what) is a secret", at: node.span, helps: ["write the path of the folder"]))
    }
    let files = fields.texts("files")
    for file in files ?? [] where file.value.hasPrefix("/") || file.value.split(separator: "/").contains("..") {
      fields.collector.add(
        Diagnostic("wrong-value", "`\(file.value)` in `files` of \(fields.what) is outside of its folder", at: file.span, helps: ["write a path below `folder`"]))
    }
    let servers = fields.names("servers", of: Server.self)
    for server in servers { if let unknown = unknownReference(server, "server", among: context.plan.servers.map(\.name)) { fields.collector.add(unknown) } }
    guard fields.collector.diagnostics.count == known, let cluster, let folder else { return nil }
    return Arguments(cluster: cluster, folder: folder, files: files.map { $0.map(\.value) }, servers: servers.map(\.value))
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(writes: Set(([arguments.cluster.server] + arguments.servers).map { .server($0) }), requires: arguments.cluster.requirements)
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("puts back what it changed, and deletes what it made") }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    let what = arguments.files.map { $0.map { "`\($0)`" }.joined(separator: ", ") } ?? "the manifests"
    switch observation.reach {
    case .unreachable(let reason): return Change(.unknown, reason: "what \(what) would change could not be seen: \(reason)")
    case .nothingToObserve: return Change(.update, reason: "applies \(what); an earlier step gives the folder")
    case .observed: break
    }
    func names(_ fact: String) -> [String] { observation.facts[fact]?.array?.compactMap(\.string) ?? [] }
    let (made, changed, waits) = (names(ApplyFact.made), names(ApplyFact.changed), names(ApplyFact.waits))
    if let problem = RightsFact.reason(observation, arguments.cluster, "default") { return Change(made.isEmpty ? .update : .create, reason: problem) }
    func list(_ names: [String]) -> String { names.prefix(8).map { "`\($0)`" }.joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "") }
    if made.isEmpty, changed.isEmpty {
      guard waits.isEmpty else { return Change(.update, reason: "waits until \(list(waits)) is ready") }
      return Change(.none, reason: "all of \(what) is in `\(arguments.cluster.server)` and ready")
    }
    let parts = [made.isEmpty ? nil : "makes \(list(made))", changed.isEmpty ? nil : "changes \(list(changed))"].compactMap { $0 }
    return Change(
      changed.isEmpty ? .create : .update, reason: parts.joined(separator: "; "), before: changed.isEmpty ? [:] : ["changed": .array(changed.map(JSONValue.string))],
      after: made.isEmpty ? [:] : ["made": .array(made.map(JSONValue.string))])
  }
}

enum ApplyFact {
  static let made = "made"
  static let changed = "changed"
  /// As it should be and not yet ready.
  static let waits = "notReady"
}
