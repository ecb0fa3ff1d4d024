@testable import Commands
import Diagnostics
import PlanLinting
import TestSupport
import Testing

/// What lint says of the sample plan with some of its parts replaced, and with further steps.
func linted(_ replacements: [(old: String, new: String)] = [], steps: String = "") -> LintResult {
  let indented = steps.split(separator: "\n").map { "      \($0)\n" }.joined()
  let text = replacements.reduce(samplePlan + indented) { text, replacement in
    #expect(text.contains(replacement.old))
    return text.replacing(replacement.old, with: replacement.new, maxReplacements: 1)
  }
  return lint(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)), kinds: Providers.kinds, protection: Providers.protection)
}

extension LintResult {
  /// The findings of one rule.
  func of(_ code: DiagnosticCode) -> [Diagnostic] { diagnostics.filter { $0.code == code } }
}
