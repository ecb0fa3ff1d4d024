import Diagnostics
import PlanLinting
import Testing

@Suite("Rules about what is recovered") struct RecoveryRuleTests {
  private let query = """
            postgresql.query: { server: pg-west, sql: "select true", expect: t }
            needs: [restore]
    """
  private let probes = (old: "data:\n", new: "probes: { ready: { http: { url: \"http://a/ready\" } }, other: { http: { url: \"http://b/\" } } }\ndata:\n")
  private let byProbe = (old: "detect: { noticedWithin: 10m }", new: "detect: { probe: ready, failing: 5m }")

  private func verified(by check: String, _ more: (old: String, new: String)...) -> Bool {
    let result = linted([probes, (query, "        \(check)\n        needs: [restore]\n")] + more)
    #expect(result.diagnostics.filter { $0.severity == .error && $0.code != "restore-not-verified" } == [])
    return result.of("restore-not-verified").isEmpty
  }

  @Test("a restore is verified by a query of its database, or by the probe that tells of the disaster") func verified() {
    #expect(linted().of("restore-not-verified") == [])
    #expect(verified(by: "http.check: { probe: ready }", byProbe))
  }

  @Test("not by another probe, another URL or another database") func notVerified() {
    #expect(!verified(by: "http.check: { probe: ready }"))
    #expect(!verified(by: "http.check: { probe: other }", byProbe))
    #expect(!verified(by: "http.check: { url: \"http://elsewhere/\" }", byProbe))
    let other = (old: "  pg-west: {", new: "  pg-new: { postgresql: { url: { secret: west-url } } }\n  pg-west: {")
    #expect(!verified(by: "postgresql.query: { server: pg-new, sql: select true, expect: t }", other))
  }

  @Test("data that is written into the database of other data is not recovered") func intoAnother() throws {
    let other = (old: "data:\n", new: "data:\n  bills: { on: [pg-west], protect: { regular: { logical: {}, every: 30m, to: [near], copy: [far], timeout: 20m } } }\n")
    let findings = linted([other]).of("data-not-recovered")
    #expect(findings.map(\.summary) == ["no step of `lost` brings `orders` back: `restore` writes it into `pg-west`, where `bills` lives"])
    // Where both are said to live in the same place the author knows.
    #expect(linted([other, (old: "on: [pg-east]", new: "on: [pg-east, pg-west]")]).of("data-not-recovered") == [])
    #expect(linted().of("data-not-recovered") == [])
  }

  @Test("of several databases each needs its step, which says so") func severalDatabases() {
    let several = (old: "logical: {}", new: "logical: { databases: [shop, bills] }")
    func restoring(_ database: String) -> (old: String, new: String) { ("data: orders, server", "data: orders, database: \(database), server") }
    #expect(linted([several]).of("missing-key").map(\.summary) == ["the points of `orders` hold several databases, and the step does not say which it restores"])
    #expect(linted([several, restoring("shops")]).of("unknown-reference").first?.helps == ["did you mean `shop`?"])
    #expect(linted([several, restoring("shop")]).of("data-not-recovered").map(\.summary) == ["no step of `lost` brings `bills` of `orders` back"])
    let second = (old: "      verify:\n", new: "      bills: { postgresql.restore: { data: orders, database: bills, server: pg-west }, needs: [restore], timeout: 90m }\n      verify:\n")
    #expect(linted([several, restoring("shop"), second]).of("data-not-recovered") == [])
  }
}
