public import Units
internal import ChangePlanning
internal import PlanModel
internal import ProviderInterface

/// An event that cannot follow what happened before.
public struct IllegalTransition: Error, Hashable, Sendable, CustomStringConvertible {
  public var why: String
  public var description: String { why }
}

extension RunState {
  /// The one transition table, for the living run and for replay.
  public mutating func apply(_ event: Event, at: Timestamp) throws(IllegalTransition) {
    if case .resumed(let resumed) = event {
      try resume(resumed)
    } else {
      guard result == nil else { throw IllegalTransition(why: "the run had ended") }
      try applyWhileOpen(event, at)
    }
    lastAt = at
    moveCourses(at: at)
  }

  private mutating func applyWhileOpen(_ event: Event, _ at: Timestamp) throws(IllegalTransition) {
    switch event {
    case .runStarted, .resumed: throw IllegalTransition(why: "a run starts only once")
    case .intent(let job): try begin(job, at)
    case .outcome(let outcome): try end(outcome, at)
    case .moved(let moved): try withStep(moved.step, in: [.pending]) { $0.moved = moved }
    case .settled(let settled): try settle(settled, at)
    case .confirmed(let confirmed): try confirm(confirmed, at)
    case .skipped(let skipped):
      try require(direction == .forward, "a rollback skips nothing")
      try withStep(skipped.step, in: [.pending, .failed, .timedOut, .cancelled, .inDoubt]) { record in
        record.status = .skipped
        record.skipped = skipped
        record.ended = at
      }
    case .branchGivenUp(let given): try giveUp(given)
    case .awaited(let gate): try wait(at: gate, at)
    case .gateOpened(let opened): try open(opened, at)
    case .said(let said): try hear(said, at)
    case .wordRefused(let refused): try refuse(refused)
    case .trialBegan(let trial): try begin(trial, at)
    case .trialOver(let ending): try endTrial(ending, at)
    case .interrupted(let signal): interruption = signal
    case .paused(let reason): pause = reason
    case .rollbackStarted(let reason):
      try require(direction == .forward, "the rollback had begun")
      try require(!records.contains { $0.status == .running }, "a rollback begins when nothing runs any more")
      direction = .backward(reason)
      rollbackWanted = nil
    case .finished(let result): try finish(result)
    }
  }

  // MARK: Jobs

  private mutating func begin(_ job: Job, _ at: Timestamp) throws(IllegalTransition) {
    let index = try index(of: job)
    switch job.activity {
    case .perform:
      try require(direction == .forward, "nothing is performed in a rollback")
      try require(topology.order.needs[index].allSatisfy { records[$0].isSatisfied }, "`\(job.step)` began before what it needs was done")
      try require(!isShut(.beginning) && !isShut(Gate(step: job.step)), "`\(job.step)` began before it was approved")
      try records[index].begin(job, at)
    case .undo:
      try require(direction != .forward, "nothing is undone before the rollback begins")
      try require(undoDuty(index) == .undo, "there is nothing to undo of `\(job.step)`")
      let held = changeset.rollbackBefore != nil && beforeRollback.isAnyOf(.pending, .running)
      try require(!held, "the step before the rollback was not over")
      if let later = holder(of: index) { throw IllegalTransition(why: "`\(job.step)` was undone before `\(specification(later).name)`, which rests on it") }
      try require(job.attempt == records[index].undoAttempts + 1, "attempts are counted one by one")
      records[index].status = .undoing
      records[index].undoAttempts += 1
    case .beforeRollback, .afterRollback:
      try require(direction != .forward, "the rollback had not begun")
      try withHook(job) { record throws(IllegalTransition) in try record.begin(job, at) }
    }
  }

  private mutating func end(_ outcome: Outcome, _ at: Timestamp) throws(IllegalTransition) {
    let job = outcome.job
    let index = try index(of: job)
    switch job.activity {
    case .perform:
      if outcome.ending == .unchanged {
        try require(changeset.steps[index].change.action == .none && isReady(index), "`\(job.step)` was to change something")
        records[index].status = .unchanged
        records[index].ended = at
      } else {
        let ready = isReady(index)
        if specification(index).question != nil { try records[index].declineIfAsked(outcome, isReady: ready) }
        try records[index].end(outcome, at)
      }
    case .undo: try records[index].endUndo(outcome, at)
    case .beforeRollback, .afterRollback:
      let isAsked = hook(job.activity)?.question != nil
      try withHook(job) { record throws(IllegalTransition) in
        if isAsked { try record.declineIfAsked(outcome, isReady: true) }
        try record.end(outcome, at)
      }
    }
  }

