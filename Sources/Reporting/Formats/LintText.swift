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
  for (file, result) in results {
    guard let assessment = result.assessment, !assessment.scenarios.isEmpty else { continue }
    parts.append(style.paint("Objectives of \(file.path)", .bold) + "  (computed worst case; headroom = target / computed)\n" + matrix(result, assessment, style))
  }
  parts += question.comparisons.map { comparisonText($0, style) }
  if let recorded = question.recordedSentence { parts.append(recorded + "\n") }
  if let replaced = question.sentence { parts.append(replaced + "\n") }
  let ignored = results.flatMap(\.result.ignored)
  if !ignored.isEmpty { parts.append(style.paint("Ignored", .bold) + "\n" + ignored.map { "  \($0.line)\n" }.joined()) }
  let counted = findings.isEmpty ? style.paint("no findings", .green) : summaryLine(findings)
  parts.append("\(counted) in \(results.count == 1 ? results[0].file.path : "\(results.count) plans")\(ignored.isEmpty ? "" : ", \(ignored.count) ignored")\n")
  if let unjudged = unjudgedLine(results) { parts.append(unjudged + "\n") }
  return parts.joined(separator: "\n")
}

private func matrix(_ result: LintResult, _ assessment: Assessment, _ style: TextStyle) -> String {
  var table = Table(
    ("scenario", .left), ("", .left), ("", .left), ("target", .right), ("computed", .right), ("headroom", .right), ("guaranteed", .right), ("sum", .left))
  for row in matrixRows(assessment, serviceTarget: result.plan?.objectives.rto?.value) {
    table.rows.append([
      row.scenario, row.subject, row.objective, row.target?.rounded ?? "none", row.computedText + (row.isBreached ? " !" : ""), row.headroom,
      row.guaranteed?.rounded ?? "", row.sum,
    ])
  }
  let measured = result.plan.map(measuredLines) ?? []
  return table.text(style) + measured.map { "  \($0)\n" }.joined()
}
