import CanonicalJSON
import Concurrency
import Glibc
import ObjectStore
import PlanModel
import PointSteps
import PostgreSQLClient
@testable import PostgreSQLProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

/// Finding the first bad record, choosing the point from before it, and telling what only the bad database has.
@Suite(.timeLimit(.minutes(10)))
struct CorruptionTests {
  static let ledger = """
    CREATE TABLE ledger (n int PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), valid bool NOT NULL DEFAULT true);
    INSERT INTO ledger SELECT generate_series(1, 100);
    """

  private func finding(_ world: World, _ queries: [String]) -> PostgreSQLFindCorruption.Arguments { .init(server: world.reference("source"), queries: queries) }

  private func performers(_ world: World) -> StepPerformers { StepPerformers(PostgreSQLProvider.performers(on: world.host)) }

  // MARK: The first bad record

  @Test("an answer is a time and perhaps a record, and anything else is refused by name", arguments: [
    (["at"], [["2026-11-24 08:15:34.123987+00"]], "2026-11-24T08:15:34.123Z "),
    (["at", "n"], [["2026-11-24 08:15:34+00", "17"]], "2026-11-24T08:15:34Z 17"),
    (["at", "n"], [["2026-11-24 08:15:34+00", nil]], "2026-11-24T08:15:34Z "),
    (["at"], [], "nothing"), (["at"], [[nil]], "nothing"), (["at", "n"], [[nil, nil]], "nothing"),
    (["at", "n"], [[nil, "17"]], "time-unknown"), (["at", "n", "m"], [["2026-11-24 08:15:34+00", "1", "2"]], "unexpected-answer"),
    (["at"], [["2026-11-24 08:15:34+00"], ["2026-11-24 08:15:35+00"]], "unexpected-answer"), (["at"], [["2026-11-24 08:15:34"]], "time-unreadable"),
    (["at"], [["17"]], "time-unreadable"), (["at"], [["infinity"]], "time-unreadable"), (["at"], [["0044-03-15 00:00:00+00 BC"]], "time-unreadable"),
    (["at"], [["10000-01-01 00:00:00+00"]], "time-unreadable"), (["at"], [["2026-11-24 12:00:01+00"]], "time-in-future"),
  ] as [([String], [[String?]], String)])
  func answers(_ columns: [String], _ rows: [[String?]], _ expected: String) throws {
    let now = try #require(Timestamp("2026-11-24T12:00:00Z"))
    var said: String
    do throws(StepFailure) {
      said = try FirstBadRecord(QueryResult(columns: columns, rows: rows), query: 1, now: now).map { "\($0.time) \($0.record)" } ?? "nothing"
    } catch { said = error.code }
    #expect(said == expected)
  }

  @Test("the earliest of all queries counts, whatever the time zone of the server, and its step is asked again after a crash")
  func earliest() async throws {
    let world = try World.with(Self.ledger + "ALTER DATABASE :\"DBNAME\" SET timezone = 'Pacific/Auckland'; CREATE TABLE other (id text, at timestamptz)")
    try world.source.psql(
      "UPDATE ledger SET valid = false, at = '2026-11-24 08:00:00.5+00' WHERE n = 17; INSERT INTO other VALUES ('x', '2026-11-24 07:59:59+00')", database: world.database)
    let queries = ["select at, n from ledger where not valid order by at limit 1;", "select at, id from other order by at limit 1", "select min(at) from other where false"]
    let arguments = finding(world, queries)
    let result = try await FindCorruptionPerformer().perform(arguments, in: world.context(step: "scope"))
    #expect(result.outputs == ["time": .text("2026-11-24T07:59:59Z"), "record": .text("x")] && result.summary.contains("query 2 of 3"))
    let alone = try await FindCorruptionPerformer().perform(finding(world, [queries[0]]), in: world.context(step: "scope"))
    #expect(alone.outputs["time"] == .text("2026-11-24T08:00:00.500Z") && alone.outputs["record"] == .text("17"))
    let conformance = StepConformance(AnyStepKind(PostgreSQLFindCorruption.self), try CanonicalJSON.value(arguments), performers(world), world.context(step: "scope")) {
      try World.dump(world.source, world.database)
    }
    try await conformance.performsTwiceAsOnce()
    try await conformance.undoes()
    try conformance.plansWithoutReach()
    try await conformance.honoursCancellation()
    await #expect(FindCorruptionPerformer().settle(arguments, in: world.context(step: "scope")) == .notDone)
  }

