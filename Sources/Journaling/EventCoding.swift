internal import PlanModel
internal import ProviderInterface
internal import Units

// The names in a journal outlive the names in the code, so they are written out here: `{"intent":{"activity":"perform",…}}`.

extension Event: Codable {
  private enum Key: String, CodingKey, CaseIterable {
    case runStarted = "run-started", resumed, intent, outcome, moved, settled, confirmed, skipped, branchGivenUp = "branch-given-up", interrupted, paused
    case rollbackStarted = "rollback-started", awaited, gateOpened = "gate-opened", said, wordRefused = "word-refused"
    case trialBegan = "trial-began", trialOver = "trial-over", finished
  }

  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Key.self)
    guard let key = members.allKeys.first, members.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not an event that this version knows"))
    }
    self = switch key {
    case .runStarted: .runStarted(try members.decode(RunStarted.self, forKey: key))
    case .resumed: .resumed(try members.decode(Resumed.self, forKey: key))
    case .intent: .intent(try members.decode(Job.self, forKey: key))
    case .outcome: .outcome(try members.decode(Outcome.self, forKey: key))
    case .moved: .moved(try members.decode(Moved.self, forKey: key))
    case .settled: .settled(try members.decode(Settled.self, forKey: key))
    case .confirmed: .confirmed(try members.decode(Confirmed.self, forKey: key))
    case .skipped: .skipped(try members.decode(Skipped.self, forKey: key))
    case .branchGivenUp: .branchGivenUp(try members.decode(BranchGivenUp.self, forKey: key))
    case .interrupted: .interrupted(try members.decode(Interruption.self, forKey: key))
    case .paused: .paused(try members.decode(PauseReason.self, forKey: key))
    case .rollbackStarted: .rollbackStarted(try members.decode(RollbackReason.self, forKey: key))
    case .awaited: .awaited(try members.decode(Gate.self, forKey: key))
    case .gateOpened: .gateOpened(try members.decode(GateOpened.self, forKey: key))
    case .said: .said(try members.decode(Said.self, forKey: key))
    case .wordRefused: .wordRefused(try members.decode(WordRefused.self, forKey: key))
    case .trialBegan: .trialBegan(try members.decode(Trial.self, forKey: key))
    case .trialOver: .trialOver(try members.decode(Provisional.Ending.self, forKey: key))
    case .finished: .finished(try members.decode(RunResult.self, forKey: key))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: Key.self)
    switch self {
    case .runStarted(let value): try members.encode(value, forKey: .runStarted)
    case .resumed(let value): try members.encode(value, forKey: .resumed)
    case .intent(let value): try members.encode(value, forKey: .intent)
    case .outcome(let value): try members.encode(value, forKey: .outcome)
    case .moved(let value): try members.encode(value, forKey: .moved)
    case .settled(let value): try members.encode(value, forKey: .settled)
    case .confirmed(let value): try members.encode(value, forKey: .confirmed)
    case .skipped(let value): try members.encode(value, forKey: .skipped)
    case .branchGivenUp(let value): try members.encode(value, forKey: .branchGivenUp)
    case .interrupted(let value): try members.encode(value, forKey: .interrupted)
    case .paused(let value): try members.encode(value, forKey: .paused)
    case .rollbackStarted(let value): try members.encode(value, forKey: .rollbackStarted)
    case .awaited(let value): try members.encode(value, forKey: .awaited)
    case .gateOpened(let value): try members.encode(value, forKey: .gateOpened)
    case .said(let value): try members.encode(value, forKey: .said)
    case .wordRefused(let value): try members.encode(value, forKey: .wordRefused)
    case .trialBegan(let value): try members.encode(value, forKey: .trialBegan)
    case .trialOver(let value): try members.encode(value, forKey: .trialOver)
    case .finished(let value): try members.encode(value, forKey: .finished)
    }
  }
}

extension Outcome: Codable {
  private enum Key: String, CodingKey { case job, ending, result, failure }
  private enum Name: String, Codable { case done, unchanged, failed, timedOut = "timed-out", cancelled }

  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Key.self)
    job = try members.decode(Job.self, forKey: .job)
    ending = switch try members.decode(Name.self, forKey: .ending) {
    case .done: .done(try members.decodeIfPresent(StepResult.self, forKey: .result))
    case .unchanged: .unchanged
    case .failed: .failed(try members.decode(StepFailure.self, forKey: .failure))
    case .timedOut: .timedOut(try members.decode(StepFailure.self, forKey: .failure))
    case .cancelled: .cancelled
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: Key.self)
    try members.encode(job, forKey: .job)
    let name: Name
    switch ending {
    case .done(let result):
      name = .done
      try members.encodeIfPresent(result, forKey: .result)
    case .unchanged: name = .unchanged
    case .failed(let failure):
      name = .failed
      try members.encode(failure, forKey: .failure)
    case .timedOut(let failure):
      name = .timedOut
      try members.encode(failure, forKey: .failure)
    case .cancelled: name = .cancelled
    }
    try members.encode(name, forKey: .ending)
  }
}

