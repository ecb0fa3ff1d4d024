import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units
import YAMLReading

/// What plans say of Redis, and what it comes to.
@Suite("Redis in plans") struct LanguageTests {
  private func typed(_ step: String, protect: String = "snapshot: {}", on: String = "[redis, spare]", loses: String = "loses: { sites: [east] }") -> (plan: TypedPlan?, summaries: [String]) {
    let text = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: small }
      sites: { east: {} }
      secrets: { url: { env: URL }, other-url: { env: OTHER }, pg-url: { env: PG }, key: { env: KEY } }
      servers:
        redis: { redis: { url: { secret: url } }, site: east }
        spare: { redis: { url: { secret: other-url } } }
        pg: { postgresql: { url: { secret: pg-url } } }
      stores: { near: { directory: { path: near }, site: east }, far: { directory: { path: far } } }
      data:
        sessions:
          on: \(on)
          identity: { secret: key }
          estimate: { size: 10GB, dump: 100MB/s, upload: 20s, restore: 4m }
          protect: { hourly: { \(protect), every: 1h, to: [near], copy: [far], keep: { for: 7d }, suspectBelow: 20% } }
        orders: { on: [pg], protect: { p: { logical: {}, every: 1h, to: [far] } } }
      scenarios:
        lost:
          \(loses)
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

  private func step(_ text: String, loses: String = "loses: { sites: [east] }") throws -> TypedStep {
    let (plan, summaries) = typed(text, loses: loses)
    #expect(summaries == [])
    return try #require(plan?.scenarios.first?.steps.first)
  }

  @Test("a snapshot of Redis is a backup, a copy and an expiry, like that of any data") func protection() throws {
    let (plan, summaries) = typed("{ redis.promote: { server: spare } }")
    #expect(summaries == [])
    let steps = try #require(plan?.protection.first?.steps)
    #expect(steps.map(\.specification.kind) == ["redis.backup", "recovery-point.copy", "recovery-point.expire", "recovery-point.expire"])
    #expect(steps[0].specification.footprint == Footprint(reads: [.server("redis"), .server("spare")], writes: [.points(of: "sessions", in: "near")], requires: [.store("near")]))
    #expect(steps[0].estimated?.amount == .seconds(120))
    #expect(steps[0].specification.arguments.json["suspectBelow"] == 20 && steps[0].specification.arguments.json["onlyWhenDue"] == true)
    // A dump is of a search server.
    #expect(typed("{ redis.promote: { server: spare } }", protect: "dump: {}").plan?.protection.first?.steps.isEmpty == true)
  }

  @Test("each kind says what it reads, changes, needs and brings back") func footprints() throws {
    let backup = try step("{ redis.backup: { data: sessions, protection: hourly } }").specification
    #expect(backup.arguments.json["onlyWhenDue"] == false && backup.undo == .nothingToUndo)
    let restore = try step("{ redis.restore: { data: sessions, server: spare } }")
    #expect(restore.estimated?.amount == .minutes(4) && restore.specification.undo == .byKind("empties the server again: it held no keys"))
    #expect(
      restore.specification.footprint
        == Footprint(
          reads: [.points(of: "sessions", in: "near"), .points(of: "sessions", in: "far")], writes: [.server("spare")],
          requires: [.secret("other-url"), .secret("key"), .server("spare"), .anyStore(["near", "far"])], recovers: "sessions"))
    let promote = try step("{ redis.promote: { server: spare } }").specification
    #expect(promote.footprint == Footprint(writes: [.server("spare")], requires: [.server("spare"), .secret("other-url")], recovers: "sessions") && promote.undo == .unknown)
    let corrupt = try step("{ redis.promote: { server: spare } }", loses: "corrupts: { data: [sessions], noticedWithin: 1h }").specification
    #expect(corrupt.footprint.recovers == nil)
    let requeue = try step("{ redis.requeue: { data: sessions, server: spare, from: pg, queue: q, sql: select 1 } }").specification
    #expect(
      requeue.footprint
        == Footprint(
          reads: [.server("pg")], writes: [.server("spare")], requires: [.server("pg"), .secret("pg-url"), .server("spare"), .secret("other-url")], recovers: "sessions"))
  }

  @Test("what is wrong is told", arguments: [
    ("{ redis.backup: { data: sessions } }", "`redis.backup` of the step `it` has no `protection`"),
    ("{ redis.backup: { data: sessions, protection: houry } }", "there is no protection `houry`"),
    ("{ redis.backup: { data: orders, protection: p } }", "`redis.backup` of the step `it` is for a Redis server, and `orders` lives on `pg`, a PostgreSQL server"),
    ("{ redis.restore: { data: sessions, server: pg } }", "`pg` is a PostgreSQL server, not a Redis server"),
    ("{ redis.promote: { server: spare, data: orders } }", "`redis.promote` of the step `it` is for a Redis server, and `orders` lives on `pg`, a PostgreSQL server"),
    ("{ redis.requeue: { data: sessions, server: spare, from: redis, queue: q, sql: select 1 } }", "`redis` is a Redis server, not a PostgreSQL server"),
    ("{ redis.requeue: { data: sessions, server: spare, from: pg, sql: select 1 } }", "`redis.requeue` of the step `it` has no `queue`"),
  ]) func wrong(_ step: String, _ summary: String) { #expect(typed(step).summaries.contains(summary), "\(typed(step).summaries)") }
}
