internal import ChangePlanning
internal import PlanModel
internal import ProviderInterface
internal import Units

/// A plan for a terminal: risks first, then each change with its reason and its undo, then objectives and timeline.
func planText(_ changeset: Changeset, _ style: TextStyle) -> String {
  var parts: [String] = []
  parts.append(style.paint("Plan for \(changeset.purpose) of \(changeset.plan.title)", .bold) + ": \(changeset.counts)\n")
  if let recorded = changeset.recorded { parts.append(style.paint(recorded, .yellow) + "\n") }
  if !changeset.risks.isEmpty {
    parts.append(style.paint("Before you say yes", .yellow) + "\n" + changeset.risks.map { "  ! \($0)\n" }.joined())
  }
  parts.append(changeset.steps.map { text($0, style) }.joined())
  if !changeset.prediction.objectives.isEmpty {
    parts.append(style.paint("Objectives", .bold) + " (computed worst case)\n" + objectivesTable(changeset).text(style))
  }
  if !changeset.changes.isEmpty { parts.append(timeline(changeset, style)) }
  parts.append("digest \(changeset.digest)\n")
  return parts.joined(separator: "\n")
}

private func text(_ step: PlannedStep, _ style: TextStyle) -> String {
  let change = step.change
  let paint: TextStyle.Paint =
    switch change.action {
    case .create, .check: .green
    case .update, .run, .unknown: .yellow
    case .delete: .red
    case .none: .dim
    }
  var lines = ["  " + style.paint("\(change.action.symbol) \(step.specification.name)", paint) + "  \(step.specification.kind)", "      \(change.reason)"]
  guard change.action != .none else { return lines.joined(separator: "\n") + "\n" }
  lines += change.differences.map { "      \($0)" }
  if let measured = step.measured { lines.append("      measured: \(measured)") }
  if change.action.changesTheWorld { lines.append("      undo: \(step.specification.undoText)") }
  if !step.specification.afterText.isEmpty { lines.append("      after: " + step.specification.afterText) }
  return lines.joined(separator: "\n") + "\n"
}

private func timeline(_ changeset: Changeset, _ style: TextStyle) -> String {
  let prediction = changeset.prediction
  let before = prediction.beforeRun == .zero ? "" : "; \(prediction.beforeRun.rounded) of detection and decision come before it"
  return style.paint("Predicted timeline", .bold) + ": \(prediction.duration.rounded), \(changeset.parallelism) at once\(before)\n"
    + timelineTable(changeset).text(style)
    + "  critical path: " + prediction.criticalPath.map(\.rawValue).joined(separator: " → ")
    + "\n  guaranteed, whatever hangs: \(prediction.guaranteed.rounded)\n"
}
