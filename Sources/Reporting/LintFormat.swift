public import PlanLinting
public import Diagnostics
public import Units

/// How findings are written: as every result can be, and for the tools that show findings where people work.
public enum LintFormat: String, Sendable, CaseIterable {
  case text, json, markdown, sarif, junit, github, gitlab
}

/// One plan file and what lint found in it.
public typealias LintedFile = (file: SourceFile, result: LintResult)

/// For a person: the plan, and of which environment.
func title(_ linted: LintedFile) -> String { linted.file.path + (linted.result.environment.map { " (\($0))" } ?? "") }

/// What was asked beside the plans as they are. Written as text, JSON and Markdown; the other formats hold findings only.
public struct LintQuestion: Sendable {
  /// The options that replace values, as they were given.
  public var replaced: [SourceFile]
  /// Values of variables, as they were given, and files that were laid over the plans.
  public var variables, overlays: [SourceFile]
  /// With the former plans.
  public var comparisons: [PlanComparison]
  public var recorded: Recorded?

  /// What was measured elsewhere, when, and what time it is, if anybody said so.
  public struct Recorded: Sendable {
    public var file: SourceFile
    public var at: Timestamp
    public var now: Timestamp?
    public init(file: SourceFile, at: Timestamp, now: Timestamp?) { self.file = file; self.at = at; self.now = now }
  }

  public init(
    replaced: [SourceFile] = [], variables: [SourceFile] = [], overlays: [SourceFile] = [], comparisons: [PlanComparison] = [], recorded: Recorded? = nil
  ) {
    self.replaced = replaced; self.variables = variables; self.overlays = overlays; self.comparisons = comparisons; self.recorded = recorded
  }

  /// What findings can point into beside plans.
  var sources: [SourceFile] { replaced + variables + overlays + [recorded?.file].compactMap { $0 } }
}

/// What `lint` says of some plans. The switch is exhaustive: a new format does not compile until it is there.
public func lintReport(
  _ results: [LintedFile], policy: SourceFile? = nil, as format: LintFormat, _ style: TextStyle, toolVersion: String, _ question: LintQuestion = LintQuestion()
) throws -> String {
  switch format {
  case .text: lintText(results, policy, style, question)
  case .json: try lintJSON(results, question)
  case .markdown: lintMarkdown(results, question)
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
