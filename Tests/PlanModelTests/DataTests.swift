import Diagnostics
import PlanModel
import Testing
import YAMLReading

/// A plan whose data section is this text.
private func read(_ data: String) -> (plan: Plan?, diagnostics: [Diagnostic]) {
  let text = """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: test }
    sites: { east: {}, west: {} }
    secrets: { url: { env: URL } }
    servers: { pg: { postgresql: { url: { secret: url } } }, two: { postgresql: { url: { secret: url } } } }
    stores: { east: { directory: { path: east } } }
    data:
      things: { on: [pg, two], protect: { hourly: { logical: {}, every: 1h, to: [east] } } }
      more: \(data)
    """
  return readPlan(readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))).document)
}

@Suite("Data classes and what protects them") struct DataTests {
  private func more(_ text: String) throws -> DataClass {
    let (plan, diagnostics) = read(text)
    #expect(diagnostics.map(oneLine) == [])
    return try #require(plan?.dataClasses.last)
  }

  @Test("hold what goes on all the time apart from what makes points in runs") func continuous() throws {
    let data = try more(
      "{ on: [pg, two], protect: { a: { wal: { base: 1d, timeout: 60s }, to: [east] }, b: { logical: {}, every: 1h, to: [east] }, c: { replica: { server: two, maxLag: 0s } } } }")
    #expect(data.protections.map(\.name.value) == ["b"])
    #expect(data.continuous.map(\.name.value) == ["a", "c"] && data.continuous.map(\.method.name) == ["wal", "replica"])
    guard case .wal(let archiving) = data.continuous[0].method else { Issue.record("is no archive"); return }
    #expect(archiving.allowsBreak == nil && archiving.misses == 0 && archiving.keep == nil)
  }

  @Test("are kept for ever by saying so, or by saying nothing", arguments: ["", ", keep: forever"]) func forever(_ keep: String) throws {
    #expect(try more("{ on: [pg], protect: { b: { logical: {}, every: 1h, to: [east]\(keep) } } }").protections.first?.keep == nil)
  }

  @Test("in Git live on no server") func git() throws {
    let data = try more("{ git: { remote: git@host:a/b.git, site: east, mirrors: { other: { remote: git@other:a/b.git, maxLag: 1h } } }, priority: high }")
    #expect(data.servers.isEmpty && data.git?.mirrors.map(\.name.value.rawValue) == ["other"] && data.priority == .high)
  }

  @Test("say what is wrong where it stands", arguments: [
    ("{ on: [pg], protect: { a: { wal: { timeout: 60s }, to: [east] } } }", "missing-key", "has no `base`"),
    ("{ on: [pg], protect: { a: { wal: { base: 1d, timeout: 60s } } } }", "missing-key", "has no `to`"),
    ("{ on: [pg], protect: { a: { wal: { base: 1d, timeout: 60s }, to: [est] } } }", "unknown-reference", "no store `est`"),
    ("{ on: [pg], protect: { a: { wal: { base: 1d, timeout: 60s }, to: [east], every: 1h } } }", "unknown-key", "no key `every`"),
    ("{ on: [pg, two], protect: { a: { replica: { server: thre, maxLag: 1s } } } }", "unknown-reference", "no server `thre`"),
    ("{ on: [pg], protect: { a: { replica: { server: two, maxLag: 1s } } } }", "wrong-value", "is not one of the servers where `more` can live"),
    ("{ on: [two], protect: { a: { replica: { server: two, maxLag: 1s } } } }", "wrong-value", "can be no replica of itself"),
    ("{ on: [pg], protect: { a: { managed: { every: 1d, sites: [nowhere] } } } }", "unknown-reference", "no site `nowhere`"),
    ("{ on: [pg], protect: { a: { managed: { every: 1d, sites: [east], pitr: { window: 7d } } } } }", "missing-key", "has no `granularity`"),
    ("{ on: [pg], protect: { a: { logical: {}, wal: {}, every: 1h, to: [east] } } }", "too-many-keys", "both `logical` and `wal`"),
    ("{ on: [pg], protect: { a: { every: 1h, to: [east] } } }", "missing-key", "has none of `logical`"),
    ("{ on: [pg], protect: { a: { dump: { x: 1 }, every: 1h, to: [east] } } }", "unknown-key", "no key `x`"),
    ("{ on: [pg], protect: { a: { logical: {}, every: 1h, to: [east], keep: always } } }", "wrong-type", "not a mapping"),
    ("{ on: [pg], derivedFrom: thing, rebuild: { estimate: 1h } }", "unknown-reference", "no data class `thing`"),
    ("{ on: [pg], derivedFrom: more, rebuild: { estimate: 1h } }", "wrong-value", "derived from itself"),
    ("{ on: [pg], rebuild: { estimate: 1h } }", "missing-key", "does not say from what"),
    ("{ on: [pg], derivedFrom: things, rebuild: {} }", "missing-key", "has no `estimate`"),
    ("{ on: [pg], derivedFrom: things, rebuild: { estimate: 50MB/s } }", "missing-key", "is a rate"),
    ("{ on: [pg], derivedFrom: things, ephemeral: {} }", "too-many-keys", "both derived and ephemeral"),
    ("{ on: [pg], ephemeral: { onLoss: { requeueFrom: nothing } } }", "unknown-reference", "no data class `nothing`"),
    ("{ on: [pg], ephemeral: { onLoss: {} } }", "missing-key", "has none of `requeueFrom`"),
    ("{ git: { remote: r, mirrors: { other: { remote: r } } } }", "missing-key", "has no `maxLag`"),
    ("{ git: { remote: r, site: nowhere } }", "unknown-reference", "no site `nowhere`"),
    ("{ git: { remote: 'https://me:sesame@host/a/b.git' } }", "secret-literal", "holds a password"),
    ("{ git: { remote: r }, on: [pg] }", "unknown-key", "no key `on`"),
  ]) func wrong(_ text: String, _ code: String, _ summary: String) {
    let diagnostics = read(text).diagnostics
    #expect(diagnostics.map(\.code.rawValue) == [code], "\(diagnostics.map(oneLine))")
    #expect(diagnostics.first?.summary.contains(summary) == true, "\(diagnostics.map(oneLine))")
    #expect(!diagnostics.map(oneLine).joined().contains("sesame"))
  }

  @Test("are not derived from each other in a circle") func circle() {
    let (_, diagnostics) = read("{ on: [pg], derivedFrom: third, rebuild: { estimate: 1h } }\n  third: { on: [pg], derivedFrom: more, rebuild: { estimate: 1h } }")
    #expect(diagnostics.map(\.code) == ["wrong-value", "wrong-value"])
  }
}
