import CanonicalJSON
import ObjectStore
import PlanModel
import PostgreSQLClient
@testable import PostgreSQLProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// What goes wrong at the target, or in the store, while a point is restored.
@Suite(.timeLimit(.minutes(10)))
struct RestoreFaultTests {
  static let small = """
    CREATE TABLE t AS SELECT n, md5(n::text) AS m FROM generate_series(1, 2000) n; CREATE INDEX ON t (m); CREATE SEQUENCE s;
    SELECT lo_from_bytea(0, decode(repeat('ab', 5000), 'hex'));
    """

  @Test(
    "whatever is in a database makes it not empty, and is named",
    arguments: [
      ("CREATE TABLE precious (a int)", "table public.precious"), ("CREATE SCHEMA kept", "schema kept"),
      ("CREATE EXTENSION citext", "extension citext"),
      ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function f"), ("SELECT lo_create(4711)", "large object 4711"),
      ("CREATE TYPE t AS ENUM ()", "type t"),
      ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor", "default privileges of postgres"),
      ("GRANT CREATE ON SCHEMA public TO PUBLIC", "the schema public"), ("DROP SCHEMA public", "no schema public"),
    ])
  func occupied(_ sql: String, _ words: String) async throws {
    let target = try Servers.target.get()
    let name = "full_\(UInt32.random(in: 0...UInt32.max))"
    try target.psql("CREATE DATABASE \(name)")
    let address = try ServerAddress(url: target.url(name))
    let outside = try await TargetServer.look(address, application: "test", timeout: .seconds(10))
    guard case .empty = try await TargetState.look(at: address, from: outside, application: "test") else {
      Issue.record("a new database does not count as empty")
      return
    }
    try target.psql(sql, database: name)
    guard case .occupied(let things) = try await TargetState.look(at: address, from: outside, application: "test") else {
      Issue.record("counts as empty")
      return
    }
    #expect(things.contains { $0.contains(words) }, "\(things)")
  }

  @Test("a restore into a target that is not empty touches nothing and says what is there")
  func refused() async throws {
    let world = try World.with(Self.small)
    try await world.backUp()
    try world.target.psql("CREATE DATABASE \(world.database)")
    try world.target.psql("CREATE TABLE precious (a int)", database: world.database)
    let before = try World.dump(world.target, world.database)
    let failed = await failure { try await world.restore() }
    #expect(failed?.code == "target-not-empty")
    #expect(failed?.message.contains("table public.precious") == true)
    #expect(try World.dump(world.target, world.database) == before)
    #expect(try world.leftovers() == [])
  }

