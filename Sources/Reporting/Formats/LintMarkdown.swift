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
    let rows = matrixRows(assessment, serviceTarget: result.plan?.objectives.rto?.value)
    for row in rows {
      table.rows.append([
        row.scenario, "\(row.objective) of \(row.subject)", row.target?.rounded ?? "none", (row.isBreached ? "**\(row.computedText)**" : row.computedText),
        row.headroom, row.uses,
      ])
    }
    text += "\n`\(file.path)`\n\n" + table.markdown() + rows.map(folded).joined()
  }
  if !findings.isEmpty {
    text += "\n" + findings.map { finding in
      "- **\(finding.severity.rawValue)** `\(finding.code)` \(finding.span.map { "at `\($0.place)`" } ?? ""): \(finding.summary)"
        + (finding.helps.first.map { "  \n  \($0)" } ?? "")
    }.joined(separator: "\n") + "\n"
  }
  return text
}

/// How the target is missed, one click away.
private func folded(_ row: MatrixRow) -> String {
  guard let counterexample = row.counterexample else { return "" }
  return "\n<details><summary>\(row.scenario), \(row.objective) of \(row.subject): \(counterexample.title)</summary>\n\n```text\n"
    + counterexample.lines.map { $0 + "\n" }.joined() + "```\n\n</details>\n"
}
