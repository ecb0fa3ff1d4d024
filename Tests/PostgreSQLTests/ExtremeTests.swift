import Glibc
import PlanModel
@testable import PostgreSQLProvider
import ProviderInterface
import RecoveryPoints
import S3Store
import TestSupport
import Testing
import Units

/// What few have, and whoever has it needs most. `scripts/extreme-test` runs these; the suite does without them for their time and memory.
@Suite("extreme databases in S3", .serialized, .timeLimit(.minutes(60)), .enabled(if: getenv("SIE_DR_EXTREME") != nil, "scripts/extreme-test runs it"))
struct ExtremeTests {
  private func roundTrip(_ world: World) async throws {
    let began = ContinuousClock.now
    let point = try await world.backUp { $0.options.yieldAfter = .minutes(10) }
    let between = ContinuousClock.now
    try await world.restore()
    print(
      "\(world.database): \(point.objects.count) objects, \(point.rows) rows, \(point.rawBytes.rounded); backup \(began.duration(to: between)), restore \(between.duration(to: .now))"
    )
    #expect(try World.dump(world.target, world.database) == World.dump(world.source, world.database))
  }

  private func world(_ sql: String, _ settings: [String] = []) throws -> World {
    let name = "db_\(UInt32.random(in: 0...UInt32.max))"
    let world = try World.with(
      "", name: name, store: testStore(.seaweedFS, prefix: name), source: PostgreSQLServer.start(settings: settings),
      target: PostgreSQLServer.start(settings: settings))
    try world.source.psql(sql, database: name)
    return world
  }

  @Test("10,000 tables in 300 schemas")
  func tables() async throws {
    let world = try world(
      """
      SELECT format('CREATE SCHEMA s%s', n) FROM generate_series(0, 299) n \\gexec
      SELECT format('CREATE TABLE s%s.t%s (id int PRIMARY KEY, note text); INSERT INTO s%1$s.t%2$s VALUES (%2$s, md5(''%2$s''))', n % 300, n) FROM generate_series(1, 10000) n \\gexec
      """, ["max_locks_per_transaction = 512"])
    try await roundTrip(world)
  }

  @Test("a row of 500 MB")
  func row() async throws {
    try await roundTrip(
      try world("CREATE TABLE t (id int, body text); INSERT INTO t SELECT 1, repeat(md5('x'), 500000000 / 32); INSERT INTO t VALUES (2, 'small');"))
  }
}
