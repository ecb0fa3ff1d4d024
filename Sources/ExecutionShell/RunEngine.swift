public import ChangePlanning
public import ExecutionCore
public import Journaling
public import PlanModel
public import ProviderInterface
internal import Units

/// Carries out runs on a state directory: opens the journal under the lock, drives the machine, and comes back when the run has ended.
public struct RunEngine: Sendable {
  public let environment: RunEnvironment
  public let directory: StateDirectory

  public init(_ environment: RunEnvironment, in directory: StateDirectory) {
    self.environment = environment
    self.directory = directory
  }

  /// What is left of a run when its process ends.
  public struct Finished: Sendable {
    public var run: RunID
    public var ending: RunEnding
    /// For the table of what is done, undone, in doubt, failed and not started.
    public var state: RunState
    public var journal: String
  }

  /// Begins a new run of a changeset.
  ///
  /// - Parameter words: what people have said of it beforehand.
  public func apply(_ changeset: Changeset, as run: RunID, parallelism: Int? = nil, words: [Word] = []) async throws(EngineFailure) -> Finished {
    try environment.performers.check(changeset)
    let lock = try await directory.lock(as: holder(run))
    defer { lock.release() }
    let file = try await directory.createJournal(of: run)
    if !changeset.approvals.isEmpty { try await directory.keep(changeset, of: run) }
    for word in words { try await directory.leave(word, for: run) }
    return try await carryOut(changeset, as: run, parallelism: parallelism, to: file, lock)
  }

  /// Goes on with a run, or takes it back.
  public func resume(_ run: RunID, _ order: Order) async throws(EngineFailure) -> Finished {
    let lock = try await directory.lock(as: holder(run))
    defer { lock.release() }
    let (file, text) = try await directory.reopenJournal(of: run)
    let state: RunState
    do { state = try RunState(replaying: text.records) } catch {
      throw .journalDamaged(run, error, path: directory.journalPath(of: run))
    }
    try environment.performers.check(state.changeset)
    return try await goOn(with: state, order, text, to: file, lock)
  }

  /// How a person wants a run to go on.
  public struct Order: Sendable {
    public var direction: ResumeOrder.Direction
    public var skips: [StepName: String]
    public var verdicts: [StepName: ResumeOrder.Verdict]
    /// Nil: as wide as before.
    public var parallelism: Int?

    public init(
      _ direction: ResumeOrder.Direction, skips: [StepName: String] = [:], verdicts: [StepName: ResumeOrder.Verdict] = [:],
      parallelism: Int? = nil
    ) {
      self.direction = direction
      self.skips = skips
      self.verdicts = verdicts
      self.parallelism = parallelism
    }
  }

  // MARK: With any file, so that a test can hand in one that fails

  func carryOut(
    _ changeset: Changeset, as run: RunID, parallelism: Int? = nil, to file: some AppendOnlyFile & Sendable, _ lock: StateLock
  ) async throws(EngineFailure) -> Finished {
    let start = RunStarted(
      run: run, toolVersion: environment.toolVersion, parallelism: parallelism ?? changeset.parallelism, changeset: changeset)
    let machine: RunMachine
    do { machine = try RunMachine(starting: start, at: environment.clock.now()) } catch { throw .refused(run, error) }
    return await drive(machine, JournalWriter(file, who: environment.who, host: environment.host), lock)
  }

  func goOn(
    with state: RunState, _ order: Order, _ text: JournalText, to file: some AppendOnlyFile & Sendable, _ lock: StateLock
  ) async throws(EngineFailure) -> Finished {
    if let result = state.result, !result.canBeResumed, result == .rolledBack || order.direction == .onwards {
      throw .over(state.run, result)
    }
    var words: [Spoken] = []
    for word in await directory.inbox(of: state.run).read(besides: []) where !state.hasHeard(word.id) {
      words.append(await environment.spoken(word, signers: state.changeset.signers ?? []))
    }
    let order = ResumeOrder(
      order.direction, by: environment.who, toolVersion: environment.toolVersion, parallelism: order.parallelism ?? state.parallelism,
      tornBytes: text.torn.count, skips: order.skips, verdicts: order.verdicts, words: words)
    let machine: RunMachine
    do { machine = try RunMachine(resuming: state, order, at: environment.clock.now()) } catch { throw .refused(state.run, error) }
    return await drive(machine, JournalWriter(file, who: environment.who, host: environment.host, after: text), lock)
  }

  private func drive<File: AppendOnlyFile & Sendable>(
    _ machine: RunMachine, _ writer: JournalWriter<File>, _ lock: StateLock
  ) async -> Finished {
    let run = machine.state.run
    let recorder = Recorder(writer, isHeld: { lock.isStillThere })
    environment.tell(.opened(machine.state, journal: directory.journalPath(of: run)))
    let driver = RunDriver(machine, environment, directory.inbox(of: run), record: recorder.take)
    // A task of its own: a cancelled caller must not end the recording before the run has ended in good order.
    let recording = Task {
      await recorder.run { input, entry in
        if let entry { environment.tell(.recorded(entry)) }
        driver.say(input)
      }
    }
    let (ending, state) = await driver.drive()
    recorder.finish()
    await recording.value
    return Finished(run: run, ending: ending, state: state, journal: directory.journalPath(of: run))
  }

  private func holder(_ run: RunID) -> LockHolder {
    LockHolder(who: environment.who, host: environment.host, pid: environment.pid, run: run, since: environment.clock.now())
  }

}

extension StepPerformers {
  /// Refused before anything begins: a step that nobody can perform would stop a recovery half-way.
  public func check(_ changeset: Changeset) throws(EngineFailure) {
    guard changeset.unsignable.isEmpty else { throw .unsignable(changeset.unsignable) }
    var missing: [StepKindName: [StepName]] = [:]
    for step in changeset.steps.map(\.specification) + [changeset.rollbackBefore, changeset.rollbackAfter].compactMap({ $0 }) {
      var kinds = step.question == nil ? [step.kind] : []
      if case .step(let undo) = step.undo { kinds.append(undo.kind) }
      for kind in kinds where !knows(kind) && missing[kind]?.contains(step.name) != true { missing[kind, default: []].append(step.name) }
    }
    guard missing.isEmpty else { throw .providersMissing(missing) }
  }
}
