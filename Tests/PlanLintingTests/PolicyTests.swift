import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanLinting
import TestSupport
import Testing

@Suite("Policies") struct PolicyTests {
  private func read(_ body: String) -> (policy: LintPolicy, diagnostics: [Diagnostic]) {
    readPolicy(SourceFile(path: "policy.yaml", bytes: Array("apiVersion: sie-dr/v1\nkind: LintPolicy\n\(body)\n".utf8)))
  }

  private func linted(_ body: String, _ plan: String = samplePlan) -> LintResult {
    let (policy, diagnostics) = read(body)
    #expect(diagnostics.map(oneLine) == [])
    return lint(SourceFile(path: "plan.yaml", bytes: Array(plan.utf8)), kinds: Providers.kinds, protection: Providers.protection, policy: policy)
  }

  @Test("ask for a least of what plans offer", arguments: [
    ("objectives: { rpo: 1h, rto: 4h }", []), ("objectives: { rpo: 59m }", ["policy-objectives"]), ("objectives: { rto: 239m }", ["policy-objectives"]),
    ("copies: 2", []), ("copies: 3", ["policy-copies"]), ("sites: 2", []), ("sites: 3", ["policy-sites"]), ("approvers: 1", ["policy-approvers"]),
    ("drills: { every: 30d }", []), ("drills: { every: 29d }", ["policy-drills"]),
  ] as [(String, [String])]) func least(_ body: String, _ codes: [String]) {
    let result = linted("require: { \(body) }")
    #expect(result.diagnostics.map(\.code.rawValue) == codes && result.hasErrors == !codes.isEmpty && !result.breachesObjective)
    #expect(result.diagnostics.flatMap(\.related).map(\.span.path) == codes.map { _ in "policy.yaml" })
  }

  @Test("what a plan does not say meets nothing") func unsaid() {
    let bare = samplePlan.replacing("objectives: { rto: 4h, rpo: 1h }\n", with: "").replacing(", site: west } }\n", with: " } }\n")
      .replacing("kind: restore, sc", with: "kind: tabletop, sc")
    let codes = linted("require: { objectives: { rpo: 1h }, sites: 2, drills: { every: 90d } }", bare).diagnostics.map(\.code.rawValue)
    #expect(Set(codes) == ["policy-objectives", "policy-sites", "policy-drills", "drill-missing", "site-missing"])
    let approved = samplePlan.replacing("    detect:", with: "    approve: { by: [a, b], atLeast: 2, within: 1m }\n    detect:")
    #expect(linted("require: { approvers: 2 }", approved).diagnostics == [] && linted("require: { approvers: 3 }", approved).hasErrors)
    let own = samplePlan.replacing("on: [pg-east]", with: "on: [pg-east]\n    objectives: { rpo: 3h }")
    #expect(linted("require: { objectives: { rpo: 2h } }", own).diagnostics.filter { $0.code == "policy-objectives" }.map(\.span?.start.line) == [16])
    let naked = samplePlan.replacing("    protect:\n      regular: { logical: {}, every: 30m, to: [near], copy: [far], keep: { for: 30d }, timeout: 20m }\n", with: "")
    #expect(linted("require: { copies: 1 }", naked).diagnostics.contains { $0.code == "policy-copies" })
  }

  private let warned = samplePlan.replacing("    detect: { noticedWithin: 10m }\n", with: "")

  @Test("weigh rules, and turn them off", arguments: [("error", 1), ("warning", 1), ("note", 1), ("none", 0)]) func severity(_ level: String, _ count: Int) {
    let result = linted("severity: { detection-missing: \(level) }", warned)
    #expect(result.diagnostics.map(\.severity.rawValue) == Array(repeating: level, count: count) && result.hasErrors == (level == "error"))
  }

  @Test("forbid to ignore, in plans and in baselines") func never() throws {
    let ignoring = warned + "lint: { ignore: [{ rule: detection-missing, at: scenarios, reason: we sit beside it }] }\n"
    #expect(linted("require: {}", ignoring).diagnostics == [])
    var result = linted("neverIgnore: [detection-missing]", ignoring)
    #expect(result.diagnostics.map(\.code.rawValue) == ["detection-missing", "ignore-not-allowed"])
    let known = result.apply(baseline: Set(result.fingerprints(of: "plan.yaml").values), named: "x", path: "plan.yaml")
    #expect(known == [] && result.diagnostics.count == 2)
    // What a policy asks for is no plan's to ignore.
    let owed = samplePlan + "lint: { ignore: [{ rule: policy-copies, at: data, reason: x }] }\n"
    #expect(linted("require: { copies: 3 }", owed).diagnostics.map(\.code.rawValue) == ["policy-copies", "ignore-not-allowed"])
  }

  @Test("are read strictly", arguments: [
    ("require: { copys: 2 }", "unknown-key", 3), ("require: { copies: 0 }", "wrong-value", 3), ("require: { drills: {} }", "missing-key", 3), ("sevrity: {}", "unknown-key", 3),
    ("severity: { headroom-lo: error }", "unknown-reference", 3), ("severity: { rpo-exceeded: warning }", "wrong-value", 3), ("severity: { headroom-low: fatal }", "wrong-value", 3),
    ("neverIgnore: [headroom-lo]", "unknown-reference", 3), ("neverIgnore: [policy-copies]", "unknown-reference", 3), ("kind: LintPolicy", "yaml-duplicate-key", 3),
    ("require: { objectives: { rpo: 1 } }", "wrong-value", 3),
  ]) func strict(_ body: String, _ code: String, _ line: Int) {
    let found = read(body).diagnostics
    #expect(found.map(\.code.rawValue) == [code] && found.first?.span?.start.line == line, "\(found.map(oneLine))")
    #expect(!readPolicy(SourceFile(path: "policy.yaml", bytes: [])).diagnostics.isEmpty)
  }
}
