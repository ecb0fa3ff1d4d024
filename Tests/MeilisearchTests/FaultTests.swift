import CanonicalJSON
import Glibc
@testable import MeilisearchProvider
import ObjectStore
import PlanModel
import PointSteps
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// Servers and stores that lie, are slow or are gone. The server is a stand-in: see `meilisearch.py`.
@Suite("dumps, restores and rebuilds of Meilisearch in trouble", .timeLimit(.minutes(5)))
struct FaultTests {
  // MARK: Dumps

  @Test("a dump that is not whole, not there, or not what the server has, makes no point and does not stay on the server", arguments: [
    ("cut", "dump-damaged", "is not whole: gzip says"), ("flip", "dump-damaged", "is not whole"), ("other", "dump-damaged", "is not whole: it ends in the middle"),
    ("missing", "dump-not-here", "Meilisearch 1.x serves no dump over HTTP"), ("lie", "dump-differs", "the dump holds 119 documents of `books`, and `search` says that it has 120"),
  ]) func badDump(_ fault: String, _ code: String, _ text: String) async throws {
    let world = try World.filled()
    try world.server.faults(#"{"dump":"\#(fault)"}"#)
    let failed = await failure { try await world.dump() }
    #expect(failed?.code == code && failed?.text.contains(text) == true, "\(failed?.text ?? "no failure")")
    #expect(try await world.objects() == [] && world.dumpFiles() == [])
  }

  @Test("a last line without an end is a document too") func lastLine() async throws {
    let world = try World.filled()
    try world.server.faults(#"{"dump":"no-newline"}"#)
    #expect(try await world.dump().rows == 123)
  }

  @Test("a full disk at the server is told as that") func full() async throws {
    let world = try World.filled()
    try world.server.faults(#"{"fail":"dumpCreation"}"#)
    let failed1 = await failure { try await world.dump() }
    #expect(failed1?.code == "server-disk-full")
  }

  @Test("a cancelled dump is given up at the server too, and leaves nothing") func cancelled() async throws {
    let world = try World.filled()
    try world.server.faults(#"{"stay":"dumpCreation"}"#)
    let dump = Task { await failure { try await world.dump() } }
    try await until("the dump is under way") { try world.server.tasks("types=dumpCreation&statuses=processing").count == 1 }
    dump.cancel()
    #expect(await dump.value?.code == "cancelled")
    #expect(try await onThread { try world.server.tasks("types=dumpCreation").map { $0["status"] } } == ["canceled"])
    #expect(try await world.objects() == [])
  }

  @Test("a dump that does not end, and a queue that does not, are waited for no longer than allowed") func slow() async throws {
    let world = try World.filled()
    try world.server.faults(#"{"stay":"dumpCreation"}"#)
    let failed = await failure { try await world.dump(timeout: .seconds(1)) }
    #expect(failed?.code == "task-timed-out" && failed?.isTransient == true)
    try world.server.faults(#"{"stay":"documentAdditionOrUpdate"}"#)
    try world.server.ask("POST", "/indexes/books/documents", #"[{"id":999}]"#)
    let failed2 = await failure { try await world.dump(timeout: .seconds(1)) }
    #expect(failed2?.code == "queue-too-long")
    // Nothing was asked for behind it.
    #expect(try world.server.tasks("types=dumpCreation").count == 1)
  }

  @Test("a server that is down, breaks, is something else, or refuses the key is told apart; once broken, it is asked again") func servers() async throws {
    var world = try World.filled()
    world.port = try HTTPServer.closedPort()
    let down = await failure { [world] in try await world.dump() }
    #expect(down?.code == "server-unreachable" && down?.isTransient == true)
    guard case .unreachable = await MeilisearchDumpObserver(DumpLook(host: World.host)).observe(world.dumpArguments, in: world.observing).reach else { Issue.record("reached"); return }
    world.port = nil
    try world.server.faults(#"{"status":["/stats",503]}"#)
    let busy = await failure { [world] in try await world.dump() }
    #expect(busy?.code == "server-busy" && busy?.isTransient == true && busy?.text.contains(MeilisearchServer.key) == false, "\(busy?.text ?? "")")
    try world.server.faults(#"{"text":"hello"}"#)
    let failed3 = await failure { [world] in try await world.dump() }
    #expect(failed3?.code == "not-meilisearch")
    try world.server.faults("{}")
    world.key = "another"
    let refused = await failure { [world] in try await world.dump() }
    #expect(refused?.code == "login-refused" && refused?.helps == ["correct the secret `key`: it must be the server's master key"])
    world.key = MeilisearchServer.key
    let proxy = try TCPFaultProxy(to: world.server.port) { $0 == 0 ? .cut(10) : nil }
    world.port = proxy.port
    try await world.dump()
  }

  @Test("a version that the plan does not pin is refused before anything is done") func pinned() async throws {
    var world = try World.filled()
    world.version = "1.10"
    let failed = await failure { [world] in try await world.dump() }
    #expect(failed?.code == "version-differs" && failed?.message == "`search` is Meilisearch 1.11.3, and the plan says that it runs 1.10")
    #expect(await MeilisearchDumpObserver(DumpLook(host: World.host)).observe(world.dumpArguments, in: world.observing).facts["problem"] == .string(failed?.message ?? ""))
    #expect(try world.server.tasks("types=dumpCreation").isEmpty)
    world.databaseURL = "postgresql://127.0.0.1:1/none"
    let failed4 = await failure { [world] in try await world.rebuild() }
    #expect(failed4?.code == "version-differs")
  }

  @Test("a folder of dumps that is not known or not there is told before anything is asked for") func folder() async throws {
    let world = try World.filled()
    let failed5 = await failure { try await world.dump { $0.servers[0].dumps = nil } }
    #expect(failed5?.code == "dumps-unknown")
    let failed6 = await failure { try await world.dump { $0.servers[0].dumps = "/nowhere" } }
    #expect(failed6?.code == "dumps-unknown")
    #expect(try world.server.tasks("types=dumpCreation").isEmpty)
  }

  // MARK: Restores

  /// What every failed restore must leave: an undo that brings the former data back.
  private func restored(_ world: World, _ target: MeilisearchServer, _ before: [String]) async throws {
    try await world.undoRestore(to: target, nil)
    #expect(try target.contents() == before)
    #expect(!names(in: target.folder).contains { $0.contains("sie-dr") })
  }

  @Test("an import that fails, that starts empty, or that nobody started, is told; undo brings the former data back", arguments: [
    (#"{"import":"fail"}"#, "not-started"), (#"{"import":"empty"}"#, "documents-differ"), (#"{"count":1}"#, "documents-differ"),
  ]) func badImport(_ faults: String, _ code: String) async throws {
    let world = try World.filled()
    try await world.dump()
    let target = try MeilisearchServer.start()
    try target.add("old", 1...2)
    let before = try target.contents()
    try target.faults(faults)
    let failed = await failure { try await world.restore(to: target, timeout: .seconds(3)) }
    #expect(failed?.code == code, "\(failed?.text ?? "no failure")")
    try target.faults("{}")
    try await restored(world, target, before)
  }

  @Test("a server that is not stopped keeps its data") func notStopped() async throws {
    let world = try World.filled()
    try await world.dump()
    let target = try MeilisearchServer.start()
    try target.add("old", 1...2)
    let before = try target.contents()
    let failed7 = await failure { try await world.restore(to: target, timeout: .seconds(4)) { $0.stop = ["true"] } }
    #expect(failed7?.code == "not-stopped")
    let failed8 = await failure { try await world.restore(to: target, attempt: 2) { $0.stop = ["sh", "-c", "echo no >&2; exit 3"] } }
    #expect(failed8?.text.contains("it said: no") == true)
    #expect(try target.contents() == before)
    // And goes on where it stood, with programs that do what they say.
    try await world.restore(to: target, attempt: 3)
    #expect(try target.contents() == world.server.contents())
    try await restored(world, target, before)
  }

  @Test("a dump of a newer server, a damaged one and one of another run are refused while the server still runs") func refused() async throws {
    let world = try World.filled()
    let point = try await world.dump()
    let old = try MeilisearchServer.start(version: "1.10.0")
    try old.add("old", 1...2)
    let before = try old.contents()
    let failed9 = await failure { try await world.restore(to: old) }
    #expect(failed9?.code == "server-too-old")
    #expect(try old.contents() == before && !names(in: old.folder).contains { $0.contains("sie-dr") })
    let target = try MeilisearchServer.start()
    try writeFile("\(target.database).sie-dr-restore.json", #"{"attempt":1,"documents":0,"hadData":true,"point":"p","run":"other","state":"begun","step":"restore","wasRunning":true}"#)
    let failed10 = await failure { try await world.restore(to: target) }
    #expect(failed10?.code == "target-in-use")
    let third = try MeilisearchServer.start()
    let key = try #require(try await world.store.listAll(prefix: "").map(\.key).first { $0.path.hasSuffix("meilisearch.dump") })
    try await world.store.put(key, Array("damaged".utf8), ifAbsent: false)
    let failed11 = await failure { try await world.restore(to: third) }
    #expect(failed11?.code == "object-damaged", "\(point.id)")
    #expect(try third.isUp() && !names(in: third.folder).contains { $0.contains("sie-dr") })
  }

  @Test("cut off at any moment, it is begun again from the former data") func cutOff() async throws {
    let world = try World.filled()
    try await world.dump()
    let target = try MeilisearchServer.start()
    try target.add("old", 1...2)
    let before = try target.contents()
    // The server is stopped, the data is aside, half of something else is in its place.
    let failed12 = await failure { try await world.restore(to: target) { $0.start = ["sh", "-c", "mkdir \(target.database); exit 1"] } }
    #expect(failed12?.code == "program-failed")
    #expect(await MeilisearchRestorePerformer(host: World.host).settle(world.restoreArguments(target), in: world.context(step: "restore")) == .notDone)
    try await world.restore(to: target, attempt: 2)
    #expect(try target.contents() == world.server.contents())
    try await restored(world, target, before)
  }

  // MARK: Rebuilds

  @Test("an index that lacks a document, has one too many, or cannot be built, is not put in place", arguments: [
    (#"{"documents":"drop"}"#, "documents-differ", "lacks 1 of 2500 documents of `pg`: `1`"), (#"{"documents":"extra"}"#, "documents-differ", "has a document `stranger` that `pg` does not know"),
    (#"{"fail":"documentAdditionOrUpdate"}"#, "server-disk-full", "No space left"), (#"{"fail":"indexSwap"}"#, "server-disk-full", "swap"), (#"{"count":1}"#, "documents-differ", "counts 2501 documents"),
  ]) func badIndex(_ faults: String, _ code: String, _ text: String) async throws {
    var world = try World.filled()
    world.databaseURL = try Servers.database.get().tcpURL()
    let before = try world.server.contents()
    try world.server.faults(faults)
    let failed = await failure { [world] in try await world.rebuild() }
    #expect(failed?.code == code && failed?.text.contains(text) == true && failed?.text.contains(MeilisearchServer.key) == false, "\(failed?.text ?? "no failure")")
    try world.server.faults("{}")
    #expect(try world.server.contents() == before && world.server.indexes() == ["books", "films"])
  }

  @Test("queries that make no index are told", arguments: [
    ("SELECT 1 AS id UNION ALL SELECT 1", "id-twice"), ("SELECT NULL::int AS id", "empty-id"), ("SELECT * FROM nowhere", "sql-refused"), ("SELECT 'a b' AS id", "task-failed"),
    ("SELECT 1 AS id, 2 AS id", "wrong-columns"), ("SELECT 1 AS \"the id\"", "wrong-columns"), ("CREATE TABLE t (n int)", "sql-refused"), ("SELECT 1 AS id -- a comment", nil),
  ]) func queries(_ sql: String, _ code: String?) async throws {
    var world = try World()
    world.databaseURL = try Servers.database.get().tcpURL()
    let failed = await failure { [world] in try await world.rebuild { $0.sql = sql } }
    #expect(failed?.code == code, "\(failed?.text ?? "no failure")")
    #expect(try world.server.indexes().contains("books") == (code == nil))
  }

  @Test("killed right after the swap, it is known as done") func swapped() async throws {
    var world = try World.filled()
    world.databaseURL = try Servers.database.get().tcpURL()
    let before = try world.server.contents()
    try await world.rebuild()
    guard case .done = await MeilisearchRebuildPerformer(host: World.host).settle(world.rebuildArguments, in: world.context(step: "rebuild", attempt: 1)) else { Issue.record("not done"); return }
    try await MeilisearchRebuildPerformer(host: World.host).undo(world.rebuildArguments, result: nil, in: world.context(step: "rebuild"))
    #expect(try world.server.contents() == before && world.server.indexes() == ["books", "films"])
  }

  // MARK: Secrets

  @Test("the key is in no text, point or file, and no argument list") func secret() async throws {
    var world = try World.filled()
    world.databaseURL = try Servers.database.get().tcpURL()
    try await world.dump()
    try world.server.faults(#"{"fail":"dumpCreation"}"#)
    let failed = await failure { [world] in try await world.dump() }
    #expect(failed?.text.contains("[secret]") == true && failed?.text.contains(MeilisearchServer.key) == false)
    for info in try await world.store.listAll(prefix: "") where !info.key.path.hasSuffix("meilisearch.dump") {
      #expect(!String(decoding: try await world.store.read(info.key), as: UTF8.self).contains(MeilisearchServer.key), "\(info.key)")
    }
    let target = try MeilisearchServer.start()
    try await world.restore(to: target) { $0.start = ["sh", "-c", "env > \(target.folder)/env; exec sh \(target.folder)/start.sh"] }
    #expect(!(try readFile("\(target.folder)/env").contains(MeilisearchServer.key)))
    #expect(!(try readFile("\(target.database).sie-dr-restore.json").contains(MeilisearchServer.key)))
  }
}
