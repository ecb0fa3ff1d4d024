import CanonicalJSON
import Concurrency
import ObjectStore
import PlanModel
import PointSteps
@testable import RedisProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// Servers and stores that lie, are slow or are gone.
@Suite("backups and restores of Redis in trouble", .timeLimit(.minutes(5)))
struct FaultTests {
  private func objects(_ world: World) async throws -> [String] { try await world.store.listAll(prefix: "").map(\.key.path) }

  @Test("a snapshot that is cut, or of which a bit is another one, makes no point", arguments: [StreamFault.cut(2_500), .flip(2_500)])
  func badTransfer(_ fault: StreamFault) async throws {
    var world = try World()
    // The first connection only asks whether it is the primary.
    let proxy = try TCPFaultProxy(to: world.source.port) { $0 == 1 ? fault.after(6_000) : nil }
    world.urls["source"] = world.source.url(password: RedisServer.encodedPassword, port: proxy.port)
    let failed = await failure { [world] in try await world.backUp() }
    #expect(["server-gone", "snapshot-damaged"].contains(failed?.code), "\(failed?.text ?? "no failure")")
    #expect(try await objects(world) == [])
  }

  @Test("a server that is killed in the middle makes no point, and the failure can be tried again") func killed() async throws {
    let source = try RedisServer.start(["--rdb-key-save-delay", "2000"])
    try source.cli(["EVAL", "for i = 1, 5000 do redis.call('SET', 'key' .. i, string.rep('x', 1000)) end", "0"])
    let world = try World(source: source)
    let backup = Task { await failure { try await world.backUp() } }
    try await until("the snapshot is under way") { try source.cli(["INFO", "persistence"]).contains("rdb_bgsave_in_progress:1") }
    try await onThread { try source.kill() }
    let failed = await backup.value
    #expect(failed?.code == "server-gone" && failed?.isTransient == true, "\(failed?.text ?? "no failure")")
    #expect(try await objects(world) == [])
  }

  @Test("a cancelled backup leaves nothing and says so") func cancelled() async throws {
    let source = try RedisServer.start(["--rdb-key-save-delay", "2000"])
    try source.cli(["EVAL", "for i = 1, 5000 do redis.call('SET', 'key' .. i, string.rep('x', 1000)) end", "0"])
    let world = try World(source: source)
    let backup = Task { await failure { try await world.backUp() } }
    try await until("the snapshot is under way") { try source.cli(["INFO", "persistence"]).contains("rdb_bgsave_in_progress:1") }
    backup.cancel()
    #expect(await backup.value?.code == "cancelled")
    #expect(try await objects(world) == [])
  }

  @Test("a frozen server is waited for no longer than allowed") func frozen() async throws {
    let source = try RedisServer.start()
    let world = try World(source: source)
    try source.signal("STOP")
    defer { try? source.signal("CONT") }
    guard case .unreachable(let reason) = await RedisBackupObserver().observe(world.backupArguments, in: world.observing).reach else {
      Issue.record("reached")
      return
    }
    #expect(reason.contains("did not answer in time"))
  }

  @Test("a full store fails with words, and what was written goes") func full() async throws {
    var world = try World()
    world.store = FaultyStore(world.store) { $0.operation == .write ? .fail(.noSpace) : nil }
    let failed = await failure { [world] in try await world.backUp() }
    #expect(failed?.code == "store-full")
    #expect(try await objects(world) == [])
  }

  @Test("a user without the right to replicate is told which") func rights() async throws {
    let source = try RedisServer.start()
    try source.commands(["ACL SETUSER guest on >secret-of-guest ~* +@all -sync -psync -replconf"])
    var world = try World(source: source)
    world.urls["source"] = "redis://guest:secret-of-guest@127.0.0.1:\(source.port)"
    let failed = await failure { [world] in try await world.backUp() }
    #expect(failed?.code == "rights-missing" && failed?.text.contains("secret-of-guest") == false, "\(failed?.text ?? "")")
  }

  // MARK: Restores

