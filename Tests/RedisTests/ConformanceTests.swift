import CanonicalJSON
import ObjectStore
import PlanModel
@testable import RedisProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// Redis steps in the suite that every step kind passes.
@Suite("Redis steps keep what every step promises", .timeLimit(.minutes(5)))
struct ConformanceTests {
  private func kind(_ name: StepKindName) throws -> AnyStepKind { try #require(RedisProvider.kinds.first { $0.name == name }) }

  @Test func backup() async throws {
    func suite() throws -> StepConformance<[Int64]> {
      let world = try World()
      // Points stay; a second attempt makes another, or takes the first's place.
      return try StepConformance(kind("redis.backup"), CanonicalJSON.value(world.backupArguments), World.performers, world.context(step: "backup")) { Set(await world.points().map(\.rows)).sorted() }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().settles()
    try suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }

  @Test func restore() async throws {
    func suite() async throws -> StepConformance<[[String]]> {
      let target = try RedisServer.start(["--appendonly", "yes"])
      let world = try World(target: target)
      try await world.backUp()
      return try StepConformance(kind("redis.restore"), CanonicalJSON.value(world.restoreArguments), World.performers, world.context(step: "restore")) {
        try contents(target) + [[target.cli(["CONFIG", "GET", "appendonly"])]]
      }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().undoes()
    try await suite().settles()
    try await suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }

  @Test func promote() async throws {
    func suite() throws -> StepConformance<String> {
      let primary = try RedisServer.start()
      let replica = try RedisServer.replica(of: primary)
      let world = try World(source: primary, target: replica)
      let arguments = RedisPromote.Arguments(server: World.reference("target"), dataClass: "queues", others: [World.reference("source")], recovers: true)
      return try StepConformance(kind("redis.promote"), CanonicalJSON.value(arguments), World.performers, world.context(step: "promote")) { String(try replica.cli(["ROLE"]).prefix { $0 != "\n" }) }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().settles()
    try suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }

  @Test func requeue() async throws {
    let database = try PostgreSQLServer.start()
    func suite() throws -> StepConformance<String> {
      let target = try RedisServer.start()
      var world = try World(target: target)
      world.urls["pg"] = database.url()
      let arguments = RedisRequeue.Arguments(
        dataClass: "queues", server: World.reference("target"), from: PostgreSQLReference(server: "pg", url: SecretReference(name: "pg", source: .env("UNUSED"))), queue: "jobs", sql: "SELECT generate_series(1, 5)")
      return try StepConformance(kind("redis.requeue"), CanonicalJSON.value(arguments), World.performers, world.context(step: "requeue")) { try target.cli(["LRANGE", "jobs", "0", "-1"]) }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().settles()
    try suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }
}
