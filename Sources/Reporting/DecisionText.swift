internal import ChangePlanning
internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Units

// What people decide during a run: approvals, skipped steps, the end of a trial.

extension RunLines {
  /// Who is asked, what cannot be undone any more, and what to type.
  func waiting(_ gate: Gate, _ state: RunState) -> String {
    guard let course = state.gates[gate], let deadline = course.deadline, let end = course.end else { return "waiting for approvals" }
    let rule = course.rule
    var lines = [style.paint("waiting", .yellow) + " for the approval of \(rule.atLeast) of \(rule.by.joined(separator: ", ")), until \(deadline.timeOfDay)"]
    if let step = gate.step {
      lines[0] += ", before `\(step)` acts"
      if case .irreversible(let why)? = state.changeset[step]?.specification.undo { lines.append("point of no return: `\(step)` cannot be undone: \(why)") }
    }
    if let glass = rule.breakGlass { lines.append("then \(glass.by.joined(separator: " or ")) alone may go ahead, with `--break-glass --reason TEXT`, until \(end.timeOfDay)") }
    let standing = course.standing(at: state.lastAt).map(\.name)
    if !standing.isEmpty { lines.append("approved so far by " + standing.joined(separator: ", ")) }
    let step = gate.step.map { " --step \($0)" } ?? ""
    lines.append("digest \(state.changeset.digest)")
    lines.append("each types: sie-dr approve \(state.run)\(step)\(stateOption)")
    lines.append("elsewhere: sie-dr approve changeset.json --run \(state.run)\(step) --out FILE, with the `changeset.json` that lies beside the journal; then here: sie-dr approve \(state.run) --file FILE\(stateOption)")
    return lines.joined(separator: "\n            = ")
  }

  func onTrial(_ trial: Trial, _ state: RunState) -> String {
    [
      style.paint("on trial", .yellow) + " until \(trial.until.timeOfDay), then \(trial.then.rawValue)", "to keep it: sie-dr commit \(state.run) --reason TEXT\(stateOption)",
      "to take it back: sie-dr rollback \(state.run)\(stateOption)",
    ].joined(separator: "\n            = ")
  }

  static func opened(_ opened: GateOpened, _ state: RunState, _ style: TextStyle) -> String {
    let what = opened.gate.step.map { "`\($0)`" } ?? "the run"
    guard opened.glassBroken else { return style.paint("\(what) is approved", .green) + " by \(opened.by.joined(separator: ", "))" }
    let reason = state.gates[opened.gate]?.approvals.last { $0.breaksGlass }?.reason ?? ""
    return style.paint("THE GLASS IS BROKEN", .red) + ": \(opened.by.joined(separator: ", ")) alone lets \(what) go ahead: \(reason); to be looked at when it is over"
  }

  static func words(_ said: Said) -> String {
    let word = said.word
    let reason = word.reason.isEmpty ? "" : ": \(word.reason)"
    return switch word.order {
    case .approve(let approval):
      "\(approval.statement.name) " + (approval.statement.breaksGlass ? "would break the glass" : "approves") + (approval.statement.gate.step.map { " `\($0)`" } ?? "")
        + (approval.statement.reason.isEmpty ? "" : ": \(approval.statement.reason)") + " (key \(said.key ?? "unknown"))"
    case .skip(let step): "\(step) is skipped by \(word.by)\(reason)"
    case .retry(let step): "\(step) is to be tried again, says \(word.by)\(reason)"
    case .commit: "\(word.by) keeps what was on trial\(reason)"
    case .rollback: "\(word.by) takes the run back\(reason)"
    }
  }
}

/// What people have said and what followed, in order; a broken glass first.
func decisionLines(_ state: RunState, _ style: TextStyle) -> [String] {
  let opened = state.gates.values.compactMap(\.opened).filter(\.glassBroken).map { RunLines.opened($0, state, style) }.sorted()
  let kept = if case .timeOver = state.commitment { ["nobody said anything while it was on trial, so it stays as the plan says"] } else { [String]() }
  return opened + state.words.map { "\($0.word.at.timeOfDay)  \(RunLines.words($0))" } + kept
}
