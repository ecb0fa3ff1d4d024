public import PlanModel

/// How a run ended, as its last record says.
public enum RunResult: Hashable, Sendable {
  /// Every step is done, unchanged or skipped.
  case done
  /// Independent branches went on, but some steps failed for good.
  case failed
  /// A person must decide; can be resumed or rolled back.
  case paused(PauseReason)
  /// Everything that was done is undone.
  case rolledBack
  /// Something could not be undone, or not be known.
  case rollbackIncomplete
  /// A signal stopped it in good order; can be resumed.
  case interrupted(Interruption)

  /// Whether `resume` can make anything better.
  public var canBeResumed: Bool {
    switch self {
    case .done, .rolledBack: false
    case .failed, .paused, .rollbackIncomplete, .interrupted: true
    }
  }
}

/// Why a run waits for a person.
public enum PauseReason: Hashable, Sendable {
  /// The step failed, and its policy leaves the choice between resume, skip and rollback to a person.
  case stepFailed(StepName)
  /// The world has moved since the changeset was made.
  case moved(StepName)
  /// Nobody can tell what became of these steps.
  case inDoubt([StepName])
  /// A question could be put to nobody.
  case unanswered(StepName)
  /// The step was told to stop and did not: it may still be acting.
  case didNotStop(StepName)
  /// The step before the rollback failed or was answered with no, so nothing was undone.
  case rollbackHeldBack(StepName)
  /// Too few people have agreed in time.
  case unapproved(Gate)
}

/// Why a run is undone.
public enum RollbackReason: Hashable, Sendable {
  /// The step failed, and its policy is to roll back.
  case stepFailed(StepName)
  /// A person asked for it.
  case requested(by: String)
  /// It was on trial, nobody kept it, and then the plan takes it back.
  case trialOver
}
