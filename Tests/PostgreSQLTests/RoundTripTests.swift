import CanonicalJSON
import ObjectStore
@testable import PostgreSQLProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

@Suite(.timeLimit(.minutes(10)))
struct RoundTripTests {
  @Test("a rich database comes back equal, with roles, settings, privileges and large objects")
  func rich() async throws {
    let world = try World.with("", name: "rich", source: Servers.withRoles.get(), target: PostgreSQLServer.start())
    try world.source.psql(RichSchema.objects, database: "rich")
    let source = try World.dump(world.source, "rich")
    try world.source.psql(RichSchema.settings("rich"))

    let point = try await world.backUp()
    let result = try await world.restore()

    #expect(try World.dump(world.target, "rich") == source)
    for query in [
      "SELECT pg_get_userbyid(datdba), datconnlimit, datacl, encoding, datcollate FROM pg_database WHERE datname = 'rich'",
      "SELECT setrole::regrole, setconfig FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = 'rich') ORDER BY 1",
      "SELECT rolname, rolinherit, rolcanlogin, rolconnlimit, rolvaliduntil, rolpassword, shobj_description(oid, 'pg_authid') FROM pg_authid WHERE rolname !~ '^pg_' AND rolname <> 'postgres' ORDER BY 1",
      "SELECT roleid::regrole, member::regrole, admin_option FROM pg_auth_members WHERE member::regrole::text !~ '^pg_' ORDER BY 1, 2",
      "SELECT setrole::regrole, setconfig FROM pg_db_role_setting WHERE setdatabase = 0 ORDER BY 1",
    ] {
      let (there, here) = (try world.target.psql(query), try world.source.psql(query))
      #expect(there == here)
    }
    let content = try CanonicalJSON.decode(LogicalPoint.self, from: point.content)
    #expect(content.databases.first?.leftOut == [.init(what: "rows of a foreign table", name: "public.distant")])
    #expect(content.databases.first?.largeObjects.count == 3)
    #expect(point.rows == content.rows && result.measurements["rows"] == .int(content.rows))
    #expect(result.outputs["point"] == .text(point.id.text))
    #expect(try RestoreMark(comment: comment(world))?.comment == "it's a \\ database")
    #expect(try world.leftovers() == [])
    #expect(try world.target.psql("SELECT count(*) FROM pg_stats WHERE tablename = 'everything'", database: "rich") != "0\n")
  }

  private func comment(_ world: World) throws -> String {
    String(
      try world.target.psql("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '\(world.database)'").dropLast())
  }

  @Test("nothing secret is in the manifest, the instructions or the checksums")
  func secrets() async throws {
    let world = try World.with("", source: Servers.withRoles.get())
    let point = try await world.backUp()
    for path in [PointPlace.manifest, PointPlace.instructions, PointPlace.checksums] {
      let text = String(decoding: try await world.store.read(point.place.key(path, in: "vault")), as: UTF8.self)
      #expect(!text.contains("SCRAM") && !text.contains("canary"))
    }
  }

  @Test("an empty target is replaced, and a second backup of the copy equals the first")
  func emptyTarget() async throws {
    let world = try World.with("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
    try world.target.psql("CREATE DATABASE \(world.database)")
    let first = try await world.backUp()
    try await world.restore()
    var back = world
    back.source = world.target
    back.store = InMemoryStore(name: "vault")
    let second = try await back.backUp()
    #expect(second.rows == first.rows && second.rawBytes == first.rawBytes)
    #expect(try world.leftovers() == [])
  }

  @Test("other encodings than UTF-8 keep their bytes", arguments: [("LATIN1", "\\xe4"), ("SQL_ASCII", "\\xff\\xfe")])
  func encodings(_ encoding: String, _ bytes: String) async throws {
    let world = try World.with("")
    try world.source.psql(
      "DROP DATABASE \(world.database); CREATE DATABASE \(world.database) TEMPLATE template0 ENCODING '\(encoding)' LOCALE 'C'")
    try world.source.psql(
      "SET client_encoding = '\(encoding)'; CREATE TABLE t (a text); INSERT INTO t VALUES (convert_from('\(bytes)', '\(encoding)'))"
        .replacing(
          "convert_from('\\xff\\xfe', 'SQL_ASCII')", with: "E'\\xff\\xfe'"), database: world.database)
    try await world.backUp()
    try await world.restore()
    let query = "SELECT encode(a::bytea, 'hex'), pg_encoding_to_char(encoding) FROM t, pg_database WHERE datname = current_database()"
    #expect(try world.target.psql(query, database: world.database) == world.source.psql(query, database: world.database))
  }

  @Test("a role that is no superuser backs up what it owns, and restores it where it may make databases and roles")
  func ordinaryRole() async throws {
    let target = try PostgreSQLServer.start()
    var world = try World.with("", source: PostgreSQLServer.start(), target: target)
    let role = "CREATE ROLE manager LOGIN CREATEDB CREATEROLE"
    try world.source.psql("\(role); CREATE ROLE customer; GRANT customer TO manager; ALTER DATABASE \(world.database) OWNER TO manager")
    try target.psql(role)
    world.user = "manager"
    try world.source.psql(
      """
      SET ROLE manager; CREATE EXTENSION citext; CREATE SCHEMA own; CREATE TABLE own.t AS SELECT generate_series(1, 100) AS n, 'X'::citext AS c;
      CREATE INDEX ON own.t (c); GRANT SELECT ON own.t TO customer; SELECT lo_from_bytea(0, 'abc')
      """, database: world.database)
    try await world.backUp()
    let before = try World.dumpAll(target)
    let result = try await world.restore()
    #expect(try World.dump(target, world.database) == World.dump(world.source, world.database))
    try await world.undoRestore(result)
    #expect(try World.dumpAll(target) == before)
  }

  @Test("an empty database is a point too")
  func empty() async throws {
    let world = try World.with("")
    let point = try await world.backUp()
    #expect(point.rows == 0)
    try await world.restore()
    #expect(try World.dump(world.target, world.database) == World.dump(world.source, world.database))
  }
}
