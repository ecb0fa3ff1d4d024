@testable import Commands
import Diagnostics
import PlanLinting
import TestSupport
import Testing
import Units

@Suite("Ignores") struct IgnoreTests {
  /// Two warnings: the scenario does not say how it is noticed, and the loss is close to its target.
  private let warned = samplePlan.replacing("every: 30m", with: "every: 45m").replacing("    detect: { noticedWithin: 10m }\n", with: "")

  private func linted(_ ignores: String..., plan: String? = nil, now: String? = nil) -> LintResult {
    let text = (plan ?? warned) + "lint:\n  ignore:\n" + ignores.map { "    - { \($0) }\n" }.joined()
    return lint(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)), kinds: Providers.kinds, protection: Providers.protection, now: now.flatMap { Timestamp($0) })
  }

  private func codes(_ result: LintResult) -> [String] { result.diagnostics.map(\.code.rawValue) }

  @Test("hide what they name, there and in no other place, with their reason") func hidden() {
    let result = linted("rule: detection-missing, at: scenarios.lost, reason: people sit beside it")
    #expect(codes(result) == ["headroom-low"])
    #expect(result.ignored.map(\.finding.code) == ["detection-missing"] && result.ignored.map(\.reason) == ["people sit beside it"])
    #expect(codes(linted("rule: headroom-low, at: data.orders, reason: x", "rule: detection-missing, at: scenarios, reason: x")) == [])
  }

  @Test("what hides nothing is a finding, and says where the rule speaks") func unused() throws {
    let result = linted("rule: headroom-low, at: data.order, reason: x")
    #expect(codes(result) == ["headroom-low", "detection-missing", "ignore-unused"])
    #expect(result.diagnostics.last?.helps == ["remove it; the rule finds something at `data.orders.protect.regular.every`"])
    #expect(result.diagnostics.last?.severity == .warning)
    #expect(codes(linted("rule: headroom-low, at: data.orders, reason: x", "rule: headroom-low, at: data, reason: x")).contains("ignore-unused"))
    // Where rules could not look nobody knows.
    #expect(codes(linted("rule: undo-missing, at: data, reason: x", plan: warned.replacing("needs: [restore]", with: "needs: [restor]"))) == ["unknown-reference"])
  }

  @Test("end on their day, and only where the day is given", arguments: [
    (nil, false), ("2026-12-31T23:59:59Z", false), ("2027-01-01T00:00:00Z", true), ("2031-01-01T00:00:00Z", true),
  ] as [(String?, Bool)]) func expiry(_ now: String?, _ isOver: Bool) {
    let result = linted("rule: headroom-low, at: data.orders, reason: it moves, until: 2027-01-01", now: now)
    #expect(codes(result) == (isOver ? ["headroom-low", "detection-missing", "ignore-expired"] : ["detection-missing"]))
    #expect(result.ignored.count == (isOver ? 0 : 1) && result.hasErrors == isOver)
  }

  @Test("what breaches an objective, gives a secret away or is no rule cannot be ignored", arguments: [
    ("rpo-exceeded", "ignore-not-allowed"), ("rto-exceeded", "ignore-not-allowed"), ("not-surviving", "ignore-not-allowed"), ("data-unprotected", "ignore-not-allowed"),
    ("secret-literal", "ignore-not-allowed"), ("unknown-key", "ignore-not-allowed"), ("yaml-tab", "ignore-not-allowed"), ("ignore-unused", "ignore-not-allowed"),
    ("headroom-lo", "unknown-reference"),
  ]) func refused(_ rule: String, _ code: String) {
    #expect(codes(linted("rule: \(rule), at: data, reason: x", plan: samplePlan)) == [code])
    let breached = linted("rule: rpo-exceeded, at: data, reason: x", plan: samplePlan.replacing("every: 30m", with: "every: 2h"))
    #expect(codes(breached).sorted() == ["ignore-not-allowed", "rpo-exceeded"] && breached.breachesObjective)
  }

  @Test("need a rule, a place and a reason, and a day that there is") func malformed() {
    #expect(codes(linted("rule: headroom-low, at: data.orders")).contains("missing-key"))
    #expect(codes(linted("at: data.orders, reason: x")).contains("missing-key"))
    #expect(codes(linted("rule: headroom-low, at: data, reason: x, until: 2027-02-30")).contains("wrong-value"))
    #expect(codes(linted("rule: headroom-low, at: data, reason: x, untill: 2027-02-03")).contains("unknown-key"))
  }

  @Test("a baseline hides what it knows, never a breach") func baseline() throws {
    let text = warned.replacing("every: 45m", with: "every: 2h")
    let file = SourceFile(path: "plan.yaml", bytes: Array(text.utf8))
    let result = lint(file, kinds: Providers.kinds, protection: Providers.protection)
    #expect(codes(result) == ["rpo-exceeded", "detection-missing"])
    let baseline = Baseline([(file, result)])
    #expect(baseline.findings.map(\.code) == ["detection-missing"])
    let (left, stale) = baseline.applied(to: [(file, result)], named: "base.json")
    #expect(left.map { codes($0.result) } == [["rpo-exceeded"]] && stale == 0)
    #expect(left.first?.result.ignored.map(\.reason) == ["in the baseline base.json"])
    #expect(baseline.applied(to: [], named: "base.json").stale == 1)
    // Not even where somebody writes it in by hand.
    var forged = result
    let known = forged.apply(baseline: Set(result.fingerprints(of: "plan.yaml").values), named: "x", path: "plan.yaml")
    #expect(codes(forged) == ["rpo-exceeded"] && known.count == 1)
  }
}
