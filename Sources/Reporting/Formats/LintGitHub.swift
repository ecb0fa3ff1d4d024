internal import Diagnostics
internal import PlanLinting

/// Workflow commands of GitHub Actions: each finding becomes an annotation at its line.
func lintGitHub(_ results: [LintedFile]) -> String {
  results.flatMap { file, result in result.diagnostics.map { annotation($0, in: file.path) } }.joined()
}

private func annotation(_ finding: Diagnostic, in path: String) -> String {
  let command =
    switch finding.severity {
    case .error: "error"
    case .warning: "warning"
    case .note: "notice"
    }
  let span = finding.span
  var properties = [("file", repositoryPath(span?.path ?? path)), ("line", String(span?.start.line ?? 1))]
  if let span, span.end > span.start {
    properties.append(("endLine", String(span.end.line)))
    // Columns are taken within one line only, and the last one belongs to the mark.
    if span.end.line == span.start.line { properties += [("col", String(span.start.column)), ("endColumn", String(span.end.column - 1))] }
  }
  properties.append(("title", finding.code.rawValue))
  let text = properties.map { "\($0.0)=\(escaped($0.1).replacing(":", with: "%3A").replacing(",", with: "%2C"))" }.joined(separator: ",")
  return "::\(command) \(text)::\(escaped(finding.wholeText))\n"
}

/// A command ends at the end of its line: without this, text from a plan could begin another one.
private func escaped(_ text: String) -> String { text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A") }
