import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanModel
import PlanTesting
import TestSupport
import Testing
import YAMLReading

/// The schema of tests of plans, held against their reader.
@Suite("The schema of plan tests") struct PlanTestSchemaTests {
  private static let everyKey = """
    apiVersion: sie-dr/v1
    kind: PlanTest
    plan: plan.yaml
    now: 2026-11-24
    cases:
      all-of-it:
        description: Every key there is.
        scenario: lost
        now: 2026-11-25T08:00:00Z
        set: { data.orders.estimate.size: 500GB }
        environment: staging
        variables: { every: 1h }
        parallelism: 2
        expect:
          rto: { exactly: 1h, atMost: 1h, atLeast: 1h, unbounded: false }
          guaranteed: { exactly: 1h, atMost: 1h, atLeast: 1h, unbounded: false }
          data: { orders: { rpo: { exactly: 1h, atMost: 1h, atLeast: 1h, unbounded: false }, rto: { exactly: 1h, atMost: 1h, atLeast: 1h, unbounded: false } } }
          steps: [restore, verify]
          criticalPath: [restore]
          order: [[restore, verify]]
          findings: { present: [rpo-exceeded], absent: headroom-low }

    """

  private func schema() throws -> JSONSchema {
    try JSONSchema(CanonicalJSON.decode(JSONValue.self, from: #require(GeneratedFiles.all()["schemas/plan-test.v1.json"]).utf8))
  }

  private func read(_ text: String) -> (json: JSONValue?, diagnostics: [Diagnostic]) {
    let (document, yaml) = readYAML(SourceFile(path: "plan.test.yaml", bytes: Array(text.utf8)))
    return (document.root.flatMap(jsonValue), yaml + readPlanTest(document).diagnostics)
  }

  @Test("names what the reader takes, and nothing else") func everything() throws {
    let (json, diagnostics) = read(Self.everyKey)
    #expect(diagnostics.map(oneLine) == [])
    let schema = try schema()
    let verdict = schema.verdict(on: try #require(json))
    #expect(verdict.problems == [])
    #expect(schema.places.subtracting(verdict.touched) == [])
    var looked = 0
    for damage in try #require(json).damages where damage.kind == .unknownKey && !damage.path.contains("set") {
      let found = read(try CanonicalJSON.text(damage.value)).diagnostics.filter { $0.code == "unknown-key" && $0.summary.hasSuffix("`zzz`") }
      guard let help = found.first?.helps.first else { continue }
      let known = Set(help.dropFirst(12).split(separator: ", ").map { String($0.dropFirst().dropLast()) })
      #expect(known.subtracting(verdict.named[damage.path] ?? []) == [], "/\(damage.path.joined(separator: "/"))")
      looked += 1
    }
    #expect(looked >= 8)
  }

  @Test("takes the test that we ship") func shipped() throws {
    let (json, diagnostics) = read(try readFile(Repository.root + "plans/sie.test.yaml"))
    #expect(diagnostics.map(oneLine) == [])
    #expect(try schema().verdict(on: #require(json)).problems == [])
  }
}
