internal import ChangePlanning
internal import PlanModel
internal import ProviderInterface
internal import Units

/// A plan for a pull request: verdict, risks and objectives first, then the changes; the timeline folds open.
func planMarkdown(_ changeset: Changeset, change: [MarkdownPage.Section] = []) -> String {
  let title = "### sie-dr plan: \(changeset.purpose) of \(changeset.plan.title)\n"
  let verdict = "\n**\(changeset.counts)**, predicted to take \(changeset.prediction.duration.rounded)\n"
  var sections = [MarkdownPage.Section(opening: title + verdict)]
  if let recorded = changeset.recorded { sections.append(.init(opening: "\n\(recorded)\n")) }
  sections += change
  if !changeset.risks.isEmpty { sections.append(.init(opening: "\n> [!WARNING]\n", items: changeset.risks.map { "> - \($0)\n" }, noun: "risk")) }
  if !changeset.prediction.objectives.isEmpty { sections.append(objectivesTable(changeset).section(opening: "\n", noun: "objective")) }
  var table = Table(("", .left), ("step", .left), ("kind", .left), ("why", .left), ("undo", .left))
  for step in changeset.steps {
    let details = ([step.change.reason] + step.change.differences).joined(separator: "<br>")
    table.rows.append([
      "`\(step.change.action.symbol)`", "`\(step.specification.name)`", "`\(step.specification.kind)`", details,
      step.change.action.changesTheWorld ? step.specification.undoText : "",
    ])
  }
  sections.append(table.section(opening: "\n", noun: "step"))
  if !changeset.changes.isEmpty {
    let path = changeset.prediction.criticalPath.map { "`\($0)`" }.joined(separator: " → ")
    sections.append(
      timelineTable(changeset).section(
        opening: "\n<details><summary>Predicted timeline, critical path \(path)</summary>\n\n", closing: "\n</details>\n", noun: "timeline row"))
  }
  sections.append(.init(opening: "\nDigest `\(changeset.digest)`, planned at \(changeset.plannedAt)\n"))
  return MarkdownPage.text(sections, restIn: "sie-dr plan")
}
