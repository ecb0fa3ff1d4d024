import CanonicalJSON
import Glibc
@testable import MeilisearchProvider
import PlanModel
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing

/// Meilisearch steps in the suite that every step kind passes. The server is a stand-in: see `meilisearch.py`.
@Suite("Meilisearch steps keep what every step promises", .timeLimit(.minutes(5)))
struct ConformanceTests {
  private func kind(_ name: StepKindName) throws -> AnyStepKind { try #require(MeilisearchProvider.kinds.first { $0.name == name }) }

  @Test func dump() async throws {
    func suite() throws -> StepConformance<[Int64]> {
      let world = try World.filled()
      // Points stay; a second attempt makes another, or takes the first's place.
      return try StepConformance(kind("meilisearch.dump"), CanonicalJSON.value(world.dumpArguments), World.performers, world.context(step: "dump")) { Set(await world.points().map(\.rows)).sorted() }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().settles()
    try suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }

  @Test(arguments: [true, false]) func restore(_ wasRunning: Bool) async throws {
    func suite() async throws -> StepConformance<[String]> {
      let world = try World.filled()
      try await world.dump()
      let target = try MeilisearchServer.start(isRunning: wasRunning)
      if wasRunning { try target.add("old", 1...2) }
      return try StepConformance(kind("meilisearch.restore"), CanonicalJSON.value(world.restoreArguments(target)), World.performers, world.context(step: "restore")) {
        [world.run] + (try target.isUp() ? target.contents() : ["down", access(target.database, F_OK) == 0 ? "data" : "none"])
      }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().undoes()
    try await suite().settles()
    try await suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }

  @Test(arguments: [true, false]) func rebuild(_ hadFormer: Bool) async throws {
    let database = try Servers.database.get()
    func suite() throws -> StepConformance<[String]> {
      var world = hadFormer ? try World.filled() : try World()
      world.databaseURL = database.tcpURL()
      return try StepConformance(kind("meilisearch.rebuild"), CanonicalJSON.value(world.rebuildArguments), World.performers, world.context(step: "rebuild")) { [server = world.server] in try server.contents() }
    }
    try await suite().performsTwiceAsOnce()
    try await suite().undoes()
    try await suite().settles()
    try suite().plansWithoutReach()
    try await suite().honoursCancellation()
  }
}
