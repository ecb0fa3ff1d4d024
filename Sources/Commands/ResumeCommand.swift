internal import ArgumentParser
internal import ChangePlanning
internal import ExecutionCore
internal import ExecutionShell
internal import Journaling
internal import PlanModel
internal import ProviderInterface

struct ResumeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Go on with a run that was interrupted, paused or killed.",
    discussion: """
      Reads the journal, and nothing but the journal: the plan file may have changed or be gone. A step whose end nobody saw is looked at: if it \
      reached its goal it is done, if it plainly did not it is done again, and if nobody can tell you are asked.
      """)

  @Argument(help: "The run, as `runs` lists it.")
  var run: String
  @Option(help: ArgumentHelp("Go on without this step. May be given several times.", valueName: "step"))
  var skip: [String] = []
  @Option(help: ArgumentHelp("Why steps are skipped: kept in the journal.", valueName: "text"))
  var reason: String = ""
  @Option(help: ArgumentHelp("A step in doubt did happen.", valueName: "step"))
  var done: [String] = []
  @Option(help: ArgumentHelp("A step in doubt did not happen.", valueName: "step"))
  var notDone: [String] = []
  @Option(help: ArgumentHelp("How many steps may run at once from now on.", valueName: "n"))
  var parallelism: Int?
  @OptionGroup var options: RunOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let verdicts = done.map { (StepName(rawValue: $0), ResumeOrder.Verdict.done) } + notDone.map { (StepName(rawValue: $0), .notDone) }
      let order = RunEngine.Order(
        .onwards, skips: Dictionary(skip.map { (StepName(rawValue: $0), reason) }) { first, _ in first }, verdicts: Dictionary(verdicts) { first, _ in first },
        parallelism: parallelism)
      return try await goOn(RunID(rawValue: run), order, options, console)
    }
  }
}

struct RollbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Take a run back: undo its steps in reverse order.",
    discussion: """
      Undoes what the journal says was done, in reverse order of the needs, with the plan's `rollback: { before, after }` steps around it. If \
      something cannot be undone the run ends `rollback-incomplete` and says what is left to do by hand; calling it again goes on. A run that is under \
      way, or on trial, in another process is told to take itself back.
      """)

  @Argument(help: "The run, as `runs` lists it.")
  var run: String
  @Option(help: ArgumentHelp("Why, if the run is under way: kept in the journal.", valueName: "text"))
  var reason: String = ""
  @OptionGroup var options: RunOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await CommandSession.guarded(global) { console in
      let (run, directory) = (RunID(rawValue: run), StateFinding.directory(options.state.state, CommandSession.environment))
      do { return try await goOn(run, RunEngine.Order(.rollback), options, console) } catch let failure as CommandFailure where failure.status == .locked {
        // Whoever is at work on this very run takes it back.
        guard let holder = await directory.lockHolder(), holder.run == run else { throw failure }
        console.writeError("run `\(run)` is under way in process \(holder.pid) on \(holder.host): it is told to take itself back\n")
        return try await WordDelivery(console, directory, run).deliver(.rollback, reason: reason)
      }
    }
  }
}

/// Goes on with a run from its journal.
private func goOn(_ run: RunID, _ order: RunEngine.Order, _ options: RunOptions, _ console: Console) async throws -> ExitStatus {
  let environment = CommandSession.environment
  let directory = StateFinding.directory(options.state.state, environment)
  let state: RunState
  do throws(EngineFailure) { state = try await directory.state(of: run) } catch { throw CommandFailure(error.failure) }
  let world = World(environment: environment, folder: state.changeset.plan.folder)
  return try await RunCarrying(console, world, directory, confirmed: options.confirmed).resume(run, order)
}
