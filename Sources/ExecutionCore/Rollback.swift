internal import ChangePlanning
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import Units

// The way back: what the plan runs before, the undos in reverse order of the needs, what it runs after.

extension RunMachine {
  mutating func enterRollback(_ now: Timestamp) {
    mode = .rollback(.before)
    if state.changeset.rollbackBefore == nil || isHookOver(slotBeforeRollback) {
      enterUndoing(now)
    } else if state.beforeRollback.status == .pending {
      act(slotBeforeRollback, .beforeRollback, now)
    } else {
      holdBack(now)
    }
  }

  mutating func advanceRollback(_ stage: RollbackStage, _ now: Timestamp) {
    guard stage == .undoing else {
      if stage == .after, work.isEmpty { conclude(now) }
      return
    }
    while mode == .rollback(.undoing), case let steps = scheduler.next(), !steps.isEmpty {
      for step in steps { undoStep(step, now) }
    }
    if mode == .rollback(.undoing), work.isEmpty { enterAfter(now) }
  }

  /// The reverse of the graph; what has nothing to undo is passed over when its turn comes. What cannot be undone is never passed:
  /// everything that it rests on stays as it is, since to take away the ground under a change that stays can be worse than to stop.
  private mutating func enterUndoing(_ now: Timestamp) {
    mode = .rollback(.undoing)
    // To take a step back may take as much as the step did.
    let limits = SharedLimits(state.changeset.steps.map(\.specification))
    scheduler = Scheduler(
      graph: graph.reversed, items: (0..<state.count).map { SchedulingItem(duration: .zero, priority: $0, uses: limits.uses[$0]) }, width: state.parallelism,
      capacities: limits.capacities)
  }

  private mutating func undoStep(_ step: Int, _ now: Timestamp) {
    switch state.undoDuty(step) {
    case .nothing: scheduler.finished(step)
    case .undo: act(step, .undo, now)
    case .settle: settle(step, now)
    case .impossible: scheduler.withdrawn(step)
    }
  }

  /// A step's last attempt was looked at; in a rollback that decides whether there is something to undo.
  mutating func settledForUndo(_ step: Int, _ now: Timestamp) {
    guard mode == .rollback(.undoing) else { return }
    if state.undoDuty(step) == .settle { scheduler.withdrawn(step) } else { undoStep(step, now) }
  }

  mutating func undone(_ step: Int, _ ending: Outcome.Ending, _ now: Timestamp) {
    if case .done = ending { return scheduler.finished(step) }
    let mayTryAgain = state[step].mayUndoAgain(retries: state.specification(step).undoRetries)
    if mode == .rollback(.undoing), mayTryAgain, state[step].status == .undoFailed {
      waitForRetry(step, .undo, afterFailure: state[step].undoFailures, now)
    } else {
      scheduler.withdrawn(step)
    }
  }

  // MARK: The steps around it

  mutating func hookEnded(_ slot: Int, _ ending: Outcome.Ending, _ now: Timestamp) {
    guard case .rollback = mode, let specification = specification(slot) else { return }
    if record(in: slot).mayTryAgain(retries: specification.retries) {
      let activity: Job.Activity = slot == slotBeforeRollback ? .beforeRollback : .afterRollback
      return waitForRetry(slot, activity, afterFailure: record(in: slot).failures, now)
    }
    if slot == slotAfterRollback { return }
    if isHookOver(slot) { enterUndoing(now) } else { holdBack(now) }
  }

  /// Done, or failed in a way that the plan says to ignore.
  private func isHookOver(_ slot: Int) -> Bool {
    let record = record(in: slot)
    return switch record.status {
    case .done: true
    case .failed, .timedOut: specification(slot)?.onFailure == .continue
    default: false
    }
  }

  private mutating func holdBack(_ now: Timestamp) {
    guard let name = state.changeset.rollbackBefore?.name else { return }
    stop(.pause(.rollbackHeldBack(name)), now)
  }

  private mutating func enterAfter(_ now: Timestamp) {
    mode = .rollback(.after)
    if state.changeset.rollbackAfter != nil, state.afterRollback.status == .pending { act(slotAfterRollback, .afterRollback, now) }
  }

  private mutating func conclude(_ now: Timestamp) {
    let allUndone = (0..<state.count).allSatisfy { state.undoDuty($0) == .nothing }
    let afterIsOver = state.changeset.rollbackAfter == nil || isHookOver(slotAfterRollback)
    finish(allUndone && afterIsOver ? .rolledBack : .rollbackIncomplete, now)
  }
}