  @Test("a server with a single key, or a function, is not touched") func notEmpty() async throws {
    for command in ["SET mine 1", "FUNCTION LOAD \"#!lua name=mine\\nredis.register_function('g', function() return 1 end)\""] {
      let target = try RedisServer.start(["--appendonly", "yes"])
      try target.commands(["SELECT 3", command])
      let world = try World(target: target)
      try await world.backUp()
      let before = try target.cli(["INFO", "keyspace"]) + target.cli(["FUNCTION", "LIST"])
      let failed = await failure { try await world.restore() }
      #expect(failed?.code == "target-not-empty", "\(failed?.text ?? "")")
      #expect(try target.cli(["INFO", "keyspace"]) + target.cli(["FUNCTION", "LIST"]) == before)
      try await world.undoRestore(nil)
      #expect(try target.cli(["INFO", "keyspace"]) + target.cli(["FUNCTION", "LIST"]) == before)
      #expect(try target.cli(["CONFIG", "GET", "appendonly"]).contains("yes"))
    }
  }

  @Test("a replica is refused as a target, and a server with too little memory or with eviction says so") func unfit() async throws {
    let world = try World(target: RedisServer.replica(of: RedisServer.start()))
    try await world.backUp()
    let replica = await failure { try await world.restore() }
    #expect(replica?.code == "server-is-replica")
    var small = try World(source: RedisServer.start(), target: RedisServer.start(["--maxmemory", "1500kb"]))
    try small.source.cli(["EVAL", "for i = 1, 3000 do redis.call('SET', 'filler' .. i, string.rep('x', 1000)) end", "0"])
    try await small.backUp()
    let full = await failure { [small] in try await small.restore() }
    #expect(full?.code == "server-full", "\(full?.text ?? "")")
    small.target = try RedisServer.start(["--maxmemory", "1500kb", "--maxmemory-policy", "allkeys-lru"])
    let evicting = await failure { [small] in try await small.restore() }
    #expect(evicting?.code == "keys-differ" && evicting?.text.contains("maxmemory-policy") == true, "\(evicting?.text ?? "")")
    try await small.undoRestore(nil)
    #expect(try #require(small.target).cli(["DBSIZE"]) == "0\n")
  }

  @Test("a damaged object is taken from the next store, whose keys alone are there then; without one nothing is left") func damaged() async throws {
    var world = try World(target: RedisServer.start())
    try await world.backUp()
    let good = world.store
    world.store = FaultyStore(good) { $0.operation == .next && $0.key?.path.hasSuffix("dump.rdb.zst") == true ? .flip(byte: 900) : nil }
    let failed = await failure { [world] in try await world.restore() }
    #expect(failed?.code == "object-damaged", "\(failed?.text ?? "")")
    try await world.undoRestore(nil)
    #expect(try #require(world.target).cli(["DBSIZE"]) == "0\n")
    let attic = InMemoryStore(name: "attic")
    for info in try await good.listAll(prefix: "") { try await attic.put(info.key, try await good.read(info.key), ifAbsent: false) }
    world.second = attic
    let result = try await world.restore(attempt: 2, earlier: [1])
    #expect(result.summary.contains("came from the store"))
    #expect(try contents(#require(world.target)) == contents(world.source))
  }

  @Test("a restore that was killed is done again from the start, and turns the append-only file on that the first had turned off") func again() async throws {
    let target = try RedisServer.start(["--appendonly", "yes"])
    let source = try RedisServer.start()
    try source.cli(["EVAL", "for i = 1, 20000 do redis.call('SET', 'key' .. i, i) end", "0"])
    var world = try World(source: source, target: target)
    try await world.backUp()
    // The connection breaks in the middle of the answers; the server keeps what it has.
    let proxy = try TCPFaultProxy(to: target.port) { _ in .cut(30_000) }
    world.urls["target"] = target.url(password: RedisServer.encodedPassword, port: proxy.port)
    let failed = await failure { [world] in try await world.restore() }
    #expect(failed?.code == "server-gone", "\(failed?.text ?? "")")
    #expect(try target.cli(["CONFIG", "GET", "appendonly"]).contains("no"))
    world.urls = [:]
    #expect(try await World.performers.settle("redis.restore", StepArguments(of: world.restoreArguments), in: world.context(step: "restore")) == .notDone)
    let other = await failure { [world] in try await world.restore(step: "another") }
    #expect(other?.code == "target-not-empty")
    try await world.restore(attempt: 2, earlier: [1])
    #expect(try contents(target) == contents(world.source))
    #expect(try target.cli(["CONFIG", "GET", "appendonly"]).contains("yes"))
  }

