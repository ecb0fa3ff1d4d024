public import CanonicalJSON
public import ChangePlanning
public import PlanModel
public import ProviderInterface
public import Units

/// What can happen to a run: the vocabulary of the journal. `RunState.apply` says which may follow which.
public enum Event: Hashable, Sendable {
  /// The first record of every journal. Holds the whole changeset: a resume reads nothing else.
  case runStarted(RunStarted)
  /// Another process goes on with the run.
  case resumed(Resumed)
  /// Durable before the effect: from here on the job may have acted.
  case intent(Job)
  /// Durable after the effect.
  case outcome(Outcome)
  /// The world was another one than planned, so the step did not run.
  case moved(Moved)
  /// What became of an attempt nobody saw the end of.
  case settled(Settled)
  /// A person said yes.
  case confirmed(Confirmed)
  /// A person decided to go on without the step.
  case skipped(Skipped)
  /// The next branch of a choice begins as soon as nothing of this one runs any more.
  case branchGivenUp(BranchGivenUp)
  /// A signal came: nothing new is started.
  case interrupted(Interruption)
  /// Nothing new is started until a person decides.
  case paused(PauseReason)
  /// From here on, what was done is undone.
  case rollbackStarted(RollbackReason)
  /// The run waits for signatures there.
  case awaited(Gate)
  /// Enough people have agreed.
  case gateOpened(GateOpened)
  /// A person said something from another terminal, and it was taken up.
  case said(Said)
  /// It was not.
  case wordRefused(WordRefused)
  /// Every step is done; the recovery is looked at before it is kept.
  case trialBegan(Trial)
  /// Nobody has said anything about it, so this is done.
  case trialOver(Provisional.Ending)
  /// The process has ended the run, for good or until somebody resumes it.
  case finished(RunResult)
}

/// One attempt at one piece of work of a run.
public struct Job: Hashable, Sendable, Codable {
  public enum Activity: String, Hashable, Sendable, Codable, CaseIterable {
    case perform
    case undo
    /// The step that the plan runs before a rollback, and the one after it.
    case beforeRollback = "before-rollback"
    case afterRollback = "after-rollback"
  }
  public var step: StepName
  public var activity: Activity
  /// Counted from 1 over the whole run, resumes included, for each activity by itself.
  public var attempt: Int

  public init(step: StepName, activity: Activity, attempt: Int) {
    self.step = step
    self.activity = activity
    self.attempt = attempt
  }
}

public struct RunStarted: Hashable, Sendable, Codable {
  public static let currentFormat = 1
  /// Of the journal. A reader refuses what is newer than itself.
  public var formatVersion: Int
  public var run: RunID
  public var toolVersion: String
  /// At most so many steps at once.
  public var parallelism: Int
  public var changeset: Changeset

  public init(run: RunID, toolVersion: String, parallelism: Int, changeset: Changeset) {
    formatVersion = Self.currentFormat
    self.run = run
    self.toolVersion = toolVersion
    self.parallelism = parallelism
    self.changeset = changeset
  }
}

public struct Resumed: Hashable, Sendable, Codable {
  public var toolVersion: String
  public var parallelism: Int
  /// How many bytes of a torn last record were cut off and kept beside the journal. If there were any, the record may have been the
  /// intent of any step that was ready.
  public var tornBytes: Int

  public init(toolVersion: String, parallelism: Int, tornBytes: Int) {
    self.toolVersion = toolVersion
    self.parallelism = parallelism
    self.tornBytes = tornBytes
  }
}

public struct Outcome: Hashable, Sendable {
  public enum Ending: Hashable, Sendable {
    /// The goal is reached. Only a performed step leaves a result.
    case done(StepResult?)
    /// The goal held already: nothing was done, so there was no intent.
    case unchanged
    case failed(StepFailure)
    /// Cancelled because its time was over.
    case timedOut(StepFailure)
    /// Cancelled by a person or a lost lock: not the step's fault, so it does not count against its retries.
    case cancelled
  }
  public var job: Job
  public var ending: Ending
  public init(job: Job, ending: Ending) {
    self.job = job
    self.ending = ending
  }
}

public struct Moved: Hashable, Sendable, Codable {
  public var step: StepName
  public var planned: [String: JSONValue]
  public var found: Observation
  public init(step: StepName, planned: [String: JSONValue], found: Observation) {
    self.step = step
    self.planned = planned
    self.found = found
  }
}

public struct Settled: Hashable, Sendable, Codable {
  public var job: Job
  public var settlement: Settlement
  /// The person who decided; nil where the step kind could tell.
  public var by: String?
  public init(job: Job, settlement: Settlement, by: String? = nil) {
    self.job = job
    self.settlement = settlement
    self.by = by
  }
}

public struct Confirmed: Hashable, Sendable, Codable {
  public var job: Job
  public var by: String
  public init(job: Job, by: String) {
    self.job = job
    self.by = by
  }
}

public struct Skipped: Hashable, Sendable, Codable {
  public var step: StepName
  public var by: String
  public var reason: String
  public init(step: StepName, by: String, reason: String) {
    self.step = step
    self.by = by
    self.reason = reason
  }
}

public struct BranchGivenUp: Hashable, Sendable {
  public enum Reason: Hashable, Sendable {
    /// The step failed for good.
    case stepFailed(StepName)
    /// Its time was over: so long after it began.
    case deadline(TimeSpan)
  }
  public var choice: StepName
  public var branch: BranchName
  public var reason: Reason
  public init(choice: StepName, branch: BranchName, reason: Reason) {
    self.choice = choice
    self.branch = branch
    self.reason = reason
  }
}

/// The signals that stop a run in good order.
public enum Interruption: String, Hashable, Sendable, Codable, CaseIterable {
  /// SIGINT: Ctrl-C.
  case interrupt
  /// SIGTERM.
  case terminate
}
