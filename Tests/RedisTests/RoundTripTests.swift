import CanonicalJSON
import Concurrency
import ObjectStore
import PlanModel
import PointSteps
import RedisClient
@testable import RedisProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

@Suite("a Redis server into a store and back", .timeLimit(.minutes(5)))
struct RoundTripTests {
  @Test("every type, expiry, database and function comes back; the file is not touched and the append-only file is on again", arguments: [false, true])
  func roundTrip(_ appendOnly: Bool) async throws {
    let world = try World(target: RedisServer.start(appendOnly ? ["--appendonly", "yes"] : []))
    let target = try #require(world.target)
    let expected = try contents(world.source)
    let point = try await world.backUp()
    #expect(point.method == "rdb" && point.rows == Int64(expected[..<3].joined().count))
    #expect(point.content["databases"]?.array?.map { $0["number"] } == [0, 1, 9])
    #expect(point.content["functions"] == 1)
    let result = try await world.restore()
    #expect(try contents(target) == expected)
    #expect(result.summary.hasPrefix("restored \(point.rows) keys from point \(point.id) into target"))
    #expect(try target.cli(["CONFIG", "GET", "appendonly"]) == "appendonly\n\(appendOnly ? "yes" : "no")\n")
    guard appendOnly else { return }
    // What was restored survives a crash right after the step.
    try target.kill()
    try target.restart()
    #expect(try contents(target) == expected)
  }

  @Test("a snapshot that is sent through a file on the server's disk is as good") func throughDisk() async throws {
    let source = try RedisServer.start(["--repl-diskless-sync", "no"])
    try source.commands(Servers.everyType)
    let world = try World(source: source, target: RedisServer.start())
    try await world.backUp()
    try await world.restore()
    #expect(try contents(#require(world.target)) == contents(source))
  }

  @Test("many keys and a large value, encrypted, with the progress told") func large() async throws {
    let source = try RedisServer.start()
    try source.cli(["EVAL", "for i = 1, 50000 do redis.call('SET', 'key' .. i, string.rep(i, 20)) end; redis.call('SET', 'huge', string.rep('x', 20000000) .. 'end')", "0"])
    let key = try AgeKey.make()
    var world = try World(source: source, target: RedisServer.start())
    world.identity = key.identity
    let point = try await world.backUp { $0.recipients = [key.recipient] }
    #expect(point.rows == 50_001 && point.objects.map(\.path) == ["dump.rdb.zst.age"])
    let without = await failure { [world] in try await world.restore() }
    #expect(without?.code == "identity-missing")
    try await world.restore { $0.identity = SecretReference(name: "identity", source: .env("UNUSED")) }
    #expect(try #require(world.target).cli(["DBSIZE"]) == "50002\n")
    #expect(try #require(world.target).contents().filter { !$0.contains(" sie-dr:") } == source.contents())
    #expect(world.progress.withLock { $0 }.contains { $0.phase == "restoring keys" && $0.done.bytes > 1_000_000 && $0.total == point.rawBytes })
  }

  @Test("keys whose time is over are not brought back, and are counted") func expired() async throws {
    // It forgets nothing by itself, so the snapshot has what is over already.
    let source = try RedisServer.start(["--enable-debug-command", "yes"])
    try source.commands(["DEBUG SET-ACTIVE-EXPIRE 0", "SET stays v", "SET soon v PX 1", "SET later v EX 600"])
    try await Task.sleep(for: .milliseconds(10))
    let world = try World(source: source, target: RedisServer.start())
    #expect(try await world.backUp().rows == 3)
    let result = try await world.restore()
    #expect(result.summary.contains("restored 2 keys") && result.summary.contains("1 more had expired meanwhile"))
    #expect(try #require(world.target).contents().filter { !$0.contains(" sie-dr:") } == source.contents())
  }

  @Test("a point of a server that was empty is one, and after a full one it is suspect") func suspect() async throws {
    let source = try RedisServer.start()
    let world = try World(source: source, target: RedisServer.start())
    #expect(try await world.backUp().rows == 0)
    try source.commands(["SET a 1"])
    #expect(try await world.backUp(attempt: 2).suspect == nil)
    try source.cli(["FLUSHALL"])
    #expect(try await world.backUp(attempt: 3).suspect?.hasPrefix("holds no rows where the last good point") == true)
    #expect(try await world.restore().summary.contains("restored 1 key from point"))
  }

