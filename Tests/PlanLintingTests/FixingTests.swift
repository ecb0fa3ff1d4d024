import Diagnostics
import PlanLinting
import TestSupport
import Testing

/// `lint --fix`, as far as it is text in and text out.
@Suite("Fixes") struct FixingTests {
  private func fixed(_ text: String) -> FixedPlan {
    fixing(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))) { linted(String(decoding: $0.bytes, as: UTF8.self)).diagnostics }
  }

  typealias Row = (right: String, wrong: String, mended: String)
  static let rows: [Row] = [
    ("timeout: 1m", "timout: 1m   # as in the drill", "timeout: 1m   # as in the drill"),
    ("needs: [restore]", "need: [restore]", "needs: [restore]"),
    ("every: 30m", "evry: 30m", "every: 30m"),
    ("metadata: {", "metadata: { owner: no, ", "metadata: { owner: \"no\", "),
    ("metadata: {", "metadata: { ownr: yes, ", "metadata: { owner: \"yes\", "),
    ("keep: { for: 30d }", "keep: { for: 3d }", "keep: { for: 3d, atLeast: 3 }"),
    ("keep: { for: 30d }", "kep: { for: 3d }", "keep: { for: 3d, atLeast: 3 }"),
  ]

  @Test("mend what has one meaning, leave the rest as it is, and once is enough", arguments: rows) func mended(_ row: Row) throws {
    let crlf = "\u{FEFF}# größer\r\n" + samplePlan.replacing("\n", with: "\r\n")
    for plan in [samplePlan, crlf] {
      #expect(plan.contains(row.right))
      let once = fixed(plan.replacing(row.right, with: row.wrong, maxReplacements: 1))
      #expect(String(decoding: once.file.bytes, as: UTF8.self) == plan.replacing(row.right, with: row.mended, maxReplacements: 1))
      #expect(!once.changes.isEmpty)
      let twice = fixed(String(decoding: once.file.bytes, as: UTF8.self))
      #expect(twice.changes.isEmpty && twice.file.bytes == once.file.bytes)
    }
  }

  @Test("in block style a key is put in on a line of its own") func block() {
    let plan = samplePlan.replacing("regular: { logical: {}, every: 30m, to: [near], copy: [far], keep: { for: 30d }, timeout: 20m }", with: """
      regular:
              logical: {}
              every: 30m
              to: [near]
              copy: [far]
              keep:
                for: 3d
              timeout: 20m
      """)
    let mended = String(decoding: fixed(plan).file.bytes, as: UTF8.self)
    #expect(mended == plan.replacing("for: 3d\n", with: "for: 3d\n          atLeast: 3\n") && mended != plan)
  }

  @Test("leave to people what can be meant in two ways", arguments: [
    ("data: orders", "data: ordrs"), ("postgresql.restore", "postgresql.restor"), ("every: 30m", "every: 30"), ("every: 30m", "every: 30m, evry: 20m"),
    ("timeout: 20m", "retries: 0o10"), ("timeout: 20m", "abcdef: 1"),
  ]) func left(_ old: String, _ new: String) {
    let plan = samplePlan.replacing(old, with: new, maxReplacements: 1)
    #expect(plan != samplePlan && fixed(plan).changes.isEmpty)
  }

  @Test("are shown with the findings, the unsafe ones as such") func shown() {
    #expect(linted(samplePlan.replacing("data: orders", with: "data: ordrs")).of("unknown-reference").first?.fixes.map(\.isSafe) == [false])
  }
}
