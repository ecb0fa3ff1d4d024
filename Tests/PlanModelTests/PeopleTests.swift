import Diagnostics
import PlanModel
import TestSupport
import Testing
import Units
import YAMLReading

@Suite("What a plan says to people") struct PeopleTests {
  private func plan(_ sections: String) -> (plan: Plan?, diagnostics: [Diagnostic]) {
    let text = samplePlan.replacing("drills: { restore: { kind: restore, scenarios: [lost], every: 30d, first: 2099-01-01 } }\n", with: "") + sections + "\n"
    return readPlan(readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))).document)
  }

  @Test("each part is read") func whole() throws {
    let (read, diagnostics) = plan(
      """
      communication:
        engineering: { slack: "#incidents", every: 15m }
        customers: { statusPage: "https://status.example", on: majorChanges, template: It is down. }
      drills:
        walk: { kind: tabletop, scenarios: lost, every: 90d }
        restore: { kind: restore, scenarios: [lost], every: 30d, first: 2027-01-15 }
      postIncident: { tickets: { within: 7d, in: tracker }, runbook: {}, report: { within: 24h, by: commander }, postmortem: { within: 5d } }
      evidence: [one.yaml, two.json]
      """)
    #expect(diagnostics.map(oneLine) == [])
    let plan = try #require(read)
    #expect(plan.communication.map(\.place.value) == ["#incidents", "https://status.example"] && plan.communication.map(\.channel) == [.slack, .statusPage])
    guard case .every(let every) = plan.communication[0].updates, case .on(.majorChanges) = plan.communication[1].updates else { Issue.record("cadence"); return }
    #expect(every.value == .minutes(15) && plan.communication[1].template == "It is down.")
    #expect(plan.drills.map(\.isPractical) == [false, true] && plan.drills[1].first?.value.day == "2027-01-15")
    // By when they are due; what has no day comes last.
    #expect(plan.postIncident?.duties.map(\.kind) == [.report, .postmortem, .tickets, .runbook])
    #expect(plan.evidence.map(\.value) == ["one.yaml", "two.json"])
  }

  @Test("what is wrong is said where it stands", arguments: [
    ("communication: { a: { every: 15m } }", "missing-key", "has none of `slack`, `teams`"), ("communication: { a: { slack: x } }", "missing-key", "has none of `every`, `on`"),
    ("communication: { a: { slack: x, email: y, every: 1h } }", "too-many-keys", "has both `slack` and `email`"),
    ("communication: { a: { slack: x, on: everything } }", "wrong-value", "`on` of the audience `a`"), ("communication: { a: { slak: x, every: 1h } }", "unknown-key", "`slak`"),
    ("drills: { a: { kind: restore, scenarios: [lsot], every: 30d } }", "unknown-reference", "no scenario `lsot`"),
    ("drills: { a: { kind: restore, scenarios: [], every: 30d } }", "wrong-value", "is empty"), ("drills: { a: { scenarios: [lost], every: 30d } }", "missing-key", "has no `kind`"),
    ("drills: { a: { kind: restore, scenarios: [lost] } }", "missing-key", "has no `every`"), ("drills: { a: { kind: restore, scenarios: [lost], every: monthly } }", "wrong-value", "`monthly`"),
    ("drills: { a: { kind: restore, scenarios: [lost], every: 30d, lastTested: 2026-10-02 } }", "unknown-key", "`lastTested`"),
    ("postIncident: { report: 24h }", "wrong-type", "not a mapping"), ("postIncident: { reprot: {} }", "unknown-key", "`reprot`"), ("evidence: { a: b }", "wrong-value", "`evidence`"),
  ]) func wrong(_ sections: String, _ code: String, _ words: String) {
    let found = plan(sections).diagnostics
    #expect(found.contains { $0.code.rawValue == code && $0.summary.contains(words) }, "\(found.map(oneLine))")
  }

  @Test("a step takes no more of a limit than there is, and of its kind", arguments: [
    ("{ wan: 300MB/s, turn: 1 }", "{ wan: 300MB/s, turn: 1 }", []), ("{ wan: 300MB/s }", "{ wan: 1 }", ["wrong-value"]), ("{ turn: 2 }", "{ turn: 1MB/s }", ["wrong-value"]),
    ("{ wan: 300MB/s }", "{ wan: 301MB/s }", ["wrong-value"]), ("{ turn: 1 }", "{ turn: 2 }", ["wrong-value"]), ("{ turn: 1 }", "{ trun: 1 }", ["unknown-reference"]),
    ("{ turn: 0 }", "{}", ["wrong-value"]), ("{ turn: many }", "{}", ["wrong-value"]), ("{ Turn: 1 }", "{}", ["wrong-name"]), ("3", "{}", ["wrong-type"]), ("{ turn: 1 }", "turn", ["wrong-type"]),
  ]) func limits(_ limits: String, _ uses: String, _ codes: [String]) {
    let whole = "limits: \(limits)\n" + samplePlan.replacing("steps:\n", with: "steps:\n      share: { operator.confirm: { ask: yes? }, uses: \(uses) }\n")
    let (plan, found) = readPlan(readYAML(SourceFile(path: "plan.yaml", bytes: Array(whole.utf8))).document)
    #expect(found.map(\.code.rawValue) == codes, "\(found.map(oneLine))")
    if codes.isEmpty { #expect(plan?.limits.map(\.capacity.value.units) == [300_000_000, 1]) }
  }

  @Test("an approval is by some of those who may", arguments: [
    ("{ by: [ada, bob], atLeast: 2, within: 15m }", nil), ("{ by: [ada], atLeast: 2, within: 15m }", "wrong-value"), ("{ by: [], within: 15m }", "wrong-value"),
    ("{ by: [ada, ada], within: 15m }", "named-twice"), ("{ by: [ada] }", "missing-key"), ("{ within: 15m }", "missing-key"),
  ] as [(String, String?)]) func approval(_ text: String, _ code: String?) {
    let whole = samplePlan.replacing("    detect:", with: "    approve: \(text)\n    detect:")
    let (plan, found) = readPlan(readYAML(SourceFile(path: "plan.yaml", bytes: Array(whole.utf8))).document)
    #expect(found.map(\.code.rawValue) == [code].compactMap { $0 })
    if code == nil { #expect(plan?.scenarios.first?.approval?.atLeast == 2) }
  }
}
