internal import CanonicalJSON
internal import Diagnostics
public import PlanLinting

/// What `explain` says of a kind of finding.
public func explanationReport(_ page: Explanation, as format: OutputFormat, _ style: TextStyle) throws -> String {
  switch format {
  case .text: explanationText(page, style)
  case .json: try CanonicalJSON.prettyText(ExplanationDocument(formatVersion: 1, explanations: [page]))
  case .markdown: explanationMarkdown(page)
  }
}

/// Every kind of finding, a line each.
public func explanationList(_ pages: [Explanation], as format: OutputFormat, _ style: TextStyle) throws -> String {
  var table = Table(("code", .left), ("", .left), ("finding", .left))
  switch format {
  case .text:
    table.rows = pages.map { [$0.code.rawValue, $0.severity.rawValue, $0.summary.replacing("`", with: "")] }
    return table.text(style) + "\n`sie-dr explain CODE` says more of one\n"
  case .json: return try CanonicalJSON.prettyText(ExplanationDocument(formatVersion: 1, explanations: pages))
  case .markdown:
    table.rows = pages.map { ["`\($0.code)`", $0.severity.rawValue, $0.summary] }
    return table.markdown()
  }
}

private struct ExplanationDocument: Encodable {
  var formatVersion: Int
  var explanations: [Explanation]
}

/// The page of one kind of finding as it stands in the reference.
public func explanationMarkdown(_ page: Explanation) -> String {
  "## \(page.code)\n\n*\(page.severity.rawValue)*: \(page.summary)\n\n" + explanationBody(page)
}

/// The page without its head: also what other tools show beside a finding.
func explanationBody(_ page: Explanation) -> String {
  let parts = [
    page.text, page.formula.map { "**Formula**: `\($0)`" }, page.example.map { "**Example**: \($0)" }, page.fix.map { "**Fix**: \($0)" },
    page.source.map { "**Source**: \($0)" + (page.canBeIgnored ? "" : "\n\nIt cannot be ignored.") },
  ]
  return parts.compactMap { $0 }.joined(separator: "\n\n") + "\n"
}

private func explanationText(_ page: Explanation, _ style: TextStyle) -> String {
  let color: TextStyle.Paint =
    switch page.severity {
    case .error: .red
    case .warning: .yellow
    case .note: .blue
    }
  let parts = [
    style.paint("\(page.severity.rawValue)[\(page.code)]", color) + ": " + style.paint(page.summary, .bold), page.text,
    page.formula.map { "\(style.paint("formula", .bold))  \($0)" }, page.example.map { "\(style.paint("example", .bold))  \($0)" },
    page.fix.map { "\(style.paint("fix", .bold))      \($0)" }, page.source.map { "\(style.paint("source", .bold))   \($0)" },
    page.canBeIgnored ? nil : "It cannot be ignored.",
  ]
  return parts.compactMap { $0 }.joined(separator: "\n\n") + "\n"
}
