import Diagnostics
import Objectives
import PlanLinting
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("Evidence") struct EvidenceTests {
  private let plan = samplePlan.replacing("\ndata:\n", with: "\nevidence: drills.json\ndata:\n")

  private func lint(_ runs: String..., plan name: String = "sample", now: String? = nil) -> LintResult {
    let list = runs.map { "  - { \($0) }\n" }.joined()
    return linted(plan, evidence: "apiVersion: sie-dr/v1\nkind: RecoveryEvidence\nplan: \(name)\nruns:\n\(list)", now: now)
  }

  private func recovery(_ result: LintResult) throws -> ScenarioAssessment.Recovery { try #require(result.assessment?.scenarios.first?.recovery) }

  @Test("the slowest run that was passed takes the place of the estimate, and is named") func slowest() throws {
    let before = try recovery(linted(samplePlan))
    let result = lint(
      "date: 2026-09-02, drill: restore, outcome: passed, steps: { restore: 50m }", "date: 2026-10-02, drill: restore, outcome: passed, steps: { restore: 55m, verify: 7s }",
      "date: 2026-11-02, drill: restore, outcome: failed, steps: { restore: 3h }")
    #expect(result.diagnostics == [])
    let after = try recovery(result)
    #expect(before.expected.total == TimeSpan("1h11m") && after.expected.sum == "10m until somebody notices + 55m `restore` + 7s `verify`")
    #expect(after.expected.sources(in: "plan.yaml") == "measured 2026-10-02 in the drill restore, slowest of 2 runs, bounds p22 at 95 %; measured 2026-10-02 in the drill restore, the only run, bounds p5 at 95 %")
    #expect(after.guaranteed == before.guaranteed)
  }

  @Test("of a data class it is measured in its backups, its copies and its restores") func phases() throws {
    let result = lint(
      "date: 2026-10-02T03:00:00Z, incident: a burnt disk, outcome: passed, data: { orders: { dump: 4m, restore: 40m } }",
      "date: 2026-10-03, benchmark: fio, outcome: passed, data: { orders: { copy: 1m } }")
    let loss = try #require(result.assessment?.scenarios.first?.classes.first?.loss.figure)
    #expect(loss.sum == "30m interval + 4m dump + 1m copy to far")
    #expect(loss.sources(in: "plan.yaml") == "measured 2026-10-02 in the incident a burnt disk, the only run, bounds p5 at 95 %; measured 2026-10-03 by fio, the only run, bounds p5 at 95 %")
    #expect(try recovery(result).expected.sum == "10m until somebody notices + 40m `restore` + 1m `verify`")
  }

  @Test("a step with an estimate of its own is measured by the step only") func precedence() throws {
    let own = plan.replacing("timeout: 90m }", with: "timeout: 90m, estimate: 70m }")
    let evidence = "apiVersion: sie-dr/v1\nkind: RecoveryEvidence\nplan: sample\nruns:\n  - { date: 2026-10-02, drill: restore, outcome: passed, data: { orders: { restore: 40m } } }\n"
    #expect(try recovery(linted(own, evidence: evidence)).expected.sum.contains("1h 10m `restore`"))
    #expect(try recovery(linted(own, evidence: evidence.replacing("data: {", with: "steps: { restore: 30m }, data: {"))).expected.sum.contains("30m `restore`"))
  }

  @Test("a measured duration breaks an objective like any other") func breach() {
    let result = lint("date: 2026-10-02, drill: restore, outcome: passed, data: { orders: { dump: 40m } }")
    #expect(result.of("estimate-exceeds-timeout").map(\.summary) == ["a backup of `orders` by `regular` took 40m, and may take 20m"])
    #expect(result.breachesObjective && result.of("rpo-exceeded").first?.notes.first?.contains("measured 2026-10-02") == true)
  }

  @Test("is read strictly, and a wrong file counts for nothing", arguments: [
    ("date: 2026-10-02, drill: restore, outcome: passed, stps: {}", "unknown-key"), ("date: 2026-13-02, drill: restore, outcome: passed", "wrong-value"),
    ("drill: restore, outcome: passed", "missing-key"), ("date: 2026-10-02, outcome: passed", "missing-key"), ("date: 2026-10-02, drill: restore", "missing-key"),
    ("date: 2026-10-02, drill: restore, incident: x, outcome: passed", "too-many-keys"), ("date: 2026-10-02, drill: restore, outcome: passed, steps: { restore: 55 }", "wrong-value"),
    ("date: 2026-10-02, incident: x, outcome: passed, steps: { restore: 55m }", "missing-key"), ("date: 2026-10-02, drill: restore, outcome: good", "wrong-value"),
    ("date: 2026-10-02, drill: restore, outcome: passed, data: { orders: { dumps: 4m } }", "unknown-key"),
  ]) func strict(_ run: String, _ code: String) {
    let result = lint(run)
    #expect(result.diagnostics.map(\.code.rawValue) == [code] && result.diagnostics.first?.span?.path == "drills.json" && result.hasErrors)
  }

  @Test("what the plan does not have is told of and counts for nothing", arguments: [
    "date: 2026-10-02, drill: restor, scenario: lost, outcome: passed", "date: 2026-10-02, drill: restore, scenario: lst, outcome: passed",
    "date: 2026-10-02, drill: restore, outcome: passed, steps: { restor: 4m }", "date: 2026-10-02, drill: restore, outcome: passed, data: { order: { dump: 40m } }",
  ]) func unmatched(_ run: String) throws {
    let result = lint(run)
    #expect(result.diagnostics.map(\.code.rawValue) == ["evidence-unmatched"] && !result.hasErrors)
    #expect(result.assessment?.scenarios.first?.classes.first?.loss.figure?.total == .minutes(41))
    #expect(result.diagnostics.first?.helps.first?.hasPrefix("did you mean") == true)
  }

  @Test("of another plan, or not there, is an error") func wrongFile() throws {
    let other = lint("date: 2026-10-02, drill: restore, outcome: passed, steps: { restore: 5m }", plan: "other")
    #expect(other.diagnostics.map(\.summary) == ["this is evidence of the plan `other`, not of `sample`"])
    #expect(try recovery(other).expected.total == TimeSpan("1h11m"))
    let missing = linted(plan)
    #expect(missing.diagnostics.map(oneLine) == ["plan.yaml:13:11: error[evidence-unreadable]: the evidence `drills.json` cannot be read: it does not exist"])
    let bare = PlanLinting.lint(SourceFile(path: "plan.yaml", bytes: Array(plan.utf8)), kinds: .init([]), protection: .init(backup: { _, _, _ in nil }, copy: { _, _, _, _ in nil }, expire: { _, _, _, _ in nil }))
    #expect(bare.diagnostics.contains { $0.code == "evidence-unreadable" })
  }

  // MARK: The day

  private let held = "date: 2026-10-02, drill: restore, outcome: passed"

  @Test("a drill is overdue when its interval is over, and only where somebody says what day it is", arguments: [
    (nil, []), ("2026-11-01", []), ("2026-11-02", ["drill-overdue"]),
  ] as [(String?, [String])]) func overdue(_ now: String?, _ codes: [String]) {
    let result = lint(held, now: now)
    #expect(result.diagnostics.map(\.code.rawValue) == codes && !result.hasErrors)
    #expect(result.unjudged == (now == nil ? ["drill-overdue"] : []))
  }

  @Test("a drill that is to come is owed from its day on; a run that failed is none", arguments: [
    (nil, []), ("2098-12-31", []), ("2099-01-01", ["drill-never-done"]),
  ] as [(String?, [String])]) func neverDone(_ now: String?, _ codes: [String]) {
    let failed = lint(held.replacing("passed", with: "failed"), now: now)
    #expect(failed.diagnostics.map(\.code.rawValue) == codes)
    #expect(failed.diagnostics.flatMap(\.related).map(\.label) == codes.map { _ in "failed, the last time" })
    #expect(failed.unjudged == (now == nil ? ["drill-never-done"] : []))
  }

  @Test("without a drill, or with talk only, a scenario is untried") func missing() {
    let drills = "drills: { restore: { kind: restore, scenarios: [lost], every: 30d, first: 2099-01-01 } }"
    #expect(linted(samplePlan.replacing(drills + "\n", with: "")).of("drill-missing").map(\.severity) == [.note])
    #expect(linted([(drills, drills.replacing("kind: restore", with: "kind: tabletop"))]).of("drill-missing").map(\.label) == ["only talked through"])
    #expect(linted([("metrics: textfile\n", "")]).of("no-absence-alarm").count == 1)
    #expect(linted([("metrics: textfile\n", ""), ("timeout: 20m }", "timeout: 20m, ping: \"https://alarm.example\" }")]).diagnostics == [])
  }
}
