public import Journaling
public import ProviderInterface

/// What has happened, as the machine is told. Named in the past tense.
public enum Input: Hashable, Sendable {
  /// The first input: the journal is open, the lock is held.
  case started
  /// The oldest record that was not yet acknowledged is durable.
  case recorded
  /// A record could not be made durable. No record and no effect may follow.
  case journalFailed(reason: String)
  /// What the step rests on was looked at again.
  case preconditionObserved(Job, Observation)
  /// A started job has ended. Only a performed step leaves a result.
  case jobSucceeded(Job, StepResult?)
  case jobFailed(Job, StepFailure)
  /// What became of an attempt nobody saw the end of.
  case jobSettled(Job, Settlement)
  case questionAnswered(Job, Answer)
  case timerFired(TimerID)
  /// A person said something from another terminal.
  case wordSpoken(Spoken)
  /// SIGINT or SIGTERM: the first lets running steps end, the second cancels them.
  case interruptReceived(Interruption)
  /// Somebody else has taken the state over; the text names them.
  case lockLost(holder: String)
}

/// What a person said.
public enum Answer: Hashable, Sendable {
  case yes(by: String)
  case no(by: String)
  /// There was nobody to ask.
  case nobody
}

public struct TimerID: Hashable, Sendable {
  let number: Int
}