  @Test("where nothing is bad, a query writes, or a query is wrong, the step fails and says why", arguments: [
    ("select at, n from ledger where not valid", "no-corruption-found"), ("insert into ledger values (1000) returning at", "sql-refused"),
    ("select at, n, valid from ledger limit 1", "unexpected-answer"), ("select at from ledger", "unexpected-answer"), ("select nothing", "sql-refused"),
    ("select at at time zone 'UTC' from ledger limit 1", "time-unreadable"), ("select now() + interval '1 hour'", "time-in-future"),
    ("select null::timestamptz, n from ledger limit 1", "time-unknown"),
  ])
  func refused(_ sql: String, _ code: String) async throws {
    let world = try World.with(Self.ledger)
    let failed = await failure { try await FindCorruptionPerformer().perform(self.finding(world, [sql]), in: world.context(step: "scope")) }
    #expect(failed?.code == code)
    #expect(try world.source.psql("SELECT count(*) FROM ledger", database: world.database) == "100\n")
  }

  @Test("a server that is gone is a transient failure without its password")
  func gone() async throws {
    var world = try World.with(Self.ledger)
    world.urlOverride = "postgresql://postgres:canary-7f3a@127.0.0.1:1/shop"
    let failed = await failure { [world] in try await FindCorruptionPerformer().perform(self.finding(world, ["select 1"]), in: world.context(step: "scope")) }
    #expect(failed?.code == "server-unreachable" && failed?.isTransient == true && failed?.text.contains("canary") == false)
  }

  // MARK: The point from before it

  /// The server's clock, which says when a point was read and a row was written.
  private func clock(_ world: World) throws -> Timestamp {
    try #require(Timestamp(try world.source.psql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')").filter { $0 != "\n" }))
  }

