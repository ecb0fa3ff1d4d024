public import Diagnostics
internal import PlanModel
internal import YAMLReading

/// What is to be known of a kind of finding: for `explain`, the reference and reports for other tools, all from this one text.
public struct Explanation: Sendable, Codable {
  public var code: DiagnosticCode
  public var severity: Severity
  /// One line.
  public var summary: String
  public var text: String?
  /// The arithmetic behind it, where there is some.
  public var formula: String?
  public var example: String?
  /// Where to read more.
  public var source: String?
  public var fix: String?
  public var canBeIgnored = false
}

/// Every kind of finding that a plan can have: the rules in their order, then what reading finds.
public let explanations: [Explanation] =
  lintRules.map(\.explained)
  + IgnoreCode.allCases.map { Explanation(code: $0.code, severity: $0.severity, summary: $0.meaning, source: "docs/lint.md", fix: "The finding says what to do.") }
  + PolicyCode.allCases.map { Explanation(code: $0.code, severity: .error, summary: $0.meaning, source: "docs/lint.md", fix: "The finding says what to do.") }
  + EvidenceCode.allCases.map { Explanation(code: $0.code, severity: $0.severity, summary: $0.meaning, source: "docs/evidence.md", fix: "The finding says what to do.") }
  + PlanCode.allCases.map {
    Explanation(code: $0.code, severity: $0.severity, summary: $0.meaning, source: "docs/language.md", fix: "The finding says what to write instead.")
  }
  + YAMLCode.allCases.map {
    Explanation(code: $0.code, severity: .error, summary: $0.meaning, source: "YAML 1.2.2, core schema, read strictly", fix: "The finding says what to write instead.")
  }

extension LintRule {
  fileprivate var explained: Explanation {
    Explanation(
      code: code, severity: severity, summary: summary, text: explanation, formula: formula, example: example, source: source, fix: fix,
      canBeIgnored: !unignorable.contains(code))
  }
}
