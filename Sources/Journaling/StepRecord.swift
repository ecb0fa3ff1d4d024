public import ProviderInterface
public import Units

/// What a person sees of a step: the words of the tables, the journal's documentation and the reports.
public enum StepState: String, Hashable, Sendable, Codable, CaseIterable {
  case waiting, ready, running, done, unchanged, failed
  case timedOut = "timed-out"
  case skipped
  case inDoubt = "in-doubt"
  case undoing, undone
  case undoFailed = "undo-failed"
  case notStarted = "not-started"
  /// Of a branch that was given up, lost, or not needed.
  case notTaken = "not-taken"
}

/// What the journal says about one step, or about one of the steps around a rollback.
public struct StepRecord: Hashable, Sendable {
  public enum Status: Hashable, Sendable {
    /// Has not begun, or is to begin again.
    case pending
    case running
    case done, unchanged, failed, timedOut, cancelled, skipped
    /// Began, and nobody saw the end.
    case inDoubt
    case undoing, undone, undoFailed
  }
  public internal(set) var status = Status.pending
  /// How often it began to be performed, over all resumes. Attempts are numbered from 1.
  public internal(set) var attempts = 0
  /// Failures and time-outs that count against the retries; a crash or a cancellation does not.
  public internal(set) var failures = 0
  public internal(set) var undoAttempts = 0
  public internal(set) var undoFailures = 0
  /// What the done attempt left.
  public internal(set) var result: StepResult?
  /// Why the last attempt, or the last undo, did not reach its goal.
  public internal(set) var failure: StepFailure?
  /// Where the world was found to be another one than planned.
  public internal(set) var moved: Moved?
  public internal(set) var skipped: Skipped?
  /// What to look at to find out what became of the last attempt.
  public internal(set) var doubt: String?
  /// An attempt was stopped, and nobody has looked since whether it had its effect.
  public internal(set) var isUnsettled = false
  /// Its branch was given up, lost, or not needed: nobody waits for it any more.
  public internal(set) var isPassedOver = false
  /// When the first attempt began, and when the step last came to an end.
  public internal(set) var began: Timestamp?
  public internal(set) var ended: Timestamp?

  /// How long the step took, waits between attempts included.
  public var took: TimeSpan? {
    guard let began, let ended else { return nil }
    return ended - began
  }

  /// Whether what needs this step may begin.
  public var isSatisfied: Bool {
    switch status {
    case .done, .unchanged, .skipped: true
    case .pending, .failed, .timedOut, .cancelled: isPassedOver
    case .running, .inDoubt, .undoing, .undone, .undoFailed: false
    }
  }

  /// Whether the last failure is worth another attempt, given how many retries there are.
  public func mayTryAgain(retries: Int) -> Bool {
    switch status {
    case .timedOut: failures <= retries
    case .failed: failure?.isTransient == true && failures <= retries
    default: false
    }
  }

  public func mayUndoAgain(retries: Int) -> Bool { failure?.isTransient == true && undoFailures <= retries }
}

/// What a rollback has to do about a step.
public enum UndoDuty: Hashable, Sendable {
  case nothing
  /// Take back what its attempts did.
  case undo
  /// Find out first whether it had its effect: its undo, written by the author, must not run over something that was never done.
  case settle
  /// It is done, and cannot be undone; what it rests on stays too. The text says why.
  case impossible(reason: String)
}

extension StepRecord {
  func undoDuty(_ specification: StepSpecification, changesTheWorld: Bool) -> UndoDuty {
    guard status != .unchanged, status != .undone else { return .nothing }
    switch specification.undo {
    case .nothingToUndo: return .nothing
    case .byKind: return attempts > 0 ? .undo : .nothing
    case .step: return writtenDuty(whenDone: .undo)
    case .irreversible(let reason): return writtenDuty(whenDone: changesTheWorld ? .impossible(reason: reason) : .nothing)
    case .unknown:
      let hasEffect = changesTheWorld && specification.question == nil
      return writtenDuty(whenDone: hasEffect ? .impossible(reason: "nobody wrote how to undo it") : .nothing)
    }
  }

  /// A kind takes away what carries its mark, whatever became of the attempt. An author's undo presumes that the step was done.
  private func writtenDuty(whenDone duty: UndoDuty) -> UndoDuty {
    switch status {
    case .done, .undoing, .undoFailed: duty
    case .inDoubt, .timedOut, .cancelled: duty == .nothing ? .nothing : .settle
    case .pending, .failed, .skipped: isUnsettled && duty != .nothing ? .settle : .nothing
    case .running, .unchanged, .undone: .nothing
    }
  }
}
