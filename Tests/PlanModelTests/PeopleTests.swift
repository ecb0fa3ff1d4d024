import Diagnostics
import PlanModel
import ProviderInterface
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
    #expect(every.value == .minutes(15) && plan.communication[1].template?.value == "It is down.")
    #expect(plan.drills.map(\.isPractical) == [false, true] && plan.drills[1].first?.value.day == "2027-01-15")
    // By when they are due; what has no day comes last.
    #expect(plan.postIncident?.duties.map(\.kind) == [.report, .postmortem, .tickets, .runbook])
    #expect(plan.evidence.map(\.value) == ["one.yaml", "two.json"])
  }

  @Test("how a run tells an audience by itself") func ways() throws {
    let (read, diagnostics) = plan(
      """
      communication:
        a: { slack: "#a", every: 15m, send: { to: { secret: east-url } }, else: { by: email, to: a@sie.example, key: { secret: west-url } } }
        b: { email: b@sie.example, on: startAndEnd, send: { key: { secret: east-url }, from: dr@sie.example }, template: "{news} {elapsed} of {scenario} in pg-east", ending: "{steps}" }
        c: { statusPage: "https://s", on: majorChanges, send: { to: "https://api.s/v1/pages/x", key: { secret: east-url } }, template: "{news} It is {time}; search is slow.", ending: Done. }
        d: { phone: the chair, on: startAndEnd }
        e: { slack: "#e", every: 1h, send: { to: { secret: east-url } }, else: { by: statusPage, to: "https://api.s/v1/pages/x", key: { secret: east-url } } }
        f: { teams: f, every: 1h, public: true }
        g: { statusPage: "https://intern", every: 1h, public: false, template: "{running}" }
      """)
    #expect(diagnostics.map(oneLine) == [])
    let plan = try #require(read)
    #expect(plan.communication.map(\.ways.count) == [2, 1, 1, 0, 2, 0, 0])
    // Whoever reads a status page is outside, be it the second way.
    #expect(plan.communication.map(\.isPublic) == [false, false, true, false, true, true, false])
    #expect(plan.audiences.map(\.name) == ["a", "b", "c", "e"] && plan.audiences[1].ways[0].to == .text("b@sie.example") && plan.audiences[1].ways[0].from == "dr@sie.example")
    guard case .secret(let secret) = plan.audiences[0].ways[0].to else { Issue.record("the webhook is a secret"); return }
    #expect(secret.name == "east-url" && plan.audiences[0].ways[1].key?.name == "west-url")
  }

  @Test("what is wrong is said where it stands", arguments: [
    ("communication: { a: { slack: x, every: 1h, send: { to: \"https://hooks.slack.com/services/T/B/x\" } } }", "secret-literal", "`to` of `send`"),
    ("communication: { a: { slack: x, every: 1h, send: {} } }", "missing-key", "has no `to`"), ("communication: { a: { slack: x, every: 1h, send: { to: { secret: none } } } }", "unknown-reference", "no secret `none`"),
    ("communication: { a: { slack: x, every: 1h, send: { to: { secret: east-url }, key: { secret: east-url } } } }", "unknown-key", "`key`"),
    ("communication: { a: { phone: x, every: 1h, send: { to: { secret: east-url } } } }", "wrong-value", "can send nothing by `phone`"),
    ("communication: { a: { slack: x, every: 1h, else: { by: email, to: a@b.c, key: { secret: east-url } } } }", "missing-key", "has `else` and no `send`"),
    ("communication: { a: { slack: x, every: 1h, send: { to: { secret: east-url } }, else: { to: a@b.c } } }", "missing-key", "has no `by`"),
    ("communication: { a: { email: everybody, every: 1h, send: { key: { secret: east-url } } } }", "wrong-value", "`everybody` is no address"),
    ("communication: { a: { email: a@b.c, every: 1h, send: {} } }", "missing-key", "has no `key`"),
    ("communication: { a: { statusPage: x, every: 1h, send: { to: x, key: { secret: east-url } } } }", "wrong-value", "is no URL"),
    ("communication: { a: { slack: x, every: 1h, template: \"{nwes}\" } }", "wrong-value", "`{nwes}` is nothing that can be filled in"),
    ("communication: { a: { slack: x, every: 1h, ending: \"{anything}\" } }", "wrong-value", "`{anything}`"),
    ("communication: { a: { statusPage: x, every: 1h, template: \"{scenario}\" } }", "wrong-value", "would tell `a` names of ours"),
    ("communication: { a: { statusPage: x, every: 1h, ending: \"We moved from PG-EAST.\" } }", "wrong-value", "names `pg-east`, which is a name of this plan"),
    ("communication: { a: { slack: x, every: 1h, public: true, template: with west-url } }", "wrong-value", "names `west-url`"),
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
