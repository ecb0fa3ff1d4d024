internal import Diagnostics
internal import Objectives
internal import PlanLinting
internal import PlanModel
internal import Units

/// What a pull request shows: the verdict and the objectives, and the findings folded, the graver first.
func lintMarkdown(_ results: [LintedFile]) -> String {
  let findings = results.flatMap(\.result.diagnostics)
  let ignored = results.flatMap(\.result.ignored)
  var sections = [MarkdownPage.Section(opening: "### sie-dr lint: \(summaryLine(findings))\(ignored.isEmpty ? "" : ", \(ignored.count) ignored")\n")]
  sections += results.compactMap { objectives($0) }
  if !findings.isEmpty {
    let graverFirst = Severity.allCases.sorted(by: >).flatMap { severity in findings.filter { $0.severity == severity } }
    sections.append(
      .init(
        opening: "\n<details><summary>\(findings.count) finding\(findings.count == 1 ? "" : "s")</summary>\n\n", items: graverFirst.map(line),
        closing: "\n</details>\n", noun: "finding"))
  }
  if !ignored.isEmpty {
    sections.append(
      .init(
        opening: "\n<details><summary>\(ignored.count) ignored</summary>\n\n", items: ignored.map { "- \($0.line.replacing("<", with: "&lt;"))\n" }, closing: "\n</details>\n",
        noun: "ignored finding"))
  }
  return MarkdownPage.text(sections + [.init(opening: "")], restIn: "sie-dr lint")
}

private func objectives(_ linted: LintedFile) -> MarkdownPage.Section? {
  guard let assessment = linted.result.assessment, !assessment.scenarios.isEmpty else { return nil }
  var table = Table(("scenario", .left), ("objective", .left), ("target", .right), ("computed", .right), ("headroom", .right), ("how", .left))
  for row in matrixRows(assessment, serviceTarget: linted.result.plan?.objectives.rto?.value) {
    table.rows.append([
      row.scenario, "\(row.objective) of \(row.subject)", row.target?.rounded ?? "none", (row.isBreached ? "**\(row.computedText)**" : row.computedText),
      row.headroom, row.uses,
    ])
  }
  return table.section(opening: "\n`\(linted.file.path)`\n\n", noun: "objective")
}

private func line(_ finding: Diagnostic) -> String {
  "- **\(finding.severity.rawValue)** `\(finding.code)` \(finding.span.map { "at `\($0.place)`" } ?? ""): \(finding.summary.visible)"
    + (finding.helps.first.map { "  \n  \($0.visible)" } ?? "") + "\n"
}
