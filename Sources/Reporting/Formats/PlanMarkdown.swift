internal import ChangePlanning
internal import PlanModel
internal import ProviderInterface
internal import Units

/// A plan for a pull request: verdict, risks and objectives first; the changes fold open.
func planMarkdown(_ changeset: Changeset) -> String {
  var text = "### sie-dr plan: \(changeset.purpose) of `\(changeset.plan.name)`\n\n**\(changeset.counts)**, predicted to take \(changeset.prediction.duration.rounded)\n"
  if !changeset.risks.isEmpty { text += "\n> [!WARNING]\n" + changeset.risks.map { "> - \($0)\n" }.joined() }
  if !changeset.prediction.objectives.isEmpty { text += "\n" + objectivesTable(changeset).markdown() }
  var table = Table(("", .left), ("step", .left), ("kind", .left), ("why", .left), ("undo", .left))
  for step in changeset.steps {
    let details = ([step.change.reason] + step.change.differences).joined(separator: "<br>")
    table.rows.append([
      "`\(step.change.action.symbol)`", "`\(step.specification.name)`", "`\(step.specification.kind)`", details,
      step.change.action.changesTheWorld ? step.specification.undoText : "",
    ])
  }
  text += "\n" + table.markdown()
  if !changeset.changes.isEmpty {
    text += "\n<details><summary>Predicted timeline, critical path \(changeset.prediction.criticalPath.map { "`\($0)`" }.joined(separator: " → "))</summary>\n\n"
    text += timelineTable(changeset).markdown() + "\n</details>\n"
  }
  return text + "\nDigest `\(changeset.digest)`, planned at \(changeset.plannedAt)\n"
}
