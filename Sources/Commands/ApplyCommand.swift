internal import ArgumentParser
internal import CanonicalJSON
internal import ChangePlanning
internal import ExecutionShell
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
  @OptionGroup var run: RunOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let environment = CommandSession.environment
      let (changeset, loaded) = try await changeset(console, environment)
      let directory = StateFinding.directory(run.state.state, environment, planState: loaded?.plan.state?.directory.value, folder: changeset.plan.folder)
      let carrying = ChangesetCarrying(
        console: console, environment: environment, directory: directory, loaded: loaded, confirmed: run.confirmed, parallelism: planning.parallelism)
      return try await carrying.carryOut(changeset, idle: { console.write($0 + "\n") }) {
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
    let changeset: Changeset
    do { changeset = try CanonicalJSON.decode(Changeset.self, from: bytes) } catch {
      throw CommandFailure("not-a-changeset", "\(file) is no changeset of this version of sie-dr", helps: ["make one with `sie-dr plan PLAN --out \(file)`"])
    }
    guard planning.scenario == nil, planning.now == nil, planning.point.isEmpty, !composition.areGiven else {
      throw CommandFailure(
        "wrong-usage", "\(file) is a saved changeset: its scenario, points, time, environment and variables are fixed", status: .usage,
        helps: ["leave `--scenario`, `--point`, `--now`, `--environment`, `--overlay` and `--var` out"])
    }
    guard changeset.formatVersion == Changeset.currentFormat, (try? changeset.computedDigest()) == changeset.digest else {
      throw CommandFailure(
        "changeset-altered", "\(file) is not what was planned: its digest does not fit its contents",
        details: ["it was changed by hand, or made by a version of sie-dr with another format"], helps: ["plan again with `sie-dr plan PLAN --out \(file)`"])
    }
    return changeset
  }
}
