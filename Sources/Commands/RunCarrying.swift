internal import ArgumentParser
internal import ChangePlanning
internal import ExecutionCore
internal import ExecutionShell
internal import Journaling
internal import NotificationProvider
internal import PlanModel
internal import ProviderInterface
internal import Reporting
internal import Units

/// Options of every command that carries out a run.
struct RunOptions: ParsableArguments {
  @Option(name: .customLong("confirm"), help: ArgumentHelp("Answer yes to this step's question. May be given several times.", valueName: "step"))
  var confirmed: [String] = []
  @OptionGroup var state: StateOption
}

/// What is the same for apply, resume and rollback: engine, progress, report, exit status.
struct RunCarrying {
  let console: Console
  let world: World
  let directory: StateDirectory
  /// Steps whose question was answered with yes on the command line.
  let confirmed: Set<StepName>
  let progress: RunProgress

  init(_ console: Console, _ world: World, _ directory: StateDirectory, confirmed: [String] = []) {
    self.console = console; self.world = world; self.directory = directory
    self.confirmed = Set(confirmed.map { StepName(rawValue: $0) })
    progress = RunProgress(console, stateOption: " --state \(directory.path)", now: SystemClock.now)
  }

  func apply(_ changeset: Changeset, parallelism: Int?, approvals: [SignedApproval] = []) async throws -> ExitStatus {
    var random = SystemRandomNumberGenerator()
    let now = SystemClock.now()
    let run = RunID.new(at: now, using: &random)
    let words = approvals.enumerated().map { number, approval in
      Word(id: "handed-in-\(number + 1)", by: world.who, host: world.host, at: now, reason: approval.statement.reason, order: .approve(approval))
    }
    return try await carry { engine throws(EngineFailure) in try await engine.apply(changeset, as: run, parallelism: parallelism, words: words) }
  }

  func resume(_ run: RunID, _ order: RunEngine.Order) async throws -> ExitStatus {
    try await carry { engine throws(EngineFailure) in try await engine.resume(run, order) }
  }

  private func carry(_ body: (RunEngine) async throws(EngineFailure) -> RunEngine.Finished) async throws -> ExitStatus {
    let progress = progress
    let outbox = world.outbox(in: directory)
    let environment = world.runEnvironment(
      console, outbox, confirmed: confirmed, observationTimeout: .seconds(10),
      tell: { news in
        progress.tell(news)
        // From here on the lock is held: nobody else sends what an earlier run has left.
        if case .opened = news { Task { await outbox.takeUp() } }
      })
    let finished: RunEngine.Finished
    do throws(EngineFailure) { finished = try await body(RunEngine(environment, in: directory)) } catch {
      progress.end()
      throw CommandFailure(error.failure, status: ExitStatus(rawValue: error.exitCode) ?? .error)
    }
    progress.end()
    console.write("\n" + runReport(finished.state, finished.ending, journal: finished.journal, stateOption: " --state \(directory.path)", console.style))
    await tellOfMessages(outbox, of: finished.run)
    return ExitStatus(rawValue: finished.ending.exitCode) ?? .error
  }

  /// How long a run that is over still waits for its messages.
  private static let patienceForMessages = TimeSpan.seconds(15)

  /// What became of the messages. It changes nothing of how the run has ended.
  private func tellOfMessages(_ outbox: Outbox, of run: RunID) async {
    if await outbox.isBusy { console.writeError("messages are still under way; waiting for them, \(Self.patienceForMessages.rounded) at most\n") }
    let messages = await outbox.finish(within: Self.patienceForMessages)
    let told = messages.map { ($0.run == run ? "\($0.step)" : "\($0.step) of \($0.run)", $0.outcome, $0.isSent) }
    if !told.isEmpty { console.write("\n" + messageReport(told, console.style)) }
  }
}