  @Test("somebody who writes meanwhile is noticed") func inUse() async throws {
    let target = try RedisServer.start()
    let world = try World(target: target)
    try await world.backUp()
    let store = FaultyStore(world.store) { call in
      if call.operation == .next, call.key?.path.hasSuffix("dump.rdb.zst") == true { _ = try? target.cli(["SET", "text", "mine"]) }
      return nil
    }
    var busy = world
    busy.store = store
    let failed = await failure { [busy] in try await busy.restore() }
    #expect(failed?.code == "target-in-use", "\(failed?.text ?? "")")
  }

  @Test("undo touches nothing that does not say that it is of this run") func undoOthers() async throws {
    let target = try RedisServer.start()
    let world = try World(target: target)
    try await world.backUp()
    let result = try await world.restore()
    try target.cli(["DEL", "sie-dr:restore"])
    let failed = await failure { try await world.undoRestore(result) }
    #expect(failed?.code == "not-ours")
    #expect(try contents(target) == contents(world.source))
  }

  // MARK: Secrets

  @Test("the password stands in no argument list, error, result, progress, manifest or object, and a wrong one is said without it") func canary() async throws {
    let world = try World(target: RedisServer.start(["--appendonly", "yes"]))
    let seen = Lock<Set<String>>([])
    let watcher = Task {
      while !Task.isCancelled {
        let list = try runProgram(["ps", "-eo", "args"]).output
        seen.withLock { $0.formUnion(list.split(separator: "\n").map(String.init)) }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    let point = try await world.backUp()
    let result = try await world.restore()
    watcher.cancel()
    _ = try? await watcher.value
    let canaries = [RedisServer.password, RedisServer.encodedPassword, "wrong-canary"]
    func isClean(_ text: String) -> Bool { !canaries.contains { text.contains($0) } }
    #expect(seen.withLock { $0 }.allSatisfy(isClean))
    #expect(isClean("\(result)\(point)\(world.progress.withLock { $0 })"))
    for info in try await world.store.listAll(prefix: "") { #expect(isClean(String(decoding: try await world.store.read(info.key), as: UTF8.self)) && isClean(info.key.path)) }
    #expect(try isClean(#require(world.target).cli(["GET", "sie-dr:restore"])))
    var wrong = world
    wrong.urls = ["source": world.source.url(password: "wrong-canary"), "target": try #require(world.target).url(password: "wrong-canary")]
    for failed in [
      await failure { [wrong] in try await wrong.backUp(attempt: 2) }, await failure { [wrong] in try await wrong.restore(attempt: 2) }, await failure { [wrong] in try await wrong.undoRestore(nil) },
    ] { #expect(failed?.code == "login-refused" && isClean(failed?.text ?? "wrong-canary") && failed?.helps.isEmpty == false) }
    guard case .unreachable(let reason) = await RedisRestoreObserver().observe(wrong.restoreArguments, in: wrong.observing).reach else {
      Issue.record("reached")
      return
    }
    #expect(isClean(reason) && reason.contains("refused the login"))
  }
}

extension StreamFault {
  /// So much later, if it is by place.
  fileprivate func after(_ more: Int) -> StreamFault {
    switch self {
    case .cut(let place): .cut(place + more)
    case .flip(let place): .flip(place + more)
    case .stall(let place): .stall(place + more)
    }
  }
}
