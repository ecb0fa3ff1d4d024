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
      let text = try lintReport([(file: file, result: result)], as: .markdown, TextStyle())
      try expectSnapshot(text, "Tests/PlanLintingTests/Snapshots/\(name).md")
    }
  }
}