  @Test("the primary is read, and a replica where there is none, which the manifest says") func whichServer() async throws {
    let primary = try RedisServer.start()
    try primary.commands(["SET a 1"])
    var world = try World(source: primary)
    world.target = try RedisServer.replica(of: primary)
    let both = [World.reference("target"), World.reference("source")]
    let first = try await world.backUp { $0.servers = both }
    #expect(first.content["server"]?["replica"] == false)
    #expect(await RedisBackupObserver().observe(world.backupArguments, in: world.observing).facts["role"] == "primary")
    var away = world
    away.urls["source"] = "redis://127.0.0.1:1"
    let second = try await away.backUp({ $0.servers = both }, attempt: 2)
    #expect(second.content["server"]?["replica"] == true && second.rows == 1)
    try primary.kill()
    try await until("the link is down") { try #require(world.target).cli(["INFO", "replication"]).contains("master_link_status:down") }
    let orphaned = await failure { [world] in try await world.backUp({ $0.servers = both }, attempt: 3) }
    #expect(orphaned?.code == "replica-orphaned")
  }

  @Test("a snapshot that had begun for somebody else dates from then") func sigma() {
    var tally = SnapshotTally()
    tally.note("ctime", "1000")
    let asked = Timestamp(milliseconds: 5_000_000)
    #expect(SnapshotBackup.sigma(asked: asked, theirs: Timestamp(milliseconds: 1_003_500), tally, lag: .zero) == Timestamp(milliseconds: 4_996_500))
    #expect(SnapshotBackup.sigma(asked: asked, theirs: Timestamp(milliseconds: 999_900), tally, lag: .seconds(2)) == Timestamp(milliseconds: 4_998_000))
    #expect(SnapshotBackup.sigma(asked: asked, theirs: asked, SnapshotTally(), lag: .zero) == nil)
    // A replica may be behind by as long as it has heard nothing.
    #expect(SnapshotBackup.lag(of: ServerInfo("role:slave\nmaster_last_io_seconds_ago:4")) == 5 && SnapshotBackup.lag(of: ServerInfo("role:master")) == 0)
  }

  @Test("RESTORE.md brings the point back with stock tools alone, and touches no folder that holds data") func byHand() async throws {
    let world = try World()
    let point = try await world.backUp()
    let folder = try temporaryFolder("byhand")
    defer { removeFolder(folder) }
    for info in try await world.store.listAll(prefix: point.place.prefix) { try writeBytes("\(folder)/\(info.key.path.dropFirst(point.place.prefix.count))", try await world.store.read(info.key)) }
    let server = try RedisServer.start()
    let instructions = try readFile("\(folder)/RESTORE.md")
    let script = instructions.split(separator: "\n").drop { $0 != "```sh" }.dropFirst().prefix { $0 != "```" }.joined(separator: "\n")
    func run() throws { try runProgram(["bash", "-c", "cd \(folder) && (\(script)\n) 2>&1"], environment: ["REDIS_DIR": server.folder]) }
    try run()
    try server.kill()
    try server.restart()
    #expect(try contents(server) == contents(world.source))
    #expect(throws: ProgramFailure.self) { try run() }
  }
}

@Suite("doctor looks at Redis", .timeLimit(.minutes(5)))
struct DoctorTests {
  @Test("it is there, what it is, whether it could be backed up and restored to; or why nobody can tell") func looks() async throws {
    let world = try World(target: RedisServer.start())
    func look(_ server: String, _ world: World, isRestoredTo: Bool = true) async -> [CheckOutcome] {
      await RedisExamination(of: World.reference(server), isBackedUp: true, isRestoredTo: isRestoredTo).outcomes(in: world.observing)
    }
    let target = await look("target", world)
    #expect(target.map(\.name) == ["connection", "clock", "snapshot", "room"])
    #expect(target[0].verdict == .ok && target[0].message.hasSuffix("primary") && target[2].verdict == .ok && target[3].verdict == .ok)
    #expect(await look("source", world).last?.verdict == .warning)
    var wrong = world
    wrong.urls["target"] = "redis://:wrong-canary@127.0.0.1:\(try #require(world.target).port)"
    let refused = await look("target", wrong)
    #expect(refused.map(\.verdict) == [.failed] && !refused[0].message.contains("canary") && !refused[0].helps.isEmpty)
    wrong.urls["target"] = "redis://127.0.0.1:1"
    #expect(await look("target", wrong).map(\.verdict) == [.failed])
  }
}
