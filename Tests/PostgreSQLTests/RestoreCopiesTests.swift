import Concurrency
import ObjectStore
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing

/// A point in two stores, the first of which fails in some way.
@Suite(.timeLimit(.minutes(5)))
struct RestoreCopiesTests {
  /// One table of several chunks, so that a piece is half sent when its end shows the damage.
  private static let sql = "CREATE TABLE t AS SELECT n, md5(n::text) || md5((-n)::text) AS m FROM generate_series(1, 90000) n; CREATE INDEX ON t (m)"

  private func world() async throws -> World {
    var world = try World.with(Self.sql)
    let attic = InMemoryStore(name: "attic")
    try await copyPoint(try await world.backUp(), from: world.store, to: attic)
    world.second = attic
    return world
  }

  /// The second chunk of the rows, whoever reads it.
  private static func secondChunk(_ fault: StoreFault) -> FaultyStore.Script {
    let seen = Lock(0)
    return { call in
      guard call.operation == .next, call.key?.path.contains("/data/") == true else { return nil }
      return seen.withLock { $0 += 1; return $0 % 2 == 0 } ? fault : nil
    }
  }

  @Test("what the first store does not give whole comes from the other, and the step says so", arguments: [
    ("a byte of the rows", FaultyStore.every(.next, on: "/data/", .flip(byte: 200))),
    ("a byte of the second chunk", secondChunk(.flip(byte: 200))),
    ("the end of the rows", secondChunk(.truncate)),
    ("the rows", FaultyStore.every(.open, on: "/data/", .fail(.notFound))),
    ("a byte of the schema", FaultyStore.every(.next, on: "schema.dump", .flip(byte: 40))),
    ("a byte of the roles", FaultyStore.every(.next, on: "roles", .flip(byte: 40))),
  ] as [(String, FaultyStore.Script)])
  func fallsOver(what: String, script: @escaping FaultyStore.Script) async throws {
    let world = try await world().with(faults: script)
    let result = try await world.restore()
    #expect(try World.dump(world.target, world.database) == World.dump(world.source, world.database), "\(what)")
    #expect(result.summary.contains("1 object came from the store `attic`, since store 'vault', object"), "\(result.summary)")
    #expect(try world.leftovers() == [])
  }

  @Test("a first store that falls silent in the middle is left aside from then on")
  func silent() async throws {
    let isGone = Lock(false)
    let whole = try await world()
    let faulty = FaultyStore(whole.store) { call in
      if call.operation == .next, call.key?.path.contains("/data/") == true { isGone.withLock { $0 = true } }
      return isGone.withLock { $0 } ? .fail(.unreachable) : nil
    }
    var world = whole
    world.store = faulty
    let result = try await world.restore()
    #expect(try World.dump(world.target, world.database) == World.dump(world.source, world.database))
    #expect(result.summary.contains("came from the store `attic`"), "\(result.summary)")
    #expect(await faulty.calls.filter { $0.operation == .next && $0.key?.path.contains("/data/") == true }.count == 1)
  }

  @Test("where no store has a good copy it fails, and leaves nothing behind that undo does not take")
  func none() async throws {
    var world = try await world().with(faults: FaultyStore.every(.next, on: "/data/", .flip(byte: 200)))
    world.second = world.second.map { FaultyStore($0, FaultyStore.every(.open, on: "/data/", .fail(.notFound))) }
    let failed = await failure { [world] in try await world.restore() }
    #expect(failed?.code == "object-damaged" && failed?.message.contains("vault") == true, "\(failed?.text ?? "restored")")
    try await world.undoRestore(nil)
    #expect(try world.leftovers() == [])
  }
}