extension BranchGivenUp: Codable {
  private enum Key: String, CodingKey { case choice, branch, failed, deadline }

  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Key.self)
    choice = try members.decode(StepName.self, forKey: .choice)
    branch = try members.decode(BranchName.self, forKey: .branch)
    let failed = try members.decodeIfPresent(StepName.self, forKey: .failed)
    reason = try failed.map(Reason.stepFailed) ?? .deadline(members.decode(TimeSpan.self, forKey: .deadline))
  }

  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: Key.self)
    try members.encode(choice, forKey: .choice)
    try members.encode(branch, forKey: .branch)
    switch reason {
    case .stepFailed(let step): try members.encode(step, forKey: .failed)
    case .deadline(let span): try members.encode(span, forKey: .deadline)
    }
  }
}

/// A name and, where it has one, the step or steps that it is about, or the person who wanted it.
private enum ReasonKey: String, CodingKey { case name, step, steps, by, signal, reason }

extension RunResult: Codable {
  private enum Name: String, Codable {
    case done, failed, paused, rolledBack = "rolled-back", rollbackIncomplete = "rollback-incomplete", interrupted
  }

  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: ReasonKey.self)
    self = switch try members.decode(Name.self, forKey: .name) {
    case .done: .done
    case .failed: .failed
    case .paused: .paused(try members.decode(PauseReason.self, forKey: .reason))
    case .rolledBack: .rolledBack
    case .rollbackIncomplete: .rollbackIncomplete
    case .interrupted: .interrupted(try members.decode(Interruption.self, forKey: .signal))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: ReasonKey.self)
    let name: Name
    switch self {
    case .done: name = .done
    case .failed: name = .failed
    case .paused(let reason):
      name = .paused
      try members.encode(reason, forKey: .reason)
    case .rolledBack: name = .rolledBack
    case .rollbackIncomplete: name = .rollbackIncomplete
    case .interrupted(let signal):
      name = .interrupted
      try members.encode(signal, forKey: .signal)
    }
    try members.encode(name, forKey: .name)
  }
}

extension PauseReason: Codable {
  private enum Name: String, Codable {
    case stepFailed = "step-failed", moved, inDoubt = "in-doubt", unanswered, didNotStop = "did-not-stop"
    case rollbackHeldBack = "rollback-held-back", unapproved
  }

  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: ReasonKey.self)
    let name = try members.decode(Name.self, forKey: .name)
    if name == .inDoubt { self = .inDoubt(try members.decode([StepName].self, forKey: .steps)); return }
    if name == .unapproved { self = .unapproved(Gate(step: try members.decodeIfPresent(StepName.self, forKey: .step))); return }
    let step = try members.decode(StepName.self, forKey: .step)
    self = switch name {
    case .stepFailed: .stepFailed(step)
    case .moved: .moved(step)
    case .inDoubt: .inDoubt([step])
    case .unanswered: .unanswered(step)
    case .didNotStop: .didNotStop(step)
    case .rollbackHeldBack: .rollbackHeldBack(step)
    case .unapproved: .unapproved(Gate(step: step))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: ReasonKey.self)
    let (name, step): (Name, StepName?) = switch self {
    case .stepFailed(let step): (.stepFailed, step)
    case .moved(let step): (.moved, step)
    case .inDoubt: (.inDoubt, nil)
    case .unanswered(let step): (.unanswered, step)
    case .didNotStop(let step): (.didNotStop, step)
    case .rollbackHeldBack(let step): (.rollbackHeldBack, step)
    case .unapproved(let gate): (.unapproved, gate.step)
    }
    try members.encode(name, forKey: .name)
    try members.encodeIfPresent(step, forKey: .step)
    if case .inDoubt(let steps) = self { try members.encode(steps, forKey: .steps) }
  }
}

extension RollbackReason: Codable {
  private enum Name: String, Codable { case stepFailed = "step-failed", requested, trialOver = "trial-over" }

  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: ReasonKey.self)
    self = switch try members.decode(Name.self, forKey: .name) {
    case .stepFailed: .stepFailed(try members.decode(StepName.self, forKey: .step))
    case .trialOver: .trialOver
    case .requested: .requested(by: try members.decode(String.self, forKey: .by))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: ReasonKey.self)
    switch self {
    case .stepFailed(let step):
      try members.encode(Name.stepFailed, forKey: .name)
      try members.encode(step, forKey: .step)
    case .trialOver: try members.encode(Name.trialOver, forKey: .name)
    case .requested(let person):
      try members.encode(Name.requested, forKey: .name)
      try members.encode(person, forKey: .by)
    }
  }
}
