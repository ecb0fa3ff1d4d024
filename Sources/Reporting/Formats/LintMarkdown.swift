internal import Diagnostics
internal import Objectives
internal import PlanLinting
internal import PlanModel
internal import Units

/// What a pull request shows: the verdict and the objectives, and the findings folded, the graver first.
func lintMarkdown(_ results: [LintedFile], _ question: LintQuestion) -> String {
  let findings = results.flatMap(\.result.diagnostics)
  let ignored = results.flatMap(\.result.ignored)
  var sections = [MarkdownPage.Section(opening: "### sie-dr lint: \(summaryLine(findings))\(ignored.isEmpty ? "" : ", \(ignored.count) ignored")\n")]
  if let unjudged = unjudgedLine(results) { sections[0].opening += "\n\(unjudged)\n" }
  if let recorded = question.recordedSentence { sections.append(.init(opening: "\n\(recorded)\n")) }
  if let replaced = question.sentence { sections.append(.init(opening: "\n\(replaced)\n")) }
  sections += question.comparisons.flatMap(comparisonSections)
  sections += results.compactMap { objectives($0) }
  sections += results.flatMap { rows($0).compactMap(counterexample) }
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

private func rows(_ linted: LintedFile) -> [MatrixRow] {
  linted.result.assessment.map { matrixRows($0, serviceTarget: linted.result.plan?.objectives.rto?.value) } ?? []
}

private func objectives(_ linted: LintedFile) -> MarkdownPage.Section? {
  let rows = rows(linted)
  guard !rows.isEmpty else { return nil }
  var table = Table(("scenario", .left), ("objective", .left), ("target", .right), ("computed", .right), ("headroom", .right), ("how", .left))
  table.rows = rows.map { row in
    [
      row.scenario, "\(row.objective) of \(row.subject)", row.target?.rounded ?? "none", row.isBreached ? "**\(row.computedText)**" : row.computedText,
      row.headroom, row.uses,
    ]
  }
  let beside = missLines(rows).map { "\n\($0.first?.uppercased() ?? "")\($0.dropFirst()).\n" }.joined()
  return table.section(opening: "\n`\(title(linted))`\n\n", closing: beside, noun: "objective")
}

private func line(_ finding: Diagnostic) -> String {
  "- **\(finding.severity.rawValue)** `\(finding.code)` \(finding.span.map { "at `\($0.place)`" } ?? ""): \(finding.summary.visible)"
    + (finding.helps.first.map { "  \n  \($0.visible)" } ?? "") + "\n"
}

/// How the target is missed, one click away.
private func counterexample(_ row: MatrixRow) -> MarkdownPage.Section? {
  row.counterexample.map { found in
    let text = found.lines.map { $0 + "\n" }.joined()
    let summary = "\(row.scenario), \(row.objective) of \(row.subject): \(found.title)"
    return .init(opening: "", items: ["\n<details><summary>\(summary)</summary>\n\n```text\n\(text)```\n\n</details>\n"], noun: "counterexample")
  }
}
