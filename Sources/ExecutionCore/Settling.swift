internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import Units

// Steps in doubt, questions, and the end of a job.

extension RunMachine {
  /// Asks the step's kind what became of its last attempt.
  mutating func settle(_ step: Int, _ now: Timestamp) {
    let specification = state.specification(step)
    let job = Job(step: specification.name, activity: .perform, attempt: state[step].attempts)
    work[step] = Work(job: job, kind: .settling)
    actions.append(.settle(job))
    setTimer(.timeout, step, job, after: specification.timeout, now)
  }

  mutating func settled(_ job: Job, _ settlement: Settlement, _ now: Timestamp) {
    guard let step = slot(of: job, doing: .settling) else { return }
    work[step] = nil
    record(.settled(Settled(job: job, settlement: settlement)), now)
    if case .unknown(let whatToLookAt) = settlement {
      ask(step, job, .didItHappen(whatToLookAt), now)
    } else {
      settledForUndo(step, now)
    }
  }

  mutating func ask(_ slot: Int, _ job: Job, _ question: Question, _ now: Timestamp) {
    work[slot] = Work(job: job, kind: .asking)
    actions.append(.ask(job, question))
    setTimer(.timeout, slot, job, after: timeout(of: job, in: slot), now)
  }

  mutating func answered(_ job: Job, _ answer: Answer, _ now: Timestamp) {
    guard let slot = slot(of: job, doing: .asking) else { return }
    work[slot] = nil
    let isAboutDoubt = job.activity == .perform && record(in: slot).status == .inDoubt
    if isAboutDoubt { answeredDoubt(slot, job, answer, now) } else { answeredQuestion(slot, job, answer, now) }
  }

  private mutating func answeredDoubt(_ step: Int, _ job: Job, _ answer: Answer, _ now: Timestamp) {
    switch answer {
    case .yes(let person):
      let result = StepResult(summary: "declared done by \(person)")
      record(.settled(Settled(job: job, settlement: .done(result), by: person)), now)
    case .no(let person): record(.settled(Settled(job: job, settlement: .notDone, by: person)), now)
    case .nobody: break
    }
    settledForUndo(step, now)
  }

  private mutating func answeredQuestion(_ slot: Int, _ job: Job, _ answer: Answer, _ now: Timestamp) {
    switch answer {
    case .yes(let person):
      record(.confirmed(Confirmed(job: job, by: person)), now)
      if job.activity == .perform { performed(slot, .done(nil), now) } else { hookEnded(slot, .done(nil), now) }
    case .no(let person):
      let failure = StepFailure("declined", "\(person) answered no", helps: ["resume the run to be asked again, or roll it back"])
      let ending = Outcome.Ending.failed(failure)
      record(.outcome(Outcome(job: job, ending: ending)), now)
      if job.activity == .perform { performed(slot, ending, now) } else { hookEnded(slot, ending, now) }
    case .nobody:
      if job.activity == .perform { scheduler.withdrawn(slot) }
      stop(.pause(.unanswered(job.step)), now)
    }
  }

  /// A job has said how it ended.
  mutating func ended(_ job: Job, _ result: Result<StepResult?, StepFailure>, _ now: Timestamp) {
    guard let slot = slot(of: job, doing: .acting), let current = work[slot], current.hasBegun else { return }
    work[slot] = nil
    let ending: Outcome.Ending = switch (result, current.stop) {
    // Told to stop and done all the same: the effect is there.
    case (.success(let result), _): .done(job.activity == .perform ? result : nil)
    case (.failure(let failure), nil): .failed(failure)
    case (.failure(let failure), .timeout): .timedOut(timeOut(job, slot, failure))
    case (.failure, .interrupt), (.failure, .branchGivenUp), (.failure, .skipped): .cancelled
    }
    record(.outcome(Outcome(job: job, ending: ending)), now)
    switch job.activity {
    case .perform: performed(slot, ending, now)
    case .undo: undone(slot, ending, now)
    case .beforeRollback, .afterRollback: hookEnded(slot, ending, now)
    }
  }

  private func timeOut(_ job: Job, _ slot: Int, _ failure: StepFailure) -> StepFailure {
    let what = job.activity == .undo ? "the undo of `\(job.step)`" : "`\(job.step)`"
    return StepFailure(
      "timed-out", "\(what) was stopped after its time-out of \(timeout(of: job, in: slot).rounded)",
      details: failure == .cancelled ? [] : [failure.message] + failure.details,
      helps: ["if it was still getting on, raise its `timeout:`"] + failure.helps, transient: true)
  }
}
