internal import PlanModel
public import ProviderInterface
public import Units

// The rows of the transition table that concern one step only.

extension StepRecord {
  func isAnyOf(_ statuses: Status...) -> Bool { statuses.contains(status) }

  mutating func begin(_ job: Job, _ at: Timestamp) throws(IllegalTransition) {
    try require(isAnyOf(.pending, .failed, .timedOut), "`\(job.step)` cannot begin in its state")
    try require(!isPassedOver, "the branch of `\(job.step)` is not taken")
    try require(job.attempt == attempts + 1, "attempts are counted one by one")
    status = .running
    attempts += 1
    moved = nil
    if began == nil { began = at }
  }

  /// A question has no effect, so asking needs no intent: the answer no comes as a failure out of nothing.
  mutating func declineIfAsked(_ outcome: Outcome, isReady: Bool) throws(IllegalTransition) {
    guard status == .pending, case .failed = outcome.ending else { return }
    try require(isReady, "`\(outcome.job.step)` was answered before what it needs was done")
    status = .running
    attempts += 1
  }

  mutating func end(_ outcome: Outcome, _ at: Timestamp) throws(IllegalTransition) {
    let job = outcome.job
    try require(status == .running, "`\(job.step)` was not running")
    try require(job.attempt == attempts, "the outcome is not of the last attempt")
    switch outcome.ending {
    case .done(let result):
      status = .done
      self.result = result
      failure = nil
      isUnsettled = false
    case .unchanged: throw IllegalTransition(why: "`\(job.step)` had begun")
    case .failed(let failure):
      status = .failed
      self.failure = failure
      failures += 1
    case .timedOut(let failure):
      status = .timedOut
      self.failure = failure
      failures += 1
      isUnsettled = true
    case .cancelled:
      status = .cancelled
      failure = .cancelled
      isUnsettled = true
    }
    ended = at
  }

  mutating func endUndo(_ outcome: Outcome, _ at: Timestamp) throws(IllegalTransition) {
    let job = outcome.job
    try require(status == .undoing, "`\(job.step)` was not being undone")
    try require(job.attempt == undoAttempts, "the outcome is not of the last attempt")
    switch outcome.ending {
    case .done: (status, failure) = (.undone, nil)
    case .unchanged: throw IllegalTransition(why: "an undo is done or failed")
    case .failed(let failure), .timedOut(let failure):
      status = .undoFailed
      self.failure = failure
      undoFailures += 1
    // Interrupted, so still to be undone.
    case .cancelled: (status, failure) = (.undoing, .cancelled)
    }
    ended = at
  }

  mutating func confirm(_ result: StepResult, _ at: Timestamp) {
    status = .done
    attempts += 1
    self.result = result
    failure = nil
    ended = at
  }

  mutating func settle(_ settlement: Settlement, whileUndoing: Bool, _ at: Timestamp) {
    switch settlement {
    case .done(let result):
      status = .done
      self.result = result
      doubt = nil
      isUnsettled = false
      ended = at
    case .notDone:
      status = whileUndoing ? .undone : .pending
      doubt = nil
      isUnsettled = false
    case .unknown(let whatToLookAt):
      status = .inDoubt
      doubt = whatToLookAt
    }
  }

  /// A new process goes on. After a crash it goes on as if nothing had been: retries are counted on, and a failure that was to be acted
  /// on is. After an end in good order a person has looked at it, so what failed gets all its tries again.
  mutating func resume(_ specification: StepSpecification, after result: RunResult?, isBackward: Bool) {
    let personDecided = switch result {
    case .paused, .failed, .rollbackIncomplete: true
    case .done, .rolledBack, .interrupted, nil: false
    }
    switch status {
    case .running: status = .inDoubt
    case .failed, .timedOut:
      let goesOn = mayTryAgain(retries: specification.retries)
      guard !isBackward, !isPassedOver, goesOn || personDecided || specification.onFailure == .pause else { return }
      if !goesOn { failures = 0 }
      status = .pending
    case .cancelled where !isBackward && !isPassedOver: status = .pending
    // Undoing twice is undoing once, so it is always worth another try.
    case .undoFailed:
      if personDecided { undoFailures = 0 }
      status = .undoing
    default: break
    }
  }

  mutating func resumeHook(after result: RunResult?, again: Bool = false) {
    switch status {
    case .done where again: status = .pending
    case .running, .cancelled: status = .pending
    case .failed where result != nil, .timedOut where result != nil:
      failures = 0
      status = .pending
    default: break
    }
  }
}

extension StepSpecification {
  /// How often the undo of this step is tried again.
  public var undoRetries: Int { if case .step(let step) = undo { step.retries } else { retries } }
  /// For one attempt at the undo.
  public var undoTimeout: TimeSpan { if case .step(let step) = undo { step.timeout } else { timeout } }
}
