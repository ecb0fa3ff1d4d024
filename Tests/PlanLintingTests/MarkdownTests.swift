import Diagnostics
import PlanLinting
import Reporting
import TestSupport
import Testing

/// What a pull request shows, byte by byte.
@Suite("Lint as Markdown") struct LintMarkdownTests {
  @Test("is what the snapshot says") func snapshot() throws {
    let file = SourceFile(path: "plan.yaml", bytes: Array(samplePlan.utf8))
    let clean = linted()
    let broken = linted([(old: "every: 30m", new: "every: 2h"), (old: "to: [near], copy: [far]", new: "to: [near]"), (old: "needs: [restore]", new: "needs: [restor]")])
    let breached = linted([(old: "every: 30m", new: "every: 2h"), (old: "    detect: { noticedWithin: 10m }\n", new: "")])
    for (name, result) in [("clean", clean), ("broken", broken), ("breached", breached)] {
      let text = try lintReport([(file: file, result: result)], as: .markdown, TextStyle(), toolVersion: "0")
      try expectSnapshot(text, "Tests/PlanLintingTests/Snapshots/\(name).md")
    }
  }

  @Test("is cut to what a comment holds, objectives and errors before all else, and says what is cut") func capped() throws {
    let file = SourceFile(path: "plan.yaml", bytes: Array(samplePlan.utf8))
    var result = linted([(old: "every: 30m", new: "every: 2h")])
    let error = try #require(result.diagnostics.first)
    for number in 0..<1_000 { result.diagnostics.insert(Diagnostic("headroom-low", .warning, "the finding \(number) 🙂 of `orders`", at: error.span, helps: ["mend it"]), at: 0) }
    let text = try lintReport([(file: file, result: result)], as: .markdown, TextStyle(), toolVersion: "0")
    #expect(text.unicodeScalars.count <= 65_536 && text.unicodeScalars.count > 64_000)
    #expect(text.contains("| lost | RPO of orders | 1h | **2h 11m** |"))
    #expect(text.contains("1 error, 1000 warnings") && text.contains("<summary>1001 findings</summary>\n\n- **error** `rpo-exceeded`"))
    let shown = text.matches(of: /the finding [0-9]+/).count
    #expect(text.hasSuffix("</details>\n\n> [!NOTE]\n> Not shown, because a comment holds 65536 characters: \(1_000 - shown) findings. `sie-dr lint` shows everything.\n"))
  }
}
