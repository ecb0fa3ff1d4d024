internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Units

// Ending in good order: nothing new is started, what runs may end, and then the reason decides.

extension RunMachine {
  mutating func stop(_ reason: StopReason, _ now: Timestamp) {
    guard mode != .finishing || reason.silencesJournal else { return }
    if case .stopping(let current) = mode, current.strength >= reason.strength { return }
    switch reason {
    case .pause(let why): record(.paused(why), now)
    case .interrupt(let signal): record(.interrupted(signal), now)
    case .rollback, .lockLost, .journalLost: break
    }
    // The record itself may have shown that the journal is lost.
    if case .stopping(let current) = mode, current.strength >= reason.strength { return }
    mode = .stopping(reason)
    for slot in work.keys.sorted() { dropIfWithoutEffect(slot) }
  }

  /// Looking, asking and waiting change nothing, so they need not be waited for.
  mutating func dropIfWithoutEffect(_ slot: Int) {
    guard let current = work[slot] else { return }
    switch current.kind {
    case .acting: return
    case .waiting, .approving: break
    case .observing, .settling, .asking: actions.append(.cancel(current.job))
    }
    work[slot] = nil
  }

  mutating func interrupted(_ signal: Interruption, _ now: Timestamp) {
    if case .stopping(.interrupt) = mode {
      cancelAll(now)
    } else {
      stop(.interrupt(signal), now)
    }
  }

  mutating func cancelAll(_ now: Timestamp) {
    for slot in work.keys.sorted() where work[slot]?.stop == nil { cancel(slot, because: .interrupt, now) }
  }

  mutating func cancel(_ slot: Int, because stop: Work.Stop, _ now: Timestamp) {
    guard let current = work[slot] else { return }
    work[slot]?.stop = stop
    // What has not begun will not: its intent's acknowledgement finds the stop.
    guard current.hasBegun else { return }
    actions.append(.cancel(current.job))
    setTimer(.grace, slot, current.job, after: Self.grace, now)
  }

  /// It was told to stop and has not answered. It may still act, so nothing may be built on it: it is in doubt.
  mutating func abandon(_ slot: Int, _ job: Job, _ now: Timestamp) {
    work[slot] = nil
    stop(.pause(.didNotStop(job.step)), now)
  }

  /// Nothing runs any more.
  mutating func stopped(_ reason: StopReason, _ now: Timestamp) {
    switch reason {
    case .pause(let why): finish(.paused(why), now)
    case .interrupt(let signal): finish(.interrupted(signal), now)
    case .rollback(let why):
      record(.rollbackStarted(why), now)
      if mode == .stopping(reason) { enterRollback(now) }
    case .journalLost(let why):
      mode = .finished
      actions.append(.finish(.journalLost(reason: why)))
    case .lockLost(let holder):
      mode = .finished
      actions.append(.finish(.lockLost(holder: holder)))
    }
  }

  mutating func finish(_ result: RunResult, _ now: Timestamp) {
    mode = .finishing
    record(.finished(result), now, then: .finish(result))
  }
}
