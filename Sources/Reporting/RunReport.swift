internal import CanonicalJSON
internal import ChangePlanning
public import ExecutionCore
public import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Units

/// The table at the end of a run, the time it took beside what was computed, and what to type next.
public func runReport(_ state: RunState, _ ending: RunEnding, journal: String, stateOption: String, _ style: TextStyle) -> String {
  var parts: [String] = []
  if state.count > 0 { parts.append(stepTable(state).text(style)) }
  parts.append(verdict(state, ending, style))
  let decisions = decisionLines(state, style)
  if !decisions.isEmpty { parts.append("Decided by people\n" + decisions.map { "  \($0)\n" }.joined()) }
  let undone = byHand(state)
  if !undone.isEmpty { parts.append(style.paint("To be done by hand", .red) + "\n" + undone.map { "  \($0)\n" }.joined()) }
  let next = nextCommands(state, ending, stateOption)
  if !next.isEmpty { parts.append("Next\n" + next.map { "  \($0)\n" }.joined()) }
  parts.append("journal \(journal)\n")
  return parts.joined(separator: "\n")
}

private func stepTable(_ state: RunState) -> Table {
  var table = Table(("step", .left), ("state", .left), ("took", .right), ("predicted", .right), ("", .left))
  for index in 0..<state.count {
    let planned = state.changeset.steps[index]
    let record = state[index]
    let word = state.state(index)
    let detail = word == .done ? record.result?.summary ?? "" : record.failure?.message ?? record.doubt ?? ""
    table.rows.append([
      planned.specification.name.rawValue, word.rawValue, word == .undone || word == .undoFailed ? "" : record.took?.rounded ?? "", word == .unchanged ? "" : planned.duration.amount.rounded, detail,
    ])
  }
  return table
}

private func verdict(_ state: RunState, _ ending: RunEnding, _ style: TextStyle) -> String {
  let took = (state.lastAt - state.startedAt).rounded
  let predicted = "predicted \(state.changeset.prediction.duration.rounded), guaranteed \(state.changeset.prediction.guaranteed.rounded) from the disaster on"
  let sentence: String =
    switch ending {
    case .recorded(.done): style.paint("done", .green) + " in \(took) (\(predicted))"
    case .recorded(.failed): style.paint("failed", .red) + " after \(took): what did not depend on it went on"
    case .recorded(.paused(let reason)): style.paint("paused", .yellow) + " after \(took): " + RunLines.words(reason)
    case .recorded(.rolledBack): style.paint("rolled back", .yellow) + " after \(took): the world is as it was"
    case .recorded(.rollbackIncomplete): style.paint("rollback-incomplete", .red) + " after \(took): something could not be taken back"
    case .recorded(.interrupted): style.paint("interrupted", .yellow) + " after \(took), in good order"
    case .journalLost(let reason): style.paint("stopped", .red) + ": the journal cannot be written any more (\(reason)); steps that were running are in doubt"
    case .lockLost(let holder): style.paint("stopped", .red) + ": \(holder) has taken over"
    }
  return sentence + "\n"
}

/// What a person has to do where a rollback could not.
func byHand(_ state: RunState) -> [String] {
  guard case .backward = state.direction else { return [] }
  return (0..<state.count).flatMap { index -> [String] in
    let specification = state.specification(index)
    switch state.state(index) {
    case .undoFailed:
      let failure = state[index].failure
      return ["\(specification.name): its undo (\(specification.undoText)) failed: \(failure?.message ?? "")"]
        + (failure?.details ?? []).map { "  \($0)" } + (failure?.helps ?? []).map { "  \($0)" }
    case .done:
      switch state.undoDuty(index) {
      case .impossible(let reason): return ["\(specification.name): cannot be undone: \(reason)"]
      case .undo:
        guard state.result == .rollbackIncomplete, let holder = state.holder(of: index) else { return [] }
        return ["\(specification.name): stays, since `\(state.specification(holder).name)`, which came after it, does (its undo: \(specification.undoText))"]
      case .nothing, .settle: return []
      }
    case .inDoubt: return ["\(specification.name): nobody knows whether it happened: \(state[index].doubt ?? "look at its target")"]
    default: return []
    }
  }
}

private func nextCommands(_ state: RunState, _ ending: RunEnding, _ stateOption: String) -> [String] {
  let run = "\(state.run)\(stateOption)"
  let resume = "sie-dr resume \(run)"
  let rollback = "sie-dr rollback \(run)"
  switch ending {
  case .recorded(.done), .recorded(.rolledBack), .lockLost: return []
  case .recorded(.rollbackIncomplete): return ["\(rollback)      to go on with the rollback once the cause is removed"]
  case .recorded(.paused(.inDoubt(let steps))):
    return steps.map { "sie-dr resume \(run) --done \($0)      if it happened; --not-done \($0) if it did not" } + [rollback + "      to take the run back"]
  case .recorded(.paused(.unanswered(let step))):
    return ["\(resume)      to be asked, or with --confirm \(step)", "\(rollback)      to take the run back"]
  case .recorded(.paused(.unapproved(let gate))):
    let step = gate.step.map { " --step \($0)" } ?? ""
    return ["sie-dr approve \(run)\(step)      by each of those who are asked", "\(resume)      to wait for them again", "\(rollback)      to take the run back"]
  case .recorded(.paused(.stepFailed(let step))):
    return ["\(resume)      to try `\(step)` again", "\(resume) --skip \(step)      to go on without it", "\(rollback)      to take the run back"]
  case .recorded(.interrupted), .recorded(.failed), .recorded(.paused), .journalLost:
    return ["\(resume)      to go on", "\(rollback)      to take the run back"]
  }
}

/// The runs of a state directory, newest first.
public func runsReport(_ runs: [RunState], as format: OutputFormat, _ style: TextStyle) throws -> String {
  struct Line: Encodable { var run, plan, purpose, result: String; var started: Timestamp; var took: TimeSpan }
  let lines = runs.map {
    Line(
      run: $0.run.rawValue, plan: $0.changeset.plan.name, purpose: $0.changeset.scenario?.rawValue ?? "protection", result: word($0), started: $0.startedAt,
      took: $0.lastAt - $0.startedAt)
  }
  if format == .json {
    struct Report: Encodable { var formatVersion = 1; var runs: [Line] }
    return try CanonicalJSON.prettyText(Report(runs: lines))
  }
  guard !lines.isEmpty else { return "no runs\n" }
  var table = Table(("run", .left), ("plan", .left), ("purpose", .left), ("started", .left), ("took", .right), ("result", .left))
  table.rows = lines.map { [$0.run, $0.plan, $0.purpose, $0.started.description, $0.took.rounded, $0.result] }
  return format == .markdown ? table.markdown() : table.text(indent: "", style)
}

/// One word for how a run stands.
func word(_ state: RunState) -> String {
  switch state.result {
  case nil: "unfinished"
  case .done: "done"
  case .failed: "failed"
  case .paused: "paused"
  case .rolledBack: "rolled-back"
  case .rollbackIncomplete: "rollback-incomplete"
  case .interrupted: "interrupted"
  }
}
