@testable import Commands
import Diagnostics
import PlanLinting
import PlanModel
import TestSupport
import Testing
import Units

/// What lint says of the sample plan with some of its parts replaced, and with further steps.
func linted(_ replacements: [(old: String, new: String)] = [], steps: String = "") -> LintResult {
  let indented = steps.split(separator: "\n").map { "      \($0)\n" }.joined()
  let text = replacements.reduce(samplePlan + indented) { text, replacement in
    #expect(text.contains(replacement.old))
    return text.replacing(replacement.old, with: replacement.new, maxReplacements: 1)
  }
  return linted(text)
}

/// What lint says of a plan, of a day, with one file of evidence, `drills.json`.
func linted(_ plan: String, evidence: String? = nil, now: String? = nil, rules: [LintRule] = lintRules) -> LintResult {
  lint(
    SourceFile(path: "plan.yaml", bytes: Array(plan.utf8)), kinds: Providers.kinds, protection: Providers.protection,
    now: now.flatMap { Timestamp($0 + "T00:00:00Z") }, rules: rules
  ) { path throws(UnreadableEvidence) in
    guard path == "drills.json", let evidence else { throw UnreadableEvidence(reason: "it does not exist", help: "write it") }
    return SourceFile(path: path, bytes: Array(evidence.utf8))
  }
}

extension LintResult {
  /// The findings of one rule.
  func of(_ code: DiagnosticCode) -> [Diagnostic] { diagnostics.filter { $0.code == code } }
}
