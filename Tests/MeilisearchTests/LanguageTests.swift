import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units
import YAMLReading

/// What plans say of Meilisearch, and what it comes to.
@Suite("Meilisearch in plans") struct LanguageTests {
  private func typed(_ step: String, protect: String = "dump: {}") -> (plan: TypedPlan?, summaries: [String]) {
    let text = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: small }
      secrets: { master: { env: MASTER }, pg-url: { env: PG }, age: { env: KEY } }
      servers:
        search: { meilisearch: { url: "http://search:7700", key: { secret: master }, version: "1.11", dumps: dumps } }
        pg: { postgresql: { url: { secret: pg-url } } }
      stores: { near: { directory: { path: near } }, far: { directory: { path: far } } }
      data:
        index:
          on: [search]
          identity: { secret: age }
          estimate: { size: 10GB, dump: 100MB/s, upload: 20s, restore: 4m }
          protect: { daily: { \(protect), every: 24h, to: [near], copy: [far], keep: { for: 7d } } }
        orders: { on: [pg], protect: { p: { logical: {}, every: 1h, to: [far] } } }
      scenarios:
        lost:
          loses: { servers: [pg] }
          detect: { noticedWithin: 5m }
          steps:
            it: \(step)

      """
    let (document, yaml) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)))
    let (plan, reading) = readPlan(document)
    guard let plan else { return (nil, (yaml + reading).map(\.summary)) }
    let (typed, typing) = typecheck(plan, kinds: Providers.kinds, protection: Providers.protection)
    return (typed, (yaml + reading + typing).map(\.summary))
  }

  private func step(_ text: String) throws -> TypedStep {
    let (plan, summaries) = typed(text)
    #expect(summaries == [])
    return try #require(plan?.scenarios.first?.steps.first)
  }

  private let restore = "{ meilisearch.restore: { data: index, server: search, folder: /srv/data.ms, stop: [stop], start: [start] } }"

  @Test("a dump is a backup, a copy and an expiry, like that of any data") func protection() throws {
    let (plan, summaries) = typed(restore)
    #expect(summaries == [])
    let steps = try #require(plan?.protection.first?.steps)
    #expect(steps.map(\.specification.kind) == ["meilisearch.dump", "recovery-point.copy", "recovery-point.expire", "recovery-point.expire"])
    #expect(steps[0].specification.footprint == Footprint(reads: [.server("search")], writes: [.points(of: "index", in: "near")], requires: [.store("near")]))
    #expect(steps[0].estimated?.amount == .seconds(120))
    let server = steps[0].specification.arguments.json["servers"]?.array?.first
    #expect(server?["version"] == "1.11" && server?["dumps"] == "dumps" && server?["url"] == "http://search:7700")
    // A snapshot of its files is made by nobody yet.
    #expect(typed(restore, protect: "snapshot: {}").plan?.protection.first?.steps.isEmpty == true)
  }

  @Test("each kind says what it reads, changes, needs and brings back") func footprints() throws {
    #expect(try step("{ meilisearch.dump: { data: index, protection: daily } }").specification.undo == .nothingToUndo)
    let restore = try step(restore)
    #expect(restore.estimated?.amount == .minutes(4) && restore.specification.undo == .byKind("starts it from the data that was there"))
    #expect(
      restore.specification.footprint
        == Footprint(
          reads: [.points(of: "index", in: "near"), .points(of: "index", in: "far")], writes: [.server("search")],
          requires: [.secret("master"), .secret("age"), .server("search"), .anyStore(["near", "far"])], recovers: "index"))
    let rebuild = try step("{ meilisearch.rebuild: { data: index, server: search, from: pg, index: docs, sql: select 1 as id } }").specification
    #expect(rebuild.undo == .byKind("swaps the former index back"))
    #expect(
      rebuild.footprint
        == Footprint(
          reads: [.server("pg")], writes: [.server("search")], requires: [.server("pg"), .secret("pg-url"), .server("search"), .secret("master")], recovers: "index"))
  }

  @Test("what is wrong is told", arguments: [
    ("{ meilisearch.dump: { data: index } }", "`meilisearch.dump` of the step `it` has no `protection`"),
    ("{ meilisearch.dump: { data: index, protection: dayly } }", "there is no protection `dayly`"),
    ("{ meilisearch.dump: { data: orders, protection: p } }", "`meilisearch.dump` of the step `it` is for a Meilisearch server, and `orders` lives on `pg`, a PostgreSQL server"),
    ("{ meilisearch.restore: { data: index, server: search, stop: [a], start: [b] } }", "`meilisearch.restore` of the step `it` has no `folder`"),
    ("{ meilisearch.restore: { data: index, server: search, folder: data.ms, stop: [a], start: [b] } }", "`data.ms` is no database folder"),
    ("{ meilisearch.rebuild: { data: index, server: search, from: pg, index: my docs, sql: select 1 } }", "`my docs` is no name of an index"),
    ("{ meilisearch.rebuild: { data: index, server: search, from: pg, index: docs, sql: select 1, settings: \"[]\" } }", "`settings` of `meilisearch.rebuild` of the step `it` is no JSON object"),
    ("{ meilisearch.rebuild: { data: index, server: search, from: search, index: docs, sql: select 1 } }", "`search` is a Meilisearch server, not a PostgreSQL server"),
  ]) func wrong(_ step: String, _ summary: String) { #expect(typed(step).summaries.contains(summary), "\(typed(step).summaries)") }
}
