internal import Diagnostics
internal import Objectives
internal import PlanLinting
internal import PlanModel
internal import Units

/// The verdict and the objectives first, findings below: what a pull request shows.
func lintMarkdown(_ results: [(file: SourceFile, result: LintResult)]) -> String {
  let findings = results.flatMap(\.result.diagnostics)
  var text = "### sie-dr lint: \(findings.isEmpty ? "no findings" : summaryLine(findings))\n"
  for (file, result) in results {
    guard let assessment = result.assessment, !assessment.scenarios.isEmpty else { continue }
    var table = Table(("scenario", .left), ("objective", .left), ("target", .right), ("computed", .right), ("headroom", .right), ("how", .left))
    for row in matrixRows(assessment, serviceTarget: result.plan?.objectives.rto?.value) {
      table.rows.append([
        row.scenario, "\(row.objective) of \(row.subject)", row.target?.rounded ?? "none", (row.isBreached ? "**\(row.computedText)**" : row.computedText),
        row.headroom, row.uses,
      ])
    }
    text += "\n`\(file.path)`\n\n" + table.markdown()
  }
  if !findings.isEmpty {
    text += "\n" + findings.map { finding in
      "- **\(finding.severity.rawValue)** `\(finding.code)` \(finding.span.map { "at `\($0.place)`" } ?? ""): \(finding.summary)"
        + (finding.helps.first.map { "  \n  \($0)" } ?? "")
    }.joined(separator: "\n") + "\n"
  }
  return text
}
