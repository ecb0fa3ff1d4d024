import CanonicalJSON
import ObjectStore
import PlanModel
import PointSteps
@testable import PostgreSQLProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// What `plan` sees, and what it makes of it. Facts are digested, so they must move when the world does and stay when it only grows.
@Suite(.timeLimit(.minutes(10)))
struct ObserveTests {
  private func backup(_ world: World) async -> (Observation, Change) {
    let observation = await BackupObserver().observe(world.backupArguments, in: world.observing)
    return (observation, PostgreSQLBackup.compare(world.backupArguments, observation, at: World.now()))
  }
  private func restore(_ world: World) async -> (Observation, Change) {
    let observation = await RestoreObserver().observe(world.restoreArguments, in: world.observing)
    return (observation, PostgreSQLRestore.compare(world.restoreArguments, observation, at: World.now()))
  }

  @Test("a backup's facts stay when rows come in, and its measurements follow")
  func facts() async throws {
    let world = try World.with("CREATE TABLE t (a text)")
    let (first, change) = await backup(world)
    #expect(first.facts["role"] == "primary" && first.facts["server"] == "source" && first.facts["problem"] == nil)
    #expect(change.action == .create && change.reason.contains("no point yet"))
    try world.source.psql("INSERT INTO t SELECT repeat('x', 500) FROM generate_series(1, 20000)", database: world.database)
    let (second, _) = await backup(world)
    #expect(second.facts == first.facts)
    #expect(second.measurements != first.measurements)
    let point = try await world.backUp()
    let (third, _) = await backup(world)
    #expect(third.facts["point"] == .string(point.id.text))
  }

  @Test(
    "one backup makes up for all that were missed, and says for how long it has been due",
    arguments: [
      (30, Change.Action.none, "the next is due"), (60, .create, "due every 1h"), (119, .create, "due every 1h"),
      (120, .create, "due since 2026-11-24T01:00:00Z, 1 interval missed"), (250, .create, "due since 2026-11-24T01:00:00Z, 3 intervals missed"),
      (60 * 24 * 365, .create, "8759 intervals missed"),
    ] as [(Int64, Change.Action, String)])
  func overdue(_ minutes: Int64, _ action: Change.Action, _ words: String) throws {
    let midnight = try #require(Timestamp("2026-11-24T00:00:00Z"))
    var arguments = World(source: try Servers.source.get(), target: try Servers.source.get(), database: "x", store: InMemoryStore(name: "vault")).backupArguments
    arguments.onlyWhenDue = true
    let observation = Observation(facts: [Fact.newestSigma: .string(midnight.description), Fact.point: "p"])
    let change = PostgreSQLBackup.compare(arguments, observation, at: midnight + .minutes(minutes))
    #expect(change.action == action && change.reason.contains(words), "\(change.reason)")
    #expect(change.reason.contains("missed") == (minutes >= 120))
  }

  @Test("what is due is asked of each protection by itself, and a suspect point counts as taken")
  func ownPoints() async throws {
    let world = try World.with("CREATE TABLE t AS SELECT 1 AS a")
    try await world.backUp { $0.protection = "weekly" }
    #expect(await backup(world).1.reason.contains("no point yet"))
    let good = try await world.backUp()
    try world.source.psql("DELETE FROM t", database: world.database)
    let suspect = try await world.backUp()
    #expect(suspect.suspect?.contains("\(good.id)") == true)
    let (observation, change) = await backup(world)
    #expect(observation.facts["point"] == .string(suspect.id.text) && observation.facts["suspectPoint"] == .string(suspect.id.text))
    #expect(change.reason.contains("suspect"))
  }

  @Test("what would make a backup fail is seen beforehand")
  func problem() async throws {
    var world = try World.with("CREATE ROLE nobody_much LOGIN; CREATE TABLE hidden (a int)", source: Servers.target.get())
    world.user = "nobody_much"
    let (observation, change) = await backup(world)
    #expect(observation.facts["problem"]?.string?.contains("public.hidden") == true)
    #expect(change.action == .unknown && change.reason.contains("would fail"))
  }

  @Test("a restore's facts move when its empty target has gained a table")
  func target() async throws {
    let world = try World.with("CREATE TABLE t (a text)")
    let (without, unknown) = await restore(world)
    #expect(without.facts["point"] == nil && without.facts["target"] == "absent")
    #expect(unknown.action == .unknown)
    let point = try await world.backUp()
    let (absent, change) = await restore(world)
    #expect(absent.facts["point"] == .string(point.id.text))
    #expect(change.action == .create && change.losses.first?.contains("is lost") == true)
    try world.target.psql("CREATE DATABASE \(world.database)")
    let (empty, _) = await restore(world)
    #expect(empty.facts["target"] == "empty")
    try world.target.psql("CREATE TABLE came (a int)", database: world.database)
    let (occupied, refused) = await restore(world)
    #expect(occupied.facts["target"] == "table public.came")
    #expect(occupied.facts != empty.facts)
    #expect(refused.action == .unknown && refused.reason.contains("public.came"))
  }

  @Test("a server that is down is unreachable, which is an observation and no error")
  func unreachable() async throws {
    let server = try PostgreSQLServer.start()
    let world = try World.with("", source: server, target: server)
    try server.stop()
    for (observation, change) in [await backup(world), await restore(world)] {
      guard case .unreachable(let reason) = observation.reach else {
        Issue.record("reached")
        continue
      }
      #expect(reason.contains("cannot connect"))
      #expect(change.action == .unknown)
    }
  }

  @Test("a store that cannot be read is unreachable")
  func storeUnreachable() async throws {
    let world = try World.with("").with { _ in .fail(.unreachable) }
    guard case .unreachable(let reason) = await backup(world).0.reach else {
      Issue.record("reached")
      return
    }
    #expect(reason.contains("vault"))
  }

  @Test(
    "a query step takes the expected answer and refuses any other",
    arguments: [
      ("SELECT 42", "42", nil), ("SELECT 41", "42", "gave `41`, not `42`"), ("SELECT NULL", "42", "gave NULL"),
      ("SELECT 1 WHERE false", "42", "gave no row"),
      ("SELECT 1", nil, nil), ("SELECT 1 WHERE false", nil, "gave no row"),
    ] as [(String, String?, String?)])
  func query(_ sql: String, _ expect: String?, _ words: String?) async throws {
    let world = World(
      source: try Servers.source.get(), target: try Servers.target.get(), database: "postgres", store: InMemoryStore(name: "vault"))
    let arguments = PostgreSQLQuery.Arguments(server: world.reference("source"), sql: sql, expect: expect)
    let failed = await failure { try await QueryPerformer().perform(arguments, in: world.context(step: "query")) }
    #expect(failed?.code == words.map { _ in "unexpected-answer" })
    if let words { #expect(failed?.message.contains(words) == true) }
  }

  @Test("a query step cannot write")
  func queryReadsOnly() async throws {
    let world = World(
      source: try Servers.source.get(), target: try Servers.target.get(), database: "postgres", store: InMemoryStore(name: "vault"))
    let arguments = PostgreSQLQuery.Arguments(server: world.reference("source"), sql: "CREATE TABLE written (a int)", expect: nil)
    let failed = await failure { try await QueryPerformer().perform(arguments, in: world.context(step: "query")) }
    #expect(failed?.message.contains("read-only transaction") == true)
  }
}
