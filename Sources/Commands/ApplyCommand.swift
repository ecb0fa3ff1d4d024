internal import ArgumentParser
internal import ChangePlanning
internal import ExecutionShell
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Reporting

struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Carry out a plan, or exactly a saved changeset.",
    discussion: """
      With a plan file: plans, shows, asks, applies. Without `--scenario` that is protection; nothing is done, quietly, when nothing is due. \
      With a changeset from `plan --out`: does exactly that; a step whose facts have changed since does not run. The first Ctrl-C lets running \
      steps end, the second cancels them; either way the run can be resumed.
      """)

  @Argument(help: "A plan file, or a changeset saved by `plan --out`.")
  var file: String
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var planning: PlanningOptions
  @Flag(name: .shortAndLong, help: "Do not ask before beginning.")
  var yes = false
  @Flag(help: "Show every message that the run would send to the audiences of the plan, and do nothing else.")
  var preview = false
  @Option(help: ArgumentHelp("An approval that `approve --out` has written. May be given several times.", valueName: "file"))
  var approval: [String] = []
  @OptionGroup var run: RunOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let environment = CommandSession.environment
      let (changeset, loaded) = try await changeset(console, environment)
      if preview {
        console.write(MessagePreview.text(changeset, console.style))
        return .done
      }
      let directory = StateFinding.directory(run.state.state, environment, planState: loaded?.plan.state?.directory.value, folder: changeset.plan.folder)
      let carrying = ChangesetCarrying(
        console: console, environment: environment, directory: directory, loaded: loaded, confirmed: run.confirmed, parallelism: planning.parallelism)
      let approvals = try approval.map(ApproveCommand.read)
      return try await carrying.carryOut(changeset, approvals: approvals, idle: { console.write($0 + "\n") }) {
        guard !yes else { return true }
        console.write(try planReport(changeset, as: .text, console.style))
        return try console.agreed(to: "done")
      } ?? .error
    }
  }

  /// A changeset as saved, or a new one and its plan.
  private func changeset(_ console: Console, _ environment: [String: String]) async throws -> (Changeset, LoadedPlan?) {
    let bytes = file == "-" ? [] : try Files.read(file)
    if let first = bytes.first(where: { $0 > 0x20 }), first == UInt8(ascii: "{") { return (try saved(bytes), nil) }
    let loaded = try LoadedPlan.load(file, composition, console, points: planning.points())
    if planning.scenario == nil { loaded.tellOfUnmadeProtections(console) }
    let world = ReadOnlyWorld(environment: environment, folder: loaded.identity.folder)
    return (try await makeChangeset(loaded, planning, world, environment), loaded)
  }

  private func saved(_ bytes: [UInt8]) throws(CommandFailure) -> Changeset {
    let changeset = try SavedChangeset.read(bytes, from: file)
    guard planning.scenario == nil, planning.now == nil, planning.point.isEmpty, !composition.areGiven else {
      throw CommandFailure(
        "wrong-usage", "\(file) is a saved changeset: its scenario, points, time, environment and variables are fixed", status: .usage,
        helps: ["leave `--scenario`, `--point`, `--now`, `--environment`, `--overlay` and `--var` out"])
    }
    return changeset
  }
}
