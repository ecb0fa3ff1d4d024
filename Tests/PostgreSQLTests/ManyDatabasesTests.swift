import CanonicalJSON
import ObjectStore
import PlanModel
@testable import PostgreSQLProvider
import PostgreSQLClient
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

@Suite(.timeLimit(.minutes(10)))
struct ManyDatabasesTests {
  private static let sql = """
    CREATE TABLE parent (id int PRIMARY KEY, note text); INSERT INTO parent SELECT i, md5(i::text) FROM generate_series(1, 2000) i;
    CREATE TABLE child (id int REFERENCES parent, at timestamptz); INSERT INTO child SELECT i, now() FROM generate_series(1, 2000) i;
    CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM child; CREATE INDEX ON parent (note); SELECT lo_from_bytea(4711, 'x');
    """

  /// A world whose source has a second database, named `<database> two`.
  private func world() throws -> (World, String) {
    let world = try World.with(Self.sql)
    let second = world.database + " two"
    try world.source.psql("CREATE DATABASE \(SQL.identifier(second))")
    try world.source.psql("CREATE TABLE other (a int); INSERT INTO other VALUES (1), (2);", database: second)
    return (world, second)
  }

  @Test("several databases are one point with the earliest of their times, and each is restored by a step of its own")
  func several() async throws {
    let (world, second) = try world()
    let point = try await world.backUp { $0.options.databases = [world.database, second] }
    let content = try CanonicalJSON.decode(LogicalPoint.self, from: point.content)
    #expect(content.databases.map(\.name) == [world.database, second])
    #expect(content.sigma == content.databases.compactMap(\.sigma).min() && content.sigma == point.sigma)
    #expect(Set(point.objects.map(\.path)).isSuperset(of: ["globals.sql.zst", "roles.json.zst", "db/0/schema.dump", "db/1/schema.dump", "db/1/sequences.sql"]))
    #expect(point.rows == 4_002)
    // The URL names the first.
    try await world.restore()
    #expect(try World.dump(world.target, world.database) == World.dump(world.source, world.database))
    let result = try await world.restore({ $0.database = second }, step: "second")
    #expect(result.outputs["database"] == .text(second))
    #expect(try World.dump(world.target, second) == World.dump(world.source, second))
    let unknown = await failure { try await world.restore { $0.database = "nothing" } }
    #expect(unknown?.code == "no-such-database" && unknown?.text.contains(second) == true)
  }

  @Test("a database that is not there fails the backup with its name, and leaves no point")
  func missing() async throws {
    let (world, _) = try world()
    let failed = await failure { try await world.backUp { $0.options.databases = [world.database, "nobody's"] } }
    #expect(failed?.text.contains("nobody's") == true)
    #expect(await world.points() == [])
    #expect(try await world.store.listAll(prefix: "") == [])
  }

  @Test("a database is restored under another name beside the one in use, and taken back without touching that")
  func beside() async throws {
    let (world, _) = try world()
    try await world.backUp()
    try await world.restore()
    try world.target.psql("INSERT INTO parent VALUES (9999, 'in use')", database: world.database)
    let aside = world.database + " aside"
    let result = try await world.restore({ $0.into = aside }, step: "aside")
    #expect(try World.dump(world.target, aside) == World.dump(world.source, world.database))
    #expect(try world.target.psql("SELECT count(*) FROM parent", database: world.database) == "2001\n")
    var arguments = world.restoreArguments
    arguments.into = aside
    try await RestorePerformer(host: world.host).undo(arguments, result: result, in: world.context(step: "aside"))
    #expect(try world.target.psql("SELECT count(*) FROM pg_database WHERE datname = '\(aside)'") == "0\n")
    #expect(try world.target.psql("SELECT count(*) FROM parent", database: world.database) == "2001\n")
  }

  @Test("the rows of one table come alone, with its indexes and without what would need the others")
  func oneTable() async throws {
    let (world, _) = try world()
    try await world.backUp()
    let aside = world.database + "_child"
    let result = try await world.restore { $0.into = aside; $0.tables = ["public.child"] }
    #expect(result.measurements["rows"] == .int(2_000))
    #expect(try world.target.psql("SELECT (SELECT count(*) FROM child), (SELECT count(*) FROM parent), (SELECT count(*) FROM pg_constraint WHERE contype = 'f')", database: aside) == "2000|0|0\n")
    #expect(try world.target.psql("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'", database: aside) == "2\n")
    let unknown = await failure { try await world.restore { $0.into = aside + "_2"; $0.tables = ["public.nothing"] } }
    #expect(unknown?.code == "no-such-table" && unknown?.text.contains("public.child") == true)
  }
}
