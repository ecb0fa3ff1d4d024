import CanonicalJSON
import Glibc
@testable import MeilisearchProvider
import PlanModel
import PointSteps
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// The server is a stand-in: see `meilisearch.py`.
@Suite("a Meilisearch server into a store and back", .timeLimit(.minutes(5)))
struct RoundTripTests {
  @Test("all documents and settings come back, the former data is kept, and the dump is gone from the server") func roundTrip() async throws {
    let world = try World.filled()
    let expected = try world.server.contents()
    let point = try await world.dump()
    #expect(point.method == "meilisearch-dump" && point.rows == 123 && point.objects.map(\.path) == ["meilisearch.dump"])
    #expect(point.content["indexes"] == [["documents": 120, "uid": "books"], ["documents": 3, "uid": "films"]] && point.content["version"] == "1.11.3")
    #expect(point.sigma != nil && world.dumpFiles() == [])
    let target = try MeilisearchServer.start()
    try target.add("old", 1...2)
    let result = try await world.restore(to: target)
    #expect(try target.contents() == expected)
    let former = "\(target.database).sie-dr-before-\(world.run)"
    #expect(result.summary.contains("123 documents") && result.outputs["former"] == .text(former) && access(former, F_OK) == 0)
    #expect(!names(in: target.folder).contains { $0.hasSuffix("sie-dr-dump") })
    // Whoever starts it again in the same way gets the same data.
    try target.end()
    try runProgram(target.start, environment: ["MEILI_IMPORT_DUMP": "/nowhere", "MEILI_IGNORE_DUMP_IF_DB_EXISTS": "true", "MEILI_IGNORE_MISSING_DUMP": "true"])
    try await until("it answers") { try target.isUp() }
    #expect(try target.contents() == expected)
  }

  @Test("encrypted, it needs the identity") func encrypted() async throws {
    let key = try AgeKey.make()
    var world = try World.filled()
    let expected = try world.server.contents()
    let point = try await world.dump { $0.recipients = [key.recipient] }
    #expect(point.objects.map(\.path) == ["meilisearch.dump.age"])
    let target = try MeilisearchServer.start(isRunning: false)
    let failed1 = await failure { [world] in try await world.restore(to: target) }
    #expect(failed1?.code == "identity-missing")
    world.identity = key.identity
    try await world.restore(to: target)
    #expect(try target.contents() == expected)
  }

  @Test("what was handed in before is in the dump, however long that takes") func barrier() async throws {
    let world = try World.filled()
    try world.server.faults(#"{"delay":0.5}"#)
    for number in 200...203 { try world.server.ask("POST", "/indexes/books/documents", #"[{"id":\#(number)}]"#) }
    let point = try await world.dump()
    #expect(point.rows == 127)
  }

  @Test("an index is made from rows of every type, takes the settings of the former one, and its name never leads to half of it") func rebuild() async throws {
    var world = try World.filled()
    world.databaseURL = try Servers.database.get().tcpURL()
    let result = try await world.rebuild { $0.sql = "SELECT n AS id, 'row ' || n AS title, n % 2 = 0 AS even, n / 3.0 AS third FROM generate_series(1, 2500) n; " }
    #expect(result.summary.contains("2500 documents, each id compared"))
    #expect(try world.server.ask("GET", "/stats")["indexes"]?["books"]?["numberOfDocuments"] == 2500)
    #expect(try world.server.ask("GET", "/indexes/books/settings")["filterableAttributes"] == ["title"])
    let first = try runProgram(["curl", "-sf", "-H", "Authorization: Bearer \(MeilisearchServer.key)", "\(world.server.url)/indexes/books/documents?limit=1&offset=3"]).output
    #expect(first.contains(#""id": 4, "title": "row 4", "even": true, "third": 1.3333333333333333"#), "\(first)")
    #expect(try world.server.indexes().filter { $0.contains("-sie-dr-") }.count == 1)
    // Only then the name has got it.
    let order = try world.server.tasks("limit=100").map { $0["type"]?.string ?? "" }
    #expect(order.first == "indexSwap" && order.filter { $0 == "indexSwap" }.count == 1)
    // With settings of its own, into a server that has none.
    var fresh = try World()
    fresh.databaseURL = world.databaseURL
    try await fresh.rebuild { $0.settings = #"{"sortableAttributes":["id"]}"# }
    #expect(try fresh.server.ask("GET", "/indexes/books/settings")["sortableAttributes"] == ["id"])
  }

  @Test("plan sees what is there") func observed() async throws {
    let world = try World.filled()
    let before = await MeilisearchDumpObserver(DumpLook(host: World.host)).observe(world.dumpArguments, in: world.observing)
    #expect(before.facts["serverVersion"] == "1.11.3" && before.facts["problem"] == nil && before.measurements["documents"] == 123)
    try await world.dump()
    let target = try MeilisearchServer.start()
    let restore = await MeilisearchRestoreObserver(host: World.host).observe(world.restoreArguments(target), in: world.observing)
    let change = MeilisearchRestore.compare(world.restoreArguments(target), restore, at: World.now())
    #expect(change.action == .create && change.before["documents"] == .string("the data in \(target.database), which is kept") && change.losses.count == 1)
    let rebuild = await MeilisearchRebuildObserver(host: World.host).observe(world.rebuildArguments, in: world.observing)
    #expect(MeilisearchRebuild.compare(world.rebuildArguments, rebuild, at: World.now()).before == ["index": "120 documents"])
  }
}