  @Test("an empty target of another encoding is refused and left alone")
  func encoding() async throws {
    let world = try World.with(Self.small)
    try await world.backUp()
    try world.target.psql("CREATE DATABASE \(world.database) TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    let failed = await failure { try await world.restore() }
    #expect(failed?.code == "target-encoding-differs")
    #expect(failed?.text.contains("LATIN1") == true && failed?.text.contains("UTF8") == true)
    #expect(try world.leftovers() == [])
  }

  /// The point as if it had been made elsewhere.
  private func claiming(_ world: World, _ change: (inout LogicalPoint) -> Void) async throws {
    let point = try await world.backUp()
    var content = try CanonicalJSON.decode(LogicalPoint.self, from: point.content)
    change(&content)
    let changed = try PointManifest(
      id: point.id, dataClass: point.dataClass, protection: point.protection, method: point.method, sigma: point.sigma,
      started: point.started,
      available: point.available, plan: point.plan, planDigest: point.planDigest, mark: point.mark, toolVersion: point.toolVersion,
      objects: point.objects, rawBytes: point.rawBytes, rows: point.rows, suspect: nil, content: CanonicalJSON.value(content))
    try await world.store.delete(point.place.key(PointPlace.manifest, in: "vault"))
    try await PointWriter(point.place, in: world.store).publish(changed, instructions: "")
  }

  @Test("a target without an extension, a tablespace or a locale, or of an older major version, is refused before anything is touched")
  func lacking() async throws {
    let cases: [(code: String, words: String, change: (inout LogicalPoint) -> Void)] = [
      ("extension-missing", "timescale", { $0.databases[0].extensions["timescale"] = "1" }),
      ("tablespace-missing", "fast disk", { $0.databases[0].tablespaces = ["fast disk"] }),
      ("locale-missing", "xx_XX", { $0.databases[0].properties.collate = "xx_XX.UTF-8" }),
      ("target-too-old", "PostgreSQL 17", { $0.server.major = 17 }),
      ("point-too-new", "format 9", { $0.format = 9 }),
    ]
    for (code, words, change) in cases {
      let world = try World.with("CREATE TABLE t (a int)")
      try await claiming(world, change)
      let failed = await failure { try await world.restore() }
      #expect(failed?.code == code)
      #expect(failed?.text.contains(words) == true, "\(failed?.text ?? "")")
      #expect(failed?.helps.isEmpty == false)
      #expect(try world.leftovers() == [])
    }
  }

  @Test("a manifest that says other rows, sequences or large objects than there are fails the proof, and nothing is put in place")
  func proof() async throws {
    let changes: [(String, (inout LogicalPoint) -> Void)] = [
      ("verification-failed", { $0.databases[0].tables[0].rows += 1 }), ("rows-differ", { $0.databases[0].tables[0].pieces[0].rows -= 1 }),
      ("verification-failed", { $0.databases[0].largeObjects.bytes += 1 }),
    ]
    for (code, change) in changes {
      let world = try World.with(Self.small)
      try await claiming(world, change)
      #expect(await failure { try await world.restore() }?.code == code)
      #expect(try world.target.psql("SELECT count(*) FROM pg_database WHERE datname = '\(world.database)'") == "0\n")
      try await world.undoRestore(nil)
      #expect(try world.leftovers() == [])
    }
  }

  @Test("one changed bit in any object of a point fails the restore at that object; a missing one too")
  func damage() async throws {
    let world = try World.with(Self.small)
    let point = try await world.backUp()
    let needed = point.objects.filter { $0.path != "globals.sql.zst" && $0.path != "db/0/sequences.sql" }
    #expect(needed.count == 4)
    for object in needed {
      let key = try point.place.key(object.path, in: "vault")
      let whole = try await world.store.read(key)
      var changed = whole
      changed[whole.count / 2] ^= 0x10
      try await world.store.put(key, changed, ifAbsent: false)
      let flipped = await failure { try await world.restore() }
      #expect(flipped?.code == "object-damaged", "\(object.path): \(flipped?.text ?? "restored")")
      try await world.store.delete(key)
      let missing = await failure { try await world.restore(attempt: 2, earlier: [1]) }
      #expect(missing?.code == "object-damaged", "\(object.path): \(missing?.text ?? "restored")")
      #expect(missing?.message.contains(object.path) == true)
      try await world.store.put(key, whole, ifAbsent: false)
      try await world.undoRestore(nil, attempt: 2, earlier: [1])
      #expect(try world.leftovers() == [])
    }
    try await world.restore()
  }

  @Test("a changed byte in the manifest: no such point, and the reason is told")
  func manifest() async throws {
    let world = try World.with(Self.small)
    let point = try await world.backUp()
    let key = try point.place.key(PointPlace.manifest, in: "vault")
    let text = String(decoding: try await world.store.read(key), as: UTF8.self)
    try await world.store.put(key, Array(text.replacing("\"rows\" : 2000", with: "\"rows\" : 2001").utf8), ifAbsent: false)
    let failed = await failure { try await world.restore() }
    #expect(failed?.code == "no-point")
    #expect(failed?.text.contains("checksum") == true, "\(failed?.text ?? "")")
  }

  @Test("a server that goes down during the load fails the restore; the next attempt clears away and succeeds")
  func serverGone() async throws {
    let server = try PostgreSQLServer.start()
    let world = try World.with(Self.small, target: server)
    try await world.backUp()
    let slow = world.with { call in
      call.operation == .next && call.key?.path.contains("/data/") == true ? .delay(.milliseconds(600)) : nil
    }
    async let restore = failure { try await slow.restore() }
    try await world.until("EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active')", on: server)
    try server.stop()
    let failed = await restore
    #expect(failed?.isTransient == true, "\(failed?.text ?? "")")
    try server.restart()
    #expect(try world.leftovers().count == 1)
    try await world.restore(attempt: 2, earlier: [1])
    #expect(try World.dump(server, world.database) == World.dump(world.source, world.database))
    #expect(try world.leftovers() == [])
  }

  @Test("what the server still does for a killed attempt is ended before anything is cleared away")
  func deadSessions() async throws {
    let world = try World.with(Self.small)
    try await world.backUp()
    let name = world.context(step: "restore").mark.applicationName
    let address = try ServerAddress(url: world.target.url())
    for attempt in [2, 3] {
      let dead = try await PostgreSQLConnection.open(address, application: name)
      async let working = failure { try await dead.execute("SELECT pg_sleep(60)", deadline: .seconds(60)) }
      let isThere = "SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(name)'"
      try await world.until("EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '\(name)' AND query LIKE '%pg_sleep%')", on: world.target)
      if attempt == 2 { try await world.restore(attempt: 2, earlier: [1]) } else { try await world.undoRestore(nil, attempt: 3, earlier: [1, 2]) }
      #expect(try world.target.psql(isThere) == "0\n")
      _ = await working
    }
    #expect(try world.leftovers() == [])
  }

  @Test("a loading session that is ended costs its piece, which is sent again")
  func sessionTerminated() async throws {
    let world = try World.with(Self.small)
    try await world.backUp()
    let slow = world.with { call in
      call.operation == .next && call.key?.path.contains("/data/") == true ? .delay(.milliseconds(300)) : nil
    }
    async let restore = slow.restore()
    try await world.until(
      "EXISTS (SELECT FROM pg_stat_activity WHERE datname LIKE '\(world.database)%' AND query LIKE 'COPY%')", on: world.target)
    try world.target.psql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE '\(world.database)%' AND query LIKE 'COPY%'")
    _ = try await restore
    #expect(try World.dump(world.target, world.database) == World.dump(world.source, world.database))
  }

  @Test("a schema that does not load cleanly is a failed step, and the words tell no password")
  func unclean() async throws {
    // A check that calls what reads another table: it fails while rows are loaded, as with any dump.
    let world = try World.with(
      """
      SET check_function_bodies = off; CREATE TABLE a (n int); INSERT INTO a VALUES (1); CREATE FUNCTION known(int) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.zz WHERE n = $1)';
      CREATE TABLE zz (n int); INSERT INTO zz VALUES (1);
      """)
    try world.source.psql("ALTER TABLE a ADD CHECK (known(n)); ALTER TABLE zz ADD UNIQUE (n)", database: world.database)
    try await world.backUp()
    // Both tables have one row, so which is loaded first is chance; either way nothing is half done.
    let failed = await failure { try await world.restore { $0.jobs = 1 } }
    if let failed {
      #expect(failed.code == "sql-refused" && failed.text.contains("public.a"))
      #expect(try world.target.psql("SELECT count(*) FROM pg_database WHERE datname = '\(world.database)'") == "0\n")
    } else {
      #expect(try World.dump(world.target, world.database) == World.dump(world.source, world.database))
    }
  }

  @Test("somebody in the empty target's database keeps it from being replaced, and is named")
  func targetInUse() async throws {
    let world = try World.with("CREATE TABLE t (a int)")
    try await world.backUp()
    try world.target.psql("CREATE DATABASE \(world.database)")
    let other = try await PostgreSQLConnection.open(ServerAddress(url: world.target.url(world.database)), application: "somebody else")
    let failed = await failure { try await world.restore() }
    #expect(failed?.code == "target-in-use" && failed?.text.contains("somebody else") == true)
    await other.close()
    try await world.restore(attempt: 2, earlier: [1])
    #expect(try world.leftovers() == [])
  }
}