  @Test("the newest usable point that was read before the time is restored, never one of that moment or later")
  func before() async throws {
    let world = try World.with(Self.ledger)
    let first = try await world.backUp()
    try world.source.psql("INSERT INTO ledger VALUES (101)", database: world.database)
    let second = try await world.backUp()
    try await Task.sleep(for: .milliseconds(20))
    let bad = try clock(world)
    try await Task.sleep(for: .milliseconds(20))
    let third = try await world.backUp()
    let (one, two, three) = (try #require(first.sigma), try #require(second.sigma), try #require(third.sigma))
    #expect(one < two && two < bad && bad < three)
    func chosen(_ moment: Timestamp) async -> PointID? {
      var arguments = world.restoreArguments
      arguments.point = .before(.text(moment.description))
      return await arguments.find(in: world).point?.manifest.id
    }
    await #expect(chosen(bad) == second.id)
    await #expect(chosen(two) == first.id, "of the same moment is not before")
    await #expect(chosen(two + .milliseconds(1)) == second.id)
    await #expect(chosen(three + .seconds(1)) == third.id)
    await #expect(chosen(one) == nil)
    // As a run does it: another step says when, and the database goes beside the one in use.
    var context = world.context(step: "restore")
    context.outputs = ["scope": ["time": .text(bad.description)]]
    var arguments = world.restoreArguments
    arguments.point = .before(.output(step: "scope", name: "time"))
    arguments.into = "\(world.database)_good"
    let result = try await RestorePerformer(host: world.host).perform(arguments, in: context)
    #expect(result.outputs["point"] == .text(second.id.text) && result.summary.contains("the newest that was before \(bad)"))
    #expect(try world.target.psql("SELECT count(*) FROM ledger", database: "\(world.database)_good") == "101\n")
    // What no step could have said before.
    let observation = await RestoreObserver().observe(arguments, in: world.observing)
    let change = PostgreSQLRestore.compare(arguments, Observation(facts: ["target": "absent"]), at: World.now())
    #expect(observation.facts["point"] == nil && observation.facts["problem"] == nil)
    #expect(change.action == .create && change.after["database"]?.string == "as of the newest point from before the bad data, known when `scope` has run")
  }

  @Test("no point from before it, none at all, and a time that is none are failures that name what there is")
  func none() async throws {
    let world = try World.with(Self.ledger)
    func failed(_ time: String) async -> StepFailure? {
      await failure {
        var context = world.context(step: "restore")
        context.outputs = ["scope": ["time": .text(time)]]
        var arguments = world.restoreArguments
        arguments.point = .before(.output(step: "scope", name: "time"))
        return try await RestorePerformer(host: world.host).perform(arguments, in: context)
      }
    }
    let expired = await failed("2026-11-24T08:00:00Z")
    #expect(expired?.code == "no-point" && expired?.details == ["there is no point at all"])
    let point = try await world.backUp()
    let late = await failed("2020-01-01T00:00:00Z")
    #expect(late?.code == "no-point" && late?.text.contains("from before 2020-01-01T00:00:00Z") == true && late?.text.contains(point.id.text) == true)
    await #expect(failed("soon")?.code == "time-unreadable")
    await #expect(failed("")?.code == "time-unreadable")
    let absent = await failure {
      var arguments = world.restoreArguments
      arguments.point = .before(.output(step: "scope", name: "time"))
      return try await RestorePerformer(host: world.host).perform(arguments, in: world.context(step: "restore"))
    }
    #expect(absent?.code == "output-missing")
    // A point that looks wrong is nobody's last good one.
    try world.source.psql("DELETE FROM ledger WHERE n > 1", database: world.database)
    let suspect = try await world.backUp { $0.suspectBelow = 50 }
    #expect(suspect.suspect != nil)
    var arguments = world.restoreArguments
    arguments.point = .before(.text("2099-01-01T00:00:00Z"))
    await #expect(arguments.find(in: world).point?.manifest.id == point.id)
  }

  // MARK: Comparing

  @Test("a merge of pages tells the same as a comparison of the whole", arguments: 0..<40)
  func merge(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    func rows(_ isKeyed: Bool) -> [ComparedRow] {
      let keys = (0..<Int.random(in: 0...30, using: &random)).map { _ in Int.random(in: 0...20, using: &random) }
      return (isKeyed ? Array(Set(keys)) : keys).map { key in
        let text = String(key + 100)
        return ComparedRow(place: "(0,\(key))", key: text, row: isKeyed ? text + String(Int.random(in: 0...1, using: &random)) : text, isGood: key % 3 != 0)
      }.sorted { ($0.key, $0.row) < ($1.key, $1.row) }
    }
    let isKeyed = seed % 2 == 0
    let (here, there) = (rows(isKeyed), rows(isKeyed))
    var expected = RowCounts()
    for key in Set((here + there).map(\.key)) {
      let (mine, yours) = (here.filter { $0.key == key }, there.filter { $0.key == key })
      let pairs = min(mine.count, yours.count)
      let equal = isKeyed && pairs == 1 && mine[0].row != yours[0].row ? 0 : pairs
      expected.equal += Int64(equal)
      expected.different += Int64(pairs - equal)
      expected.onlyHere += Int64(mine.count - pairs)
      expected.onlyThere += Int64(yours.count - pairs)
      if mine.first?.isGood == false { expected.bad += Int64(mine.count - equal) }
    }
    var merge = TableMerge()
    var (left, right) = (here[...], there[...])
    var found = 0
    while !merge.isDone {
      let size = Int.random(in: 1...5, using: &random)
      if merge.wantsHere { merge.feed(here: Array(left.prefix(size))); left = left.dropFirst(size) }
      if merge.wantsThere { merge.feed(there: Array(right.prefix(size))); right = right.dropFirst(size) }
      found += merge.advance().count
    }
    #expect(merge.counts == expected && Int64(found) == expected.onlyHere + expected.different - expected.bad)
  }

  /// Two databases on one server: `NAME`, in which things went on and went wrong, and `NAME_good`.
  private func pair(_ sql: String, then wrong: String) throws -> World {
    let server = try Servers.source.get()
    let world = try World.with(sql, source: server, target: server)
    try server.psql("CREATE DATABASE \(world.database)_good TEMPLATE \(world.database)")
    try server.psql(wrong, database: world.database)
    return world
  }

  private func comparing(_ world: World, saveTo: String? = nil) -> PostgreSQLCompare.Arguments {
    .init(
      server: world.reference("source"), with: world.reference("source"), withDatabase: .text("\(world.database)_good"), tables: [], good: [:], saveTo: saveTo)
  }

  @Test("each table's rows are told apart, good ones saved, and the saved ones load back into the other database")
  func compares() async throws {
    let world = try pair(
      Self.ledger + """
        CREATE SCHEMA "Odd Schema"; CREATE TABLE "Odd Schema"."t,""x" (a text, "b c" int, g int GENERATED ALWAYS AS ("b c" * 2) STORED, PRIMARY KEY (a, "b c"));
        INSERT INTO "Odd Schema"."t,""x" VALUES ('é', 1), (E'e\\u0301', 1), ('A', 2), ('a', 2);
        CREATE TABLE keyless (v text); INSERT INTO keyless VALUES ('x'), ('x'), (NULL), ('');
        CREATE TABLE parted (n int, PRIMARY KEY (n)) PARTITION BY RANGE (n); CREATE TABLE p1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
        INSERT INTO parted SELECT generate_series(1, 9); CREATE TABLE empty (); CREATE TABLE here_only (n int); CREATE TABLE altered (n int)
        """,
      then: """
        INSERT INTO ledger SELECT generate_series(101, 5000); UPDATE ledger SET valid = false WHERE n % 10 = 0 AND n <= 200; DELETE FROM ledger WHERE n = 1;
        INSERT INTO "Odd Schema"."t,""x" VALUES ('new, "quoted"', 7), ('', 8); DELETE FROM "Odd Schema"."t,""x" WHERE a = 'é';
        INSERT INTO keyless VALUES ('x'), (NULL), ('say "hi"'); DELETE FROM keyless WHERE v = ''; DELETE FROM parted WHERE n = 5; ALTER TABLE altered ADD m int
        """)
    try world.source.psql("DROP TABLE here_only", database: "\(world.database)_good")
    let folder = try temporaryFolder("compare")
    defer { removeFolder(folder) }
    var arguments = comparing(world, saveTo: "\(folder)/deep/er")
    arguments.good = ["public.ledger": .text("valid -- the plan's own words")]
    let before = try [World.dump(world.source, world.database), World.dump(world.source, "\(world.database)_good")]
    let result = try await ComparePerformer(host: world.host).perform(arguments, in: world.context(step: "compare"))
    func counts(_ table: String) throws -> RowCounts { try CanonicalJSON.decode(RowCounts.self, from: #require(result.measurements[table])) }
    #expect(try counts("public.ledger") == RowCounts(equal: 89, onlyHere: 4900, onlyThere: 1, different: 10, bad: 20))
    #expect(try counts("Odd Schema.t,\"x") == RowCounts(equal: 3, onlyHere: 2, onlyThere: 1))
    #expect(try counts("public.keyless") == RowCounts(equal: 3, onlyHere: 3, onlyThere: 1))
    #expect(try counts("public.p1") == RowCounts(equal: 8, onlyThere: 1))
    #expect(result.outputs["saved"] == .text(String(4890 + 2 + 3)) && result.outputs["onlyHere"] == .text("4905"), "\(result)")
    for words in ["public.here_only is not in ", "public.altered was not compared: its columns differ", "4895 rows saved in \(folder)/deep/er/"] { #expect(result.summary.contains(words), "\(result.summary)") }
    #expect(try [World.dump(world.source, world.database), World.dump(world.source, "\(world.database)_good")] == before)
    guard case .text(let saved)? = result.outputs["folder"] else { Issue.record("no folder"); return }
    for (name, _) in try files(below: saved) {
      var info = stat()
      #expect(stat("\(saved)/\(name)", &info) == 0 && info.st_mode & 0o777 == 0o600, "\(name)")
    }
    // Done twice it is the same files, and they load as `merge.sql` says.
    let once = try files(below: saved)
    _ = try await ComparePerformer(host: world.host).perform(arguments, in: world.context(step: "compare", attempt: 2, earlier: [1]))
    #expect(try files(below: saved) == once)
    try runProgram(
      ["sh", "-c", "cd '\(saved)' && exec \(PostgreSQLServer.programs)/psql -X -q -v ON_ERROR_STOP=1 -d '\(world.database)_good' -f merge.sql"],
      environment: ["PGHOST": world.source.folder, "PGPORT": String(world.source.port), "PGUSER": "postgres"])
    let good = "\(world.database)_good"
    #expect(try world.source.psql("SELECT count(*) FROM ledger", database: good) == "4990\n")
    #expect(try world.source.psql("SELECT count(*) FROM keyless WHERE v IS NULL", database: good) == "2\n")
    #expect(try world.source.psql("SELECT g FROM \"Odd Schema\".\"t,\"\"x\" WHERE a = 'new, \"quoted\"'", database: good) == "14\n")
  }

  @Test("it conforms, stays in its tables, and says what it lacks")
  func conforms() async throws {
    let world = try pair(Self.ledger, then: "INSERT INTO ledger VALUES (101)")
    let arguments = comparing(world)
    let conformance = StepConformance(AnyStepKind(PostgreSQLCompare.self), try CanonicalJSON.value(arguments), performers(world), world.context(step: "compare")) {
      try World.dump(world.source, world.database)
    }
    try await conformance.performsTwiceAsOnce()
    try await conformance.undoes()
    try conformance.plansWithoutReach()
    try await conformance.honoursCancellation()
    await #expect(ComparePerformer(host: world.host).settle(arguments, in: world.context(step: "compare")) == .notDone)
    var missing = arguments
    missing.tables = ["public.nothing"]
    let noTable = await failure { [missing] in try await ComparePerformer(host: world.host).perform(missing, in: world.context(step: "compare")) }
    #expect(noTable?.code == "no-such-table" && noTable?.text.contains("public.ledger") == true)
    var other = arguments
    other.withDatabase = .output(step: "restore", name: "database")
    let noOutput = await failure { [other] in try await ComparePerformer(host: world.host).perform(other, in: world.context(step: "compare")) }
    #expect(noOutput?.code == "output-missing")
    var full = arguments
    full.saveTo = "/proc/self"
    let notSaved = await failure { [full] in try await ComparePerformer(host: world.host).perform(full, in: world.context(step: "compare")) }
    #expect(notSaved?.code == "rows-not-saved")
    var bad = arguments
    bad.good = ["public.ledger": .text("nonsense = 1")]
    let noColumn = await failure { [bad] in try await ComparePerformer(host: world.host).perform(bad, in: world.context(step: "compare")) }
    #expect(noColumn?.code == "sql-refused")
  }

  @Test("a session that ends in the middle is a transient failure")
  func cut() async throws {
    let world = try pair("CREATE TABLE big AS SELECT n, md5(n::text) m FROM generate_series(1, 300000) n", then: "")
    let arguments = comparing(world)
    let cutter = Task {
      let watcher = try await PostgreSQLConnection.open(ServerAddress(url: world.source.url()), application: "cutter")
      for _ in 0..<400 {
        let ended = try await watcher.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1 AND query LIKE 'DECLARE%'", ["\(world.database)_good"])
        if ended.value != "0" { return }
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    let failed = await failure { try await ComparePerformer(host: world.host).perform(arguments, in: world.context(step: "compare")) }
    try await cutter.value
    #expect(failed?.code == "server-gone" && failed?.isTransient == true, "\(failed?.text ?? "it succeeded")")
  }
}

private struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &+ 1 }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
