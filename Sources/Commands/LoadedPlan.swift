internal import ChangePlanning
internal import Diagnostics
internal import ExecutionShell
internal import Glibc
internal import Objectives
internal import PlanLinting
internal import PlanModel
internal import ProviderInterface
internal import Reporting
internal import YAMLReading

/// A plan file that was read, typed and found free of errors: what may be planned and applied.
struct LoadedPlan {
  let file: SourceFile
  let composition: PlanComposition
  var typed: TypedPlan
  let assessment: Assessment
  var identity: PlanIdentity
  var plan: Plan { typed.plan }

  /// Findings of severity error are shown and end the command, except breached objectives: at 03:00 a plan that loses too much is still the
  /// plan there is.
  static func load(_ path: String, _ options: CompositionOptions, _ console: Console, points: [DataClassName: String] = [:]) throws(CommandFailure) -> LoadedPlan {
    let file = SourceFile(path: path == "-" ? "<stdin>" : path, bytes: try Files.read(path))
    let made = try options.read(console)
    let (written, yaml) = readYAML(file)
    let composed = compose(written, made.composition)
    let (plan, reading) = readPlan(composed.document)
    var diagnostics = (yaml + composed.diagnostics + reading).map(composed.explained)
    let sources = [file] + made.sources
    guard var plan, !diagnostics.contains(where: { $0.severity == .error }) else { throw refused(sources, diagnostics, console) }
    for name in points.keys.sorted() where plan.dataClass(name) == nil {
      let known = plan.dataClasses.map { "`\($0.name.value)`" }.joined(separator: ", ")
      throw CommandFailure("wrong-usage", "\(file.path) has no data class `\(name)`", status: .usage, helps: ["it has \(known)"])
    }
    plan.chosenPoints = points
    // Evidence only predicts: at 03:00 a wrong file is told of and stands in nobody's way.
    let files = EvidenceFiles(plan: path)
    let (evidence, measuring) = plan.takeEvidence(files.callAsFunction)
    if !measuring.isEmpty { console.writeError(rendered(sources + evidence, measuring, console)) }
    let (typed, typing) = typecheck(plan, kinds: Providers.kinds, protection: Providers.protection)
    diagnostics += typing
    let assessment = assess(typed)
    let cycle = assessment.scenarios.contains { $0.cycle != nil }
    guard !cycle, !diagnostics.contains(where: { $0.severity == .error }) else {
      throw refused(
        sources, lint(file, kinds: Providers.kinds, protection: Providers.protection, composing: made.composition, evidence: files.callAsFunction).diagnostics, console)
    }
    let identity = PlanIdentity(name: plan.metadata.name, file: file.path, folder: Files.folder(of: path), environment: made.composition.environment)
    return LoadedPlan(file: file, composition: made.composition, typed: typed, assessment: assessment, identity: identity)
  }

  private static func refused(_ sources: [SourceFile], _ diagnostics: [Diagnostic], _ console: Console) -> CommandFailure {
    console.writeError(rendered(sources, diagnostics, console))
    let file = sources[0]
    return CommandFailure(
      "plan-has-errors", "\(file.path) cannot be used: \(summaryLine(diagnostics))", helps: ["mend what is shown above, then run `sie-dr lint \(file.path)`"])
  }

  private static func rendered(_ sources: [SourceFile], _ diagnostics: [Diagnostic], _ console: Console) -> String {
    DiagnosticRenderer(sources: sources, options: .init(color: console.style.color, width: console.style.width)).render(diagnostics.sorted()) + "\n"
  }

  func stateDirectory(_ option: StateOption, _ environment: [String: String]) -> StateDirectory {
    StateFinding.directory(option.state, environment, planState: plan.state?.directory.value, folder: identity.folder)
  }

  /// The text of the file of those who may sign approvals; empty where there is none.
  func signers() throws(CommandFailure) -> String {
    let path = plan.signers?.value ?? "allowed_signers"
    let file = path.hasPrefix("/") ? path : "\(identity.folder)/\(path)"
    guard access(file, F_OK) == 0 else { return "" }
    return String(decoding: try Files.read(file), as: UTF8.self)
  }

  func purpose(_ name: String?, mode: String?) throws(CommandFailure) -> Purpose {
    guard let name else {
      if mode != nil { throw CommandFailure("wrong-usage", "`--mode` is of a scenario, and none is named", status: .usage, helps: ["add `--scenario NAME`"]) }
      return .protection
    }
    let scenario = mode.map { "\(name)/\($0)" } ?? name
    if let typed = typed.scenarios.first(where: { $0.scenario.name.value.rawValue == scenario }) { return .recovery(typed) }
    let names = plan.scenarios.map(\.name.value.rawValue)
    let near = nearestNames(to: scenario, in: names)
    throw CommandFailure(
      "unknown-scenario", "\(file.path) has no scenario `\(scenario)`", status: .usage,
      helps: [near.isEmpty ? "it has " + names.map { "`\($0)`" }.joined(separator: ", ") : "did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?"])
  }
}
