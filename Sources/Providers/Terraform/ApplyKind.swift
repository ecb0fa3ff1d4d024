internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `terraform.apply`: what a configuration describes is made, by a saved plan.
public enum TerraformApply: StepKind {
  public enum Program: String, Codable, Hashable, Sendable, CaseIterable { case terraform, tofu }

  public struct Arguments: Codable, Hashable, Sendable {
    /// Where the configuration is.
    public var folder: InputValue
    public var program: Program
    public var workspace: String
    public var variables: [String: InputValue]
    /// Further environment, for what its providers log in with.
    public var environment: [String: InputValue]
    /// What the configuration leaves open of its backend.
    public var backendConfiguration: [String: InputValue]
    /// The store of the plan that holds its state.
    public var backend: StoreName?
    /// Servers of the plan that it makes.
    public var servers: [ServerName]
  }

  public static let name: StepKindName = "terraform.apply"
  public static let summary = "Provisions what a configuration describes, by a saved plan of Terraform or OpenTofu whose changes `plan` shows among ours."
  public static let fields = [
    Field("folder", .input, required: true, "Where the configuration is: a path from the plan file's folder on, or `{ output: STEP.folder }`."),
    Field("program", .choice(Program.allCases.map(\.rawValue)), "Which program; `terraform` if not given."),
    Field("workspace", .text, "The workspace, made if there is none; `default` if not given."),
    Field("variables", .inputMap, "Variables and their values, handed over in the environment; what is no text as the JSON of it."),
    Field("env", .inputMap, "Further variables of the environment, for what its providers log in with; `AWS_…`, `GOOGLE_…`, `ARM_…` and their like of sie-dr's own environment are handed on."),
    Field("backendConfig", .inputMap, "What the configuration leaves open of its backend, as `-backend-config` takes it from a file."),
    Field("backend", .name(of: "store"), "The store that holds its state, if the plan names it: it must survive."),
    Field("servers", .nameList, "Servers of the plan that it makes."),
  ]
  public static let outputs = ["*": "each output of the configuration that is not sensitive, by its name; what is no text as JSON"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let folder = fields.required("folder", example: "infrastructure").flatMap { readInput($0, "`folder` of \(fields.what)", in: context.plan, fields.collector) }
    let program = fields.choice("program", of: Program.self)?.value ?? .terraform
    let workspace = fields.text("workspace")
    let (variables, environment, backendConfiguration) = (fields.inputs("variables", in: context.plan), fields.inputs("env", in: context.plan), fields.inputs("backendConfig", in: context.plan))
    let backend: Located<StoreName>? = fields.name("backend")
    let servers = fields.names("servers", of: Server.self)
    let problems = [backend.flatMap { unknownReference($0, "store", among: context.plan.stores.map(\.name)) }] + servers.map { unknownReference($0, "server", among: context.plan.servers.map(\.name)) }
    guard let folder, problems.allSatisfy({ $0 == nil }) else {
      fields.collector.add(contentsOf: problems.compactMap { $0 })
      return nil
    }
    if let workspace, workspace.value.isEmpty || workspace.value.hasPrefix("-") || workspace.value.contains(where: { $0.isWhitespace || $0 == "/" }) {
      fields.collector.add(Diagnostic("wrong-value", "`\(workspace.value)` is no name of a workspace", at: workspace.span))
      return nil
    }
    return Arguments(
      folder: folder, program: program, workspace: workspace?.value ?? "default", variables: variables, environment: environment, backendConfiguration: backendConfiguration,
      backend: backend?.value, servers: servers.map(\.value))
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let inputs = [arguments.folder] + arguments.variables.values + arguments.environment.values + arguments.backendConfiguration.values
    let secrets = inputs.compactMap { if case .secret(let secret) = $0 { Requirement.secret(secret.name) } else { nil } }
    return Footprint(
      writes: Set([.named("terraform:\(arguments.folder.resourceName)/\(arguments.workspace)")] + arguments.servers.map { .server($0) }),
      requires: Set(secrets + (arguments.backend.map { [.store($0)] } ?? [])))
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("destroys what this run made, and nothing else") }

  static let problem = "problem"
  static let changes = "changes"
  static let workspace = "workspace"

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    switch observation.reach {
    case .unreachable(let reason): return Change(.unknown, reason: "could not be observed: \(reason)")
    case .nothingToObserve: return Change(.unknown, reason: "an earlier step gives its configuration or its variables: `\(arguments.program.rawValue)` plans when it is there")
    case .observed: break
    }
    if let problem = observation.facts[problem]?.string { return Change(.unknown, reason: "the step would fail: \(problem)") }
    if observation.facts[workspace] == "absent" {
      return Change(.create, reason: "the workspace `\(arguments.workspace)` is new: all of the configuration is made", before: ["workspace": "none"], after: ["workspace": .string(arguments.workspace)])
    }
    let changes = observation.facts[changes]?.array?.compactMap { $0.string.flatMap(ResourceChange.init) } ?? []
    guard !changes.isEmpty else { return Change(.none, reason: "everything is as the configuration says") }
    let shown = Dictionary(changes.map { ($0.address, $0.action) }) { first, _ in first }
    return Change(
      changes.allSatisfy { $0.action == .create } ? .create : changes.allSatisfy { $0.action == .delete } ? .delete : .update,
      reason: ResourceChange.words(changes), before: shown.mapValues { .string($0 == .create ? "none" : "there") }, after: shown.mapValues { .string($0.words) },
      losses: changes.filter { $0.action == .delete || $0.action == .replace }.map { "`\($0.address)` is destroyed\($0.action == .replace ? " and made anew" : ""): what it holds is gone, and undo does not bring it back" })
  }
}

extension InputValue {
  /// As the name of a resource has it.
  var resourceName: String {
    switch self {
    case .text(let text): text
    case .secret(let secret): "secret \(secret.name)"
    case .output(let step, let output): "\(step).\(output)"
    }
  }
}