  private mutating func confirm(_ confirmed: Confirmed, _ at: Timestamp) throws(IllegalTransition) {
    let job = confirmed.job
    let index = try index(of: job)
    let result = StepResult(summary: "confirmed by \(confirmed.by)")
    switch job.activity {
    case .perform:
      try require(specification(index).question != nil && isReady(index), "`\(job.step)` was not to be asked")
      try require(!isShut(.beginning) && !isShut(Gate(step: job.step)), "`\(job.step)` was asked before it was approved")
      records[index].confirm(result, at)
    case .undo: throw IllegalTransition(why: "an undo is not asked")
    case .beforeRollback, .afterRollback:
      try require(hook(job.activity)?.question != nil && direction != .forward, "`\(job.step)` was not to be asked")
      try withHook(job) { $0.confirm(result, at) }
    }
  }

  private mutating func settle(_ settled: Settled, _ at: Timestamp) throws(IllegalTransition) {
    let backward = direction != .forward
    let index = try index(of: settled.job)
    try require(settled.job.activity == .perform, "only a performed step is settled")
    try require(settled.job.attempt == records[index].attempts, "the attempt that was settled is not the last one")
    let rollbackAsks = backward && undoDuty(index) == .settle
    try require(records[index].status == .inDoubt || rollbackAsks, "`\(settled.job.step)` was not in doubt")
    records[index].settle(settled.settlement, whileUndoing: backward, at)
  }

  // MARK: The run

  private mutating func resume(_ resumed: Resumed) throws(IllegalTransition) {
    try require(result != .rolledBack, "the run was rolled back")
    let isBackward = direction != .forward
    if resumed.tornBytes > 0, !isBackward, result == nil {
      for index in records.indices where mayHaveBegun(index) {
        records[index].status = .inDoubt
        records[index].attempts += 1
      }
    }
    for index in records.indices { records[index].resume(specification(index), after: result, isBackward: isBackward) }
    beforeRollback.resumeHook(after: result)
    // What has been undone since is told and checked too.
    afterRollback.resumeHook(after: result, again: result == .rollbackIncomplete)
    resumeGates(after: result)
    parallelism = resumed.parallelism
    (result, pause, interruption) = (nil, nil, nil)
  }

  /// Whether a record that was lost may have been the intent of this step.
  private func mayHaveBegun(_ index: Int) -> Bool {
    let step = changeset.steps[index]
    guard step.change.action != .none, step.specification.question == nil, !isShut(.beginning), !isShut(Gate(step: step.specification.name)) else { return false }
    let record = records[index]
    return !record.isPassedOver && (record.status == .pending || record.mayTryAgain(retries: step.specification.retries))
      && topology.order.needs[index].allSatisfy { records[$0].isSatisfied }
  }

  private mutating func finish(_ result: RunResult) throws(IllegalTransition) {
    switch result {
    case .done: try require(direction == .forward && records.allSatisfy(\.isSatisfied), "not every step was done")
      try require(changeset.provisional == nil || commitment != nil, "what was on trial was not kept")
    case .rolledBack:
      try require(direction != .forward && records.indices.allSatisfy { undoDuty($0) == .nothing }, "not every step was undone")
    case .failed, .paused, .rollbackIncomplete, .interrupted: break
    }
    // What still runs could not be stopped, and nobody will see its end.
    for index in records.indices where records[index].status == .running { records[index].status = .inDoubt }
    self.result = result
  }

  // MARK: Helpers

  private func index(of job: Job) throws(IllegalTransition) -> Int {
    switch job.activity {
    case .perform, .undo:
      guard let index = topology.order.index[job.step] else { throw IllegalTransition(why: "the changeset has no step `\(job.step)`") }
      return index
    case .beforeRollback, .afterRollback:
      guard hook(job.activity)?.name == job.step else { throw IllegalTransition(why: "the rollback has no step `\(job.step)`") }
      return -1
    }
  }

  private func hook(_ activity: Job.Activity) -> StepSpecification? {
    activity == .beforeRollback ? changeset.rollbackBefore : changeset.rollbackAfter
  }

  private mutating func withHook(_ job: Job, _ body: (inout StepRecord) throws(IllegalTransition) -> Void) throws(IllegalTransition) {
    if job.activity == .beforeRollback { try body(&beforeRollback) } else { try body(&afterRollback) }
  }

  private mutating func withStep(
    _ step: StepName, in allowed: [StepRecord.Status], _ body: (inout StepRecord) -> Void
  ) throws(IllegalTransition) {
    guard let index = topology.order.index[step] else { throw IllegalTransition(why: "the changeset has no step `\(step)`") }
    try require(allowed.contains(records[index].status), "this cannot happen to `\(step)` in its state")
    body(&records[index])
  }
}

func require(_ condition: Bool, _ why: @autoclosure () -> String) throws(IllegalTransition) {
  guard condition else { throw IllegalTransition(why: why()) }
}
