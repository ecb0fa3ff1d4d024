internal import CanonicalJSON
internal import ChangePlanning
internal import ExecutionCore
public import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Units

/// A run as lines: what is told while it goes on, and the table at its end. Pure: from events to text.
public struct RunLines: Sendable {
  let style: TextStyle
  /// What commands about the run need: ` --state FOLDER`.
  let stateOption: String
  public init(_ style: TextStyle, stateOption: String = "") { self.style = style; self.stateOption = stateOption }

  /// The line for an event, or nil for one that nobody needs to see.
  public func line(_ entry: Entry, in state: RunState) -> String? {
    text(entry.event, state).map { "\(style.paint(entry.at.timeOfDay, .dim))  \($0)\n" }
  }

  func text(_ event: Event, _ state: RunState) -> String? {
    switch event {
    case .runStarted(let start): "run \(start.run): \(start.changeset.purpose) of `\(start.changeset.plan.name)`, \(start.changeset.counts)"
    case .resumed(let resumed): "resumed" + (resumed.tornBytes > 0 ? "; \(resumed.tornBytes) bytes of a torn last record were cut off" : "")
    case .intent(let job): verb(job) + (job.attempt > 1 ? " (attempt \(job.attempt))" : why(job, state))
    case .outcome(let outcome): ended(outcome)
    case .moved(let moved): style.paint("\(moved.step) did not run", .red) + ": the world has moved since it was planned\n" + differences(moved)
    case .settled(let settled): "\(settled.job.step): " + verdict(settled)
    case .confirmed(let confirmed): "\(confirmed.job.step): \(confirmed.by) said yes"
    case .skipped(let skipped): "\(skipped.step) is skipped by \(skipped.by)" + (skipped.reason.isEmpty ? "" : ": \(skipped.reason)")
    case .branchGivenUp(let given): givenUp(given, state)
    case .interrupted: "stopping: running steps may end, nothing new begins (a second time cancels them)"
    case .paused(let reason): style.paint("paused", .yellow) + ": " + Self.words(reason)
    case .rollbackStarted(let reason): style.paint("rolling back", .yellow) + ": " + Self.words(reason)
    case .awaited(let gate): waiting(gate, state)
    case .gateOpened(let opened): Self.opened(opened, state, style)
    case .said(let said): Self.words(said)
    case .wordRefused(let refused): style.paint("refused", .red) + ", said by \(refused.word.person): \(refused.why) [\(refused.code)]"
    case .trialBegan(let trial): onTrial(trial, state)
    case .trialOver(let ending): style.paint("the trial is over", .yellow) + ", and nobody has said anything: " + (ending == .commit ? "what was done stays" : "the run is taken back")
    case .finished: nil
    }
  }

  private func givenUp(_ given: BranchGivenUp, _ state: RunState) -> String {
    let why =
      switch given.reason {
      case .stepFailed(let step): "`\(step)` failed"
      case .deadline(let span): "it was not done after \(span.rounded)"
      }
    let course = state.courses.first { $0.choice.choice == given.choice }
    // In the state that follows: the next one may have begun already.
    let next = course.flatMap { course in course.branch?.name == given.branch ? course.next.map { course.choice.branches[$0].name } : course.branch?.name }
    return style.paint("\(given.choice): `\(given.branch)` is given up", .yellow) + ", since \(why)" + (next.map { "; `\($0)` is next" } ?? "")
  }

  private func verb(_ job: Job) -> String {
    switch job.activity {
    case .perform: "\(job.step) begins"
    case .undo: "\(job.step) is being undone"
    case .beforeRollback, .afterRollback: "\(job.step) begins"
    }
  }

  /// In protection, where nobody looked at the plan before: why it does something.
  private func why(_ job: Job, _ state: RunState) -> String {
    guard job.activity == .perform, state.changeset.scenario == nil, let planned = state.changeset[job.step], planned.change.action != .unknown, planned.change.action != .run else { return "" }
    return ": \(planned.change.reason)"
  }

  private func ended(_ outcome: Outcome) -> String {
    let step = outcome.job.step
    return switch outcome.ending {
    case .done(let result):
      style.paint(outcome.job.activity == .undo ? "\(step) is undone" : "\(step) is done", .green) + (result.map { $0.summary.isEmpty ? "" : ": \($0.summary)" } ?? "")
    case .unchanged: "\(step): nothing to do"
    case .failed(let failure): style.paint("\(step) failed", .red) + ": " + failureText(failure)
    case .timedOut(let failure): style.paint("\(step) timed out", .red) + ": " + failureText(failure)
    case .cancelled: "\(step) was cancelled"
    }
  }

  private func failureText(_ failure: StepFailure) -> String {
    (["\(failure.message) [\(failure.code)]"] + failure.details.map { "            = \($0)" } + failure.helps.map { "            = help: \($0)" }).joined(separator: "\n")
  }

  private func differences(_ moved: Moved) -> String {
    if case .unreachable(let reason) = moved.found.reach { return "            = could not be observed: \(reason)" }
    let keys = Set(moved.planned.keys).union(moved.found.facts.keys).sorted()
    return keys.filter { moved.planned[$0] != moved.found.facts[$0] }.map {
      "            = \($0): planned \(moved.planned[$0]?.description ?? "nothing"), found \(moved.found.facts[$0]?.description ?? "nothing")"
    }.joined(separator: "\n")
  }

  private func verdict(_ settled: Settled) -> String {
    let by = settled.by.map { " (\($0) says so)" } ?? ""
    return switch settled.settlement {
    case .done(let result): "had reached its goal\(by)" + (result.summary.isEmpty ? "" : ": \(result.summary)")
    case .notDone: "had not happened\(by), is done again"
    case .unknown(let what): style.paint("in doubt", .yellow) + ": \(what)"
    }
  }

  static func words(_ reason: PauseReason) -> String {
    switch reason {
    case .stepFailed(let step): "`\(step)` failed"
    case .moved(let step): "what `\(step)` rests on has changed since it was planned"
    case .inDoubt(let steps): "nobody can tell what became of " + steps.map { "`\($0)`" }.joined(separator: ", ")
    case .unanswered(let step): "`\(step)` needs an answer, and there was nobody to ask"
    case .didNotStop(let step): "`\(step)` was told to stop and did not: it may still be acting"
    case .rollbackHeldBack(let step): "`\(step)` did not succeed, so nothing was undone"
    case .unapproved(let gate): "too few people have approved " + (gate.step.map { "`\($0)`" } ?? "it") + " in time"
    }
  }

  static func words(_ reason: RollbackReason) -> String {
    switch reason {
    case .stepFailed(let step): "`\(step)` failed"
    case .requested(let who): "\(who) asked for it"
    case .trialOver: "the trial is over, and nobody has kept it"
    }
  }
}
