public import Journaling
public import Units

/// What is to be done now, as the machine says. Named in the imperative; to be carried out in order.
public enum Action: Hashable, Sendable {
  /// Append, make durable, then say `recorded`. Every effect waits for the acknowledgement of its intent.
  case record(Entry)
  /// Look again at what the step rests on, then say `preconditionObserved`.
  case observe(Job)
  /// Perform the step, or the step around a rollback; then say `jobSucceeded` or `jobFailed`.
  case start(Job)
  /// Take back what the step's attempts did; then say `jobSucceeded` or `jobFailed`.
  case undo(Job)
  /// Find out whether the attempt reached its goal, then say `jobSettled`.
  case settle(Job)
  /// Put the question to a person, then say `questionAnswered`.
  case ask(Job, Question)
  /// Tell the job to stop. What it says afterwards is still heard, if it is heard in time.
  case cancel(Job)
  /// Say `timerFired` at that time.
  case wake(TimerID, at: Timestamp)
  /// The run is over. The last action of all.
  case finish(RunEnding)
}

public enum Question: Hashable, Sendable {
  /// The step's own question.
  case confirm(String)
  /// Did the attempt have its effect? The text says what to look at.
  case didItHappen(String)
}

/// How the process ends its work on a run.
public enum RunEnding: Hashable, Sendable {
  /// As the last record of the journal says.
  case recorded(RunResult)
  /// The journal could not be written any more. Steps whose outcome is not in it are in doubt.
  case journalLost(reason: String)
  /// Another process has taken over.
  case lockLost(holder: String)

  /// The exit status of a command that ran it.
  public var exitCode: Int32 {
    switch self {
    case .recorded(.done): 0
    case .recorded(.failed): 1
    case .recorded(.rolledBack): 4
    case .recorded(.rollbackIncomplete): 5
    case .recorded(.paused), .journalLost: 6
    case .lockLost: 7
    case .recorded(.interrupted(.interrupt)): 130
    case .recorded(.interrupted(.terminate)): 143
    }
  }
}
