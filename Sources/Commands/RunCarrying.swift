internal import ArgumentParser
internal import ChangePlanning
internal import ChildProcess
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
  /// What ends a run early; nil: this process's own.
  let signals: AsyncStream<Interruption>?

  init(_ console: Console, _ world: World, _ directory: StateDirectory, confirmed: [String] = [], signals: AsyncStream<Interruption>? = nil) {
    self.signals = signals
    self.console = console; self.world = world; self.directory = directory
    self.confirmed = Set(confirmed.map { StepName(rawValue: $0) })
    progress = RunProgress(console, stateOption: " --state \(directory.path)", now: SystemClock.now)
  }

  static func newRun() -> RunID {
    var random = SystemRandomNumberGenerator()
    return RunID.new(at: SystemClock.now(), using: &random)
  }

  func apply(_ changeset: Changeset, as run: RunID = Self.newRun(), parallelism: Int?, approvals: [SignedApproval] = []) async throws -> ExitStatus {
    let now = SystemClock.now()
    let words = approvals.enumerated().map { number, approval in
      Word(id: "handed-in-\(number + 1)", by: world.who, host: world.host, at: now, reason: approval.statement.reason, order: .approve(approval))
    }
    return try await carry { engine throws(EngineFailure) in try await engine.apply(changeset, as: run, parallelism: parallelism, words: words) }
  }

  func resume(_ run: RunID, _ order: RunEngine.Order) async throws -> ExitStatus {
    let history: [Entry]
    do throws(EngineFailure) { history = try await directory.journal(of: run).records.map { Entry(at: $0.at, event: $0.event) } } catch {
      throw CommandFailure(error.failure)
    }
    return try await carry(history) { engine throws(EngineFailure) in try await engine.resume(run, order) }
  }

  private func carry(_ history: [Entry] = [], _ body: (RunEngine) async throws(EngineFailure) -> RunEngine.Finished) async throws -> ExitStatus {
    let progress = progress
    let outbox = world.outbox(in: directory)
    let correspondent = RunCorrespondent(outbox, now: SystemClock.now)
    Task { await correspondent.work() }
    let environment = world.runEnvironment(
      console, outbox, confirmed: confirmed, signals: signals ?? Signals.stream(), observationTimeout: .seconds(10),
      tell: { news in
        progress.tell(news)
        // From here on the lock is held: nobody else sends what an earlier run has left.
        if case .opened = news {
          correspondent.remember(history)
          Task { await outbox.takeUp() }
        }
        correspondent.tell(news)
      })
    let finished: RunEngine.Finished
    do throws(EngineFailure) { finished = try await body(RunEngine(environment, in: directory)) } catch {
      progress.end()
      throw CommandFailure(error.failure, status: ExitStatus(rawValue: error.exitCode) ?? .error)
    }
    progress.end()
    console.write("\n" + runReport(finished.state, finished.ending, journal: finished.journal, stateOption: " --state \(directory.path)", console.style))
    await tellOfMessages(outbox, correspondent, of: finished.run)
    return ExitStatus(rawValue: finished.ending.exitCode) ?? .error
  }

  /// How long a run that is over still waits for its messages.
  private static let patienceForMessages = TimeSpan.seconds(15)

  /// What became of the messages. It changes nothing of how the run has ended.
  private func tellOfMessages(_ outbox: Outbox, _ correspondent: RunCorrespondent, of run: RunID) async {
    await correspondent.finish(within: .seconds(5))
    if await outbox.isBusy { console.writeError("messages are still under way; waiting for them, \(Self.patienceForMessages.rounded) at most\n") }
    let messages = await outbox.finish(within: Self.patienceForMessages)
    let lost = await correspondent.lost.map { ($0.name, $0.why, false) }
    let told = lost + messages.map { ($0.run == run ? "\($0.step)" : "\($0.step) of \($0.run)", $0.outcome, $0.isSent) }
    if !told.isEmpty { console.write("\n" + messageReport(told, console.style)) }
  }
}

/// From a changeset to the end of its run, the same for `apply` and `watch`.
struct ChangesetCarrying {
  let console: Console
  let environment: [String: String]
  let directory: StateDirectory
  /// The plan that it was made from; nil for a saved one.
  let loaded: LoadedPlan?
  var confirmed: [String] = []
  var parallelism: Int?
  var signals: AsyncStream<Interruption>?

  /// `agree` is asked before anything begins; nil: it said no. Where nothing is to be done, `idle` is called.
  func carryOut(
    _ changeset: Changeset, as run: RunID = RunCarrying.newRun(), approvals: [SignedApproval] = [], idle: (String) -> Void, agree: () throws -> Bool
  ) async throws -> ExitStatus? {
    guard !changeset.changes.isEmpty else {
      idle("nothing to do: " + (changeset.steps.first?.change.reason ?? "the plan has no steps for this"))
      await writeMetrics(changeset)
      return .done
    }
    let world = World(environment: environment, folder: changeset.plan.folder)
    // Before anybody is asked, and before anything is begun.
    do throws(EngineFailure) { try Providers.performers(ChildRunner(), environment, world.outbox(in: directory), folder: ".").check(changeset) } catch { throw CommandFailure(error.failure) }
    guard try agree() else { return nil }
    let status = try await RunCarrying(console, world, directory, confirmed: confirmed, signals: signals).apply(changeset, as: run, parallelism: parallelism, approvals: approvals)
    if status != .interrupted, status != .terminated { await writeMetrics(changeset) }
    return status
  }

  private func writeMetrics(_ changeset: Changeset) async {
    if let loaded, changeset.scenario == nil { await MetricsFile.write(loaded, directory, console) }
  }
}
