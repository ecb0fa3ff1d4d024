internal import Diagnostics
internal import Objectives
internal import PlanLinting
internal import PlanModel
internal import Units

/// Findings with the lines they mean, then the objectives matrix, then a verdict: for people.
func lintText(_ results: [LintedFile], _ policy: SourceFile?, _ style: TextStyle, _ question: LintQuestion) -> String {
  let findings = results.flatMap(\.result.diagnostics)
  let renderer = DiagnosticRenderer(
    sources: results.flatMap { [$0.file] + $0.result.evidence } + [policy].compactMap { $0 } + question.sources, options: .init(color: style.color, width: style.width))
  var parts: [String] = findings.isEmpty ? [] : [renderer.render(findings)]
  for linted in results {
    let result = linted.result
    guard let assessment = result.assessment, !assessment.scenarios.isEmpty else { continue }
    parts.append(style.paint("Objectives of \(title(linted))", .bold) + "  (computed worst case; headroom = target / computed)\n" + matrix(result, assessment, style))
  }
  parts += question.comparisons.map { comparisonText($0, style) }
  if let recorded = question.recordedSentence { parts.append(recorded + "\n") }
  if let replaced = question.sentence { parts.append(replaced + "\n") }
  let ignored = results.flatMap(\.result.ignored)
  if !ignored.isEmpty { parts.append(style.paint("Ignored", .bold) + "\n" + ignored.map { "  \($0.line)\n" }.joined()) }
  let counted = findings.isEmpty ? style.paint("no findings", .green) : summaryLine(findings)
  parts.append("\(counted) in \(countedPlans(results))\(ignored.isEmpty ? "" : ", \(ignored.count) ignored")\n")
  if let unjudged = unjudgedLine(results) { parts.append(unjudged + "\n") }
  return parts.joined(separator: "\n")
}

/// `plans/sie.yaml`, `3 plans`, `a.yaml and its environments staging, production`.
private func countedPlans(_ results: [LintedFile]) -> String {
  let files = results.map(\.file.path).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
  guard files.count == 1, results.count > 1 else { return results.count == 1 ? title(results[0]) : "\(files.count) plans" }
  let environments = results.compactMap(\.result.environment)
  let hasPlain = environments.count < results.count
  return "\(files[0])\(hasPlain ? " and" : ", in") its environment\(environments.count == 1 ? "" : "s") \(environments.joined(separator: ", "))"
}

private func matrix(_ result: LintResult, _ assessment: Assessment, _ style: TextStyle) -> String {
  var table = Table(
    ("scenario", .left), ("", .left), ("", .left), ("target", .right), ("computed", .right), ("headroom", .right), ("guaranteed", .right), ("sum", .left))
  let rows = matrixRows(assessment, serviceTarget: result.plan?.objectives.rto?.value)
  for row in rows {
    table.rows.append([
      row.scenario, row.subject, row.objective, row.target?.rounded ?? "none", row.computedText + (row.isBreached ? " !" : ""), row.headroom,
      row.guaranteed?.rounded ?? "", row.sum,
    ])
  }
  let beside = missLines(rows) + (result.plan.map(measuredLines) ?? [])
  return table.text(style) + beside.map { "  \($0)\n" }.joined()
}
