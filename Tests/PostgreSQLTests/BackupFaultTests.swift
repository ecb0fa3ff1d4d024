import CanonicalJSON
import Concurrency
import ObjectStore
import PlanModel
import PostgreSQLClient
@testable import PostgreSQLProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// What goes wrong at the source while a backup is made, each on the real server.
@Suite(.timeLimit(.minutes(10)))
struct BackupFaultTests {
  /// Big enough that its COPY is under way for a while, for the cost of a few megabytes.
  static let slow =
    "CREATE TABLE big AS SELECT n, repeat(md5(n::text), 8) AS t FROM generate_series(1, 30000) n; CREATE TABLE other (a int)"

  @Test("a migration that waits behind the backup gets its lock within yieldAfter, and the backup says why it gave way")
  func givesWay() async throws {
    let world = try World.with(
      Self.slow,
      store: FaultyStore(InMemoryStore(name: "vault")) { call in
        // The store is slow, so the backup lasts.
        call.operation == .write ? .delay(.milliseconds(400)) : nil
      })
    async let backup = failure {
      try await world.backUp {
        $0.options.workers = 1; $0.options.yieldAfter = .seconds(2)
      }
    }
    let other = try await PostgreSQLConnection.open(ServerAddress(url: world.source.url(world.database)), application: "migration")
    try await world.untilDumping()
    try await other.execute("ALTER TABLE other ADD COLUMN b text DEFAULT 'secret literal'", deadline: .seconds(20))
    let failed = await backup
    #expect(failed?.code == "gave-way" && failed?.isTransient == true)
    for words in ["ALTER TABLE", "other", "yieldAfter", "tried again"] { #expect(failed?.text.contains(words) == true) }
    #expect(failed?.text.contains("secret literal") == false)
    #expect(await world.points().isEmpty)
    #expect(try await world.store.listAll(prefix: "").isEmpty)
  }

  @Test("a table that somebody holds exclusively keeps the backup from beginning, not the other way round")
  func lockedOut() async throws {
    let world = try World.with(Self.slow)
    let other = try await PostgreSQLConnection.open(ServerAddress(url: world.source.url(world.database)), application: "migration")
    try await other.execute("BEGIN; LOCK TABLE big IN ACCESS EXCLUSIVE MODE")
    let failed = await failure { try await world.backUp() }
    #expect(failed?.code == "gave-way")
    #expect(failed?.message.contains("big") == true)
    try await other.execute("ROLLBACK")
    #expect(try await world.backUp().rows == 30_000)
  }

  @Test(
    "a table dropped, renamed, rewritten or with other columns since the look is another snapshot",
    arguments: [
      (1, "b", ["n"], false, "was renamed"), (1, "a", ["n", "m"], false, "other columns"), (1, "a", ["n"], true, "rewritten or truncated"),
      (2, "a", ["n"], false, "appeared"),
    ])
  func moved(_ oid: Int64, _ name: String, _ columns: [String], _ isRewritten: Bool, _ words: String) {
    func entry(_ oid: Int64, _ name: String, _ columns: [String], _ isRewritten: Bool) -> TableEntry {
      TableEntry(oid: oid, table: QualifiedName(schema: "public", name: name), columns: columns, isRewritten: isRewritten, size: 0, hasPortableTypes: false)
    }
    let before = [entry(1, "a", ["n"], false)]
    #expect(difference(listed: before, underSnapshot: before) == nil)
    #expect(difference(listed: before, underSnapshot: [entry(oid, name, columns, isRewritten)])?.contains(words) == true)
    #expect(difference(listed: before, underSnapshot: [])?.contains("dropped") == true)
  }

  @Test("a table truncated and refilled, altered or dropped just before the snapshot is read as it is then, never as empty")
  func aroundTheSnapshot() async throws {
    let world = try World.with("CREATE TABLE t AS SELECT generate_series(1, 100) AS n; CREATE TABLE gone (a int)")
    let address = try ServerAddress(url: world.source.url(world.database))
    let other = try await PostgreSQLConnection.open(address, application: "migration")
    // Held, so that the backup's LOCK waits for it and takes its snapshot only afterwards.
    try await other.execute(
      "BEGIN; TRUNCATE t; INSERT INTO t SELECT generate_series(1, 250); DROP TABLE gone; CREATE TABLE came AS SELECT 7 AS seven")
    async let backup = world.backUp()
    try await world.untilWaiting()
    try await other.execute("COMMIT")
    let point = try await backup
    let content = try CanonicalJSON.decode(LogicalPoint.self, from: point.content)
    #expect(content.databases.first?.tables.map { "\($0.name) \($0.rows)" } == ["came 1", "t 250"])
  }

  @Test("an exclusive lock queued behind the coordinator: the coordinator reads the table, the backup is whole")
  func coordinatorReads() async throws {
    let world = try World.with(
      Self.slow + "; INSERT INTO other VALUES (1)",
      store: FaultyStore(InMemoryStore(name: "vault")) { call in
        call.operation == .write ? .delay(.milliseconds(300)) : nil
      })
    async let backup = world.backUp {
      $0.options.workers = 1; $0.options.yieldAfter = .minutes(5)
    }
    let other = try await PostgreSQLConnection.open(ServerAddress(url: world.source.url(world.database)), application: "migration")
    try await world.untilSchemaIsRead()
    async let migration = other.execute("BEGIN; LOCK TABLE other IN ACCESS EXCLUSIVE MODE; COMMIT")
    #expect(try await backup.rows == 30_001)
    _ = try await migration
  }

  @Test("a server that goes down in the middle fails the backup, and nothing is left of it")
  func serverGone() async throws {
    let server = try PostgreSQLServer.start()
    let world = try World.with(
      Self.slow,
      store: FaultyStore(InMemoryStore(name: "vault")) { call in
        call.operation == .write ? .delay(.milliseconds(300)) : nil
      }, source: server)
    async let backup = failure { try await world.backUp() }
    try await world.untilDumping()
    try server.stop()
    let failed = await backup
    #expect(["server-gone", "server-unreachable", "pg-dump-failed"].contains(failed?.code ?? "none"), "\(failed?.text ?? "no failure")")
    #expect(failed?.isTransient == true)
    #expect(try await world.store.listAll(prefix: "").isEmpty)
    try server.restart()
    #expect(try await world.backUp(attempt: 2).rows == 30_000)
  }

  @Test("a worker's session that is ended costs its piece, which is read again")
  func workerTerminated() async throws {
    let world = try World.with(
      Self.slow,
      store: FaultyStore(InMemoryStore(name: "vault")) { call in
        call.operation == .write ? .delay(.milliseconds(300)) : nil
      })
    async let backup = world.backUp { $0.options.workers = 1 }
    try await world.untilDumping()
    try world.source.psql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(world.database)' AND query LIKE 'COPY%'")
    #expect(try await backup.rows == 30_000)
  }

  @Test(
    "a full store, and one that loses its connection for good, fail the backup and are named",
    arguments: [
      (StoreError.Reason.noSpace, "store-full"), (.denied, "store-denied"), (.unreachable, "store-unreachable"),
    ])
  func storeFails(_ reason: StoreError.Reason, _ code: String) async throws {
    let inner = InMemoryStore(name: "vault")
    let world = try World.with(
      Self.slow,
      store: FaultyStore(inner) { call in
        [.write, .put].contains(call.operation) && call.bytesBefore > 20_000 ? .fail(reason) : nil
      })
    let failed = await failure { try await world.backUp() }
    #expect(failed?.code == code)
    #expect(failed?.message.contains("vault") == true)
    #expect(try await inner.listAll(prefix: "").isEmpty)
  }

  @Test("a cancelled backup ends at once, lets its locks go and leaves nothing")
  func cancelled() async throws {
    let world = try World.with(
      Self.slow,
      store: FaultyStore(InMemoryStore(name: "vault")) { call in
        call.operation == .write ? .delay(.milliseconds(300)) : nil
      })
    let task = Task { await failure { try await world.backUp() } }
    try await world.untilDumping()
    task.cancel()
    #expect(await task.value?.code == "cancelled")
    #expect(
      try world.source.psql(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = '\(world.database)'") == "0\n")
    #expect(try await world.store.listAll(prefix: "").isEmpty)
  }

  @Test("a backup killed half-way is cleared away by the next attempt, and only it")
  func killed() async throws {
    let inner = InMemoryStore(name: "vault")
    var world = try World.with(Self.slow, store: inner)
    let whole = try await world.backUp()
    let others = try await inner.listAll(prefix: "").map(\.key)
    world.store = FaultyStore(inner) { call in call.operation == .finish ? .crash : nil }
    _ = await failure { try await world.backUp(attempt: 2) }
    #expect(try await inner.listAll(prefix: "").count > others.count)
    world.store = inner
    let context = world.context(step: "backup", attempt: 2)
    #expect(await BackupPerformer(host: world.host).settle(world.backupArguments, in: context) == .notDone)
    let result = try await BackupPerformer(host: world.host).perform(
      world.backupArguments, in: world.context(step: "backup", attempt: 3, earlier: [2]))
    let ids = await world.points().map(\.id.text)
    #expect(ids.count == 2 && ids.contains(whole.id.text))
    #expect(try await Catalogue.leftOver("insights", by: [context.mark.description], in: inner).unfinished.isEmpty)
    #expect(
      await BackupPerformer(host: world.host).settle(world.backupArguments, in: world.context(step: "backup", attempt: 3)) == .done(result))
  }

  @Test("rights that lack are named before anything is written")
  func rights() async throws {
    var world = try World.with("CREATE TABLE hidden (a int); CREATE ROLE poor LOGIN", source: Servers.target.get())
    world.user = "poor"
    let failed = await failure { try await world.backUp() }
    #expect(failed?.code == "rights-missing")
    #expect(failed?.text.contains("public.hidden") == true && failed?.text.contains("GRANT pg_read_all_data") == true)
  }

  @Test("row security that would hide rows refuses the backup")
  func rowSecurity() async throws {
    var world = try World.with(
      """
      CREATE ROLE tenant LOGIN; CREATE TABLE shared (a int); INSERT INTO shared VALUES (1); GRANT SELECT ON shared TO tenant;
      ALTER TABLE shared ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON shared USING (false)
      """, source: Servers.target.get())
    world.user = "tenant"
    let failed = await failure { try await world.backUp() }
    #expect(failed?.code == "row-security" && failed?.text.contains("public.shared") == true)
  }

  @Test("a pg_dump that is older than the server is refused by name")
  func oldTools() async throws {
    var world = try World.with("")
    let folder = try temporaryFolder("old")
    defer { removeFolder(folder) }
    for tool in ["pg_dump", "pg_dumpall", "pg_restore"] {
      try writeFile("\(folder)/\(tool)", "#!/bin/sh\necho 'pg_dump (PostgreSQL) 13.9'\n")
      try runProgram(["chmod", "755", "\(folder)/\(tool)"])
    }
    world.programs = ProgramFolders([folder])
    let failed = await failure { try await world.backUp() }
    #expect(failed?.code == "tools-too-old" && failed?.message.contains("13.9") == true)
  }

  @Test("a server older than 13 is refused by name")
  func oldServer() throws {
    let address = try ServerAddress(url: "postgresql://a@b/c")
    let error = #expect(throws: StepFailure.self) { try BackupChecks.check(serverMajor: 12, version: "12.4", at: address) }
    #expect(error?.message.contains("12.4") == true)
  }

  @Test("a connection through a pooler is refused")
  func pooler() throws {
    let address = try ServerAddress(url: "postgresql://a@b/c")
    #expect(throws: StepFailure.self) { try BackupChecks.checkDirect(announced: 17, actual: 18, at: address) }
    try BackupChecks.checkDirect(announced: 17, actual: 17, at: address)
  }

  @Test("a point that holds a tenth of the one before is suspect")
  func suspect() async throws {
    let world = try World.with("CREATE TABLE t AS SELECT repeat(md5(n::text), 4) FROM generate_series(1, 20000) n")
    let first = try await world.backUp()
    try world.source.psql("DELETE FROM t WHERE ctid > '(2,0)'", database: world.database)
    let second = try await world.backUp(attempt: 2)
    #expect(first.suspect == nil)
    #expect(second.suspect?.contains(first.id.text) == true)
  }
}
