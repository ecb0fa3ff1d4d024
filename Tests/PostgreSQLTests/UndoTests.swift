import ChildProcess
import ObjectStore
import PlanModel
import PostgreSQLClient
@testable import PostgreSQLProvider
import ProviderInterface
import TestSupport
import Testing

/// Taking a restore back: the target server is afterwards what it was, to the byte of a full dump with its roles.
@Suite(.timeLimit(.minutes(10)))
struct UndoTests {
  /// A source with roles of its own, and a target server of the test's own.
  private func prepared() async throws -> World {
    let world = try World.with(
      "", name: "undo_\(UInt32.random(in: 0...UInt32.max))", source: Servers.withRoles.get(), target: PostgreSQLServer.start())
    try world.source.psql(
      """
      CREATE SCHEMA "Odd Schema" AUTHORIZATION "App Owner"; CREATE TABLE "Odd Schema".t AS SELECT generate_series(1, 1000) AS n;
      ALTER TABLE "Odd Schema".t OWNER TO "App Owner"; GRANT SELECT ON "Odd Schema".t TO reader; CREATE INDEX ON "Odd Schema".t (n)
      """, database: world.database)
    try world.source.psql(RichSchema.settings(world.database))
    try await world.backUp()
    return world
  }

  /// An empty database with properties of its own.
  private func emptyTarget(_ world: World) throws {
    try world.target.psql(
      """
      CREATE ROLE tenant LOGIN PASSWORD 'x'; CREATE DATABASE \(world.database) OWNER tenant CONNECTION LIMIT 9;
      ALTER DATABASE \(world.database) SET work_mem = '9MB'; REVOKE ALL ON DATABASE \(world.database) FROM PUBLIC;
      GRANT CONNECT ON DATABASE \(world.database) TO tenant WITH GRANT OPTION; COMMENT ON DATABASE \(world.database) IS 'for tenants';
      ALTER ROLE tenant IN DATABASE \(world.database) SET search_path = a, "B c"
      """)
  }

  @Test("a done restore is taken back, whether the target was absent or empty", arguments: [true, false])
  func done(_ hasTarget: Bool) async throws {
    let world = try await prepared()
    if hasTarget { try emptyTarget(world) }
    let before = try World.dumpAll(world.target)
    let result = try await world.restore()
    #expect(try World.dumpAll(world.target) != before)
    // An application that has come back by now is no obstacle.
    let application = try await PostgreSQLConnection.open(ServerAddress(url: world.target.url(world.database)), application: "app")
    try await world.undoRestore(result)
    #expect(try World.dumpAll(world.target) == before)
    try await world.undoRestore(result)
    #expect(try World.dumpAll(world.target) == before)
    await application.close()
  }

  @Test("an attempt that failed half-way is taken back without a result", arguments: [true, false])
  func failed(_ hasTarget: Bool) async throws {
    let world = try await prepared()
    if hasTarget { try emptyTarget(world) }
    let before = try World.dumpAll(world.target)
    let faulty = world.with { call in
      call.operation == .next && call.key?.path.contains("/data/") == true ? .fail(.denied) : nil
    }
    let failed = await failure { try await faulty.restore() }
    #expect(failed?.code == "store-denied")
    #expect(try World.dumpAll(world.target) != before)
    try await world.undoRestore(nil)
    #expect(try World.dumpAll(world.target) == before)
  }

  @Test("a restore that was done but for its outcome settles as done; a dead one as not done; both can be performed again")
  func settles() async throws {
    let world = try await prepared()
    let performer = RestorePerformer(host: world.host)
    let context = world.context(step: "restore")
    #expect(await performer.settle(world.restoreArguments, in: context) == .notDone)
    let result = try await world.restore()
    guard case .done(let settled) = await performer.settle(world.restoreArguments, in: context) else {
      Issue.record("not settled")
      return
    }
    #expect(settled.outputs == result.outputs && settled.undoRecord == result.undoRecord)
    let after = try World.dumpAll(world.target)
    let again = try await world.restore(attempt: 2, earlier: [1])
    #expect(again.outputs == result.outputs)
    #expect(try World.dumpAll(world.target) == after)
  }

  @Test("an undo cut off at any of its statements is finished by the next one", arguments: [0, 1, 3, 6])
  func cutOff(_ statement: Int) async throws {
    let world = try await prepared()
    try emptyTarget(world)
    let before = try World.dumpAll(world.target)
    let result = try await world.restore()
    // The server ends the undo's session when it has logged so many of its statements.
    let cutter = Task {
      let watcher = try await PostgreSQLConnection.open(ServerAddress(url: world.target.url()), application: "cutter")
      for _ in 0..<(statement * 3) { try await watcher.query("SELECT pg_sleep(0.004)") }
      try await watcher.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sie-dr:%'")
    }
    _ = try? await world.undoRestore(result)
    try await cutter.value
    try await world.undoRestore(result)
    #expect(try World.dumpAll(world.target) == before)
  }

  @Test("roles that something else has come to need are not dropped, and named")
  func rolesInUse() async throws {
    let world = try await prepared()
    let result = try await world.restore()
    try world.target.psql("CREATE DATABASE elsewhere OWNER \"App Owner\"")
    let failed = await failure { try await world.undoRestore(result) }
    #expect(failed?.code == "roles-in-use" && failed?.message.contains("App Owner") == true)
    try world.target.psql("DROP DATABASE elsewhere")
    try await world.undoRestore(result)
    #expect(try world.target.psql("SELECT count(*) FROM pg_roles WHERE rolname = 'App Owner'") == "0\n")
  }

  @Test("roles that were there are not altered, and their differences are told")
  func existingRoles() async throws {
    let world = try await prepared()
    try world.target.psql("CREATE ROLE reader NOLOGIN CREATEDB")
    let before = try World.dumpAll(world.target)
    let result = try await world.restore()
    #expect(result.summary.contains("the role reader lacks LOGIN here") && result.summary.contains("the role reader has CREATEDB here"))
    #expect(result.summary.contains("the role reader is no member of pg_read_all_data here"))
    #expect(try world.target.psql("SELECT rolcanlogin, rolcreatedb FROM pg_roles WHERE rolname = 'reader'") == "f|t\n")
    try await world.undoRestore(result)
    #expect(try World.dumpAll(world.target) == before)
  }

  @Test("databases of other runs and of people are left alone")
  func others() async throws {
    let world = try await prepared()
    try world.target.psql("CREATE DATABASE \"\(world.database)__restore_mine\"")
    try world.target.psql("COMMENT ON DATABASE postgres IS '{\"sie-dr\":{\"no\":\"mark\"}}'")
    let before = try World.dumpAll(world.target)
    let result = try await world.restore()
    try await world.undoRestore(result)
    #expect(try World.dumpAll(world.target) == before)
  }
}
