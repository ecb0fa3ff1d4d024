public import PlanLinting
public import Diagnostics

/// How findings are written: as every result can be, and for the tools that show findings where people work.
public enum LintFormat: String, Sendable, CaseIterable {
  case text, json, markdown, sarif, junit, github, gitlab
}

/// One plan file and what lint found in it.
public typealias LintedFile = (file: SourceFile, result: LintResult)

/// What `lint` says of some plans. The switch is exhaustive: a new format does not compile until it is there.
public func lintReport(_ results: [LintedFile], policy: SourceFile? = nil, as format: LintFormat, _ style: TextStyle, toolVersion: String) throws -> String {
  switch format {
  case .text: lintText(results, policy, style)
  case .json: try lintJSON(results)
  case .markdown: lintMarkdown(results)
  case .sarif: try lintSARIF(results, toolVersion: toolVersion)
  case .junit: lintJUnit(results)
  case .github: lintGitHub(results)
  case .gitlab: try lintGitLab(results)
  }
}

extension IgnoredFinding {
  /// One line: what, where, why and how long.
  var line: String { oneLine(finding) + " (\(reason.visible)" + (until.map { ", until \($0)" } ?? "") + ")" }
}

/// Which rules could not judge, since nobody said what day it is; nil where none was hindered.
func unjudgedLine(_ results: [LintedFile]) -> String? {
  let codes = results.flatMap(\.result.unjudged).reduce(into: [String]()) { if !$0.contains($1.rawValue) { $0.append($1.rawValue) } }
  return codes.isEmpty ? nil : "Not judged, since only `--now DATE` says what day it is: \(codes.joined(separator: ", "))"
}

/// A note may have several lines.
private func visibleLines(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).visible }.joined(separator: "\n")
}

extension Diagnostic {
  /// Everything that there is to say beside the place: the summary, the sums, what to write instead.
  var wholeText: String { ([summary] + (label.isEmpty ? [] : [label]) + notes + helps.map { "help: \($0)" }).map(visibleLines).joined(separator: "\n") }
}
