import Glibc
import TestSupport
import Testing

/// What can be wrong with servers, targets and points, seen from the command line.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct PostgreSQLFaultTests {
  static let small = "CREATE TABLE t AS SELECT n, md5(n::text) AS m FROM generate_series(1, 2000) n"
  static let large = "CREATE TABLE big AS SELECT n, repeat(md5(n::text), 40) AS t FROM generate_series(1, 150000) n"

  func backedUp(_ sql: String = small, plan: PlanText = PlanText(), source: PostgreSQLServer? = nil, target: PostgreSQLServer? = nil) async throws -> Scene {
    let scene = try Scene(sql, plan: plan, source: source, target: target)
    let backup = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(backup.status == 0, "\(backup.errors)")
    return scene
  }

  /// The restore fails with this code and these words, and leaves nothing but what was there.
  func refuses(_ scene: Scene, _ code: String, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let before = try scene.targetDatabases()
    let restored = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost")
    let said = restored.output + restored.errors
    #expect(restored.status == 6, "\(said)", sourceLocation: sourceLocation)
    for word in [code, "help"] + words { #expect(said.contains(word), "\(word) in: \(said)", sourceLocation: sourceLocation) }
    #expect(try scene.targetDatabases() == before, sourceLocation: sourceLocation)
  }

  @Test("a wrong password: plan shows it as out of reach, the backup fails, and no password is told")
  func wrongPassword() async throws {
    let server = try Servers.source.get()
    let wrong = "wr0ng-canary"
    let scene = try Scene(environment: ["SOURCE_URL": server.tcpURL(encodedPassword: wrong), "TARGET_URL": server.tcpURL(encodedPassword: wrong)])
    let planned = try await scene.run("plan", "plan.yaml")
    #expect(planned.status == 0 && planned.output.contains("password"), "\(planned.output)\(planned.errors)")
    let applied = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(applied.status == 1 && (applied.output + applied.errors).contains("password"))
    for result in [planned, applied] { #expect(!(result.output + result.errors).contains(wrong)) }
  }

  @Test("a server that cannot be reached: plan comes out in time with what could not be known, apply fails and says what to look at")
  func unreachable() async throws {
    let port = try HTTPServer.closedPort()
    let scene = try Scene(environment: ["SOURCE_URL": "postgresql://a:b@127.0.0.1:\(port)/x"])
    let planned = try await scene.run("plan", "plan.yaml")
    #expect(planned.status == 0 && planned.output.contains("could not be observed"))
    let applied = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(applied.status == 1 && applied.errors.contains("server-unreachable"), "\(applied.errors)")
  }

  @Test("a secret that is not there is named, with where it was looked for")
  func secretMissing() async throws {
    let scene = try Scene(plan: PlanText(sourceURL: "{ file: no-such-file }"))
    let applied = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(applied.status == 1)
    for words in ["secret-not-found", "source-url", "no-such-file"] { #expect((applied.output + applied.errors).contains(words), "\(words)") }
  }

  @Test("the source goes down in the middle of a dump: nothing is left, and resume makes the point once it is back")
  func sourceGone() async throws {
    let server = try PostgreSQLServer.start()
    let scene = try Scene(Self.large, plan: PlanText(logical: "{ workers: 1 }"), source: server)
    let program = try scene.start("apply", "--yes", "plan.yaml")
    try server.psql(Self.untilActive("COPY%big%"), database: scene.database)
    try server.stop()
    let end = try await program.end()
    #expect(end.status == 1, "\(end.output)\(end.errors)")
    // Whichever of the programs notices first.
    #expect(["server-", "pg-dump-failed", "pg-dumpall-failed"].contains { (end.output + end.errors).contains($0) }, "\(end.errors)")
    #expect(try files(below: "\(scene.folder)/near").isEmpty)
    try server.restart()
    let resumed = try await scene.run("resume", scene.lastRun())
    #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
    #expect(try await scene.points().count == 1)
  }

  @Test("the target goes down in the middle of a restore: the run pauses, and resume brings all of it")
  func targetGone() async throws {
    let server = try PostgreSQLServer.start()
    let scene = try await backedUp(Self.large, target: server)
    let program = try scene.start("apply", "--yes", "plan.yaml", "--scenario", "lost")
    try server.psql(Self.untilActive("COPY%big%"))
    try server.stop()
    let end = try await program.end()
    #expect(end.status == 6, "\(end.output)\(end.errors)")
    try server.restart()
    let resumed = try await scene.run("resume", scene.lastRun())
    #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
    let contents = "SELECT count(*), sum(hashtext(big::text)) FROM big"
    #expect(try server.psql(contents, database: scene.database) == scene.source.psql(contents, database: scene.database))
    #expect(try scene.targetDatabases() == [scene.database])
  }

  /// Waits in the server until a session runs such a statement.
  private static func untilActive(_ pattern: String) -> String {
    """
    DO $$ BEGIN
      FOR i IN 1..3000 LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '\(pattern)' AND state = 'active' AND pid <> pg_backend_pid());
        PERFORM pg_sleep(0.005);
      END LOOP;
    END $$
    """
  }

  @Test("a target that is not empty is refused and stays as it is")
  func notEmpty() async throws {
    let scene = try await backedUp()
    try scene.target.psql("CREATE DATABASE \(scene.database)")
    try scene.target.psql("CREATE TABLE precious AS SELECT 1 AS one", database: scene.database)
    let before = try Scene.dump(scene.target, scene.database)
    try await refuses(scene, "target-not-empty", "public.precious", scene.database)
    #expect(try Scene.dump(scene.target, scene.database) == before)
  }

  @Test("an empty target of another encoding is refused and stays as it is")
  func encoding() async throws {
    let scene = try await backedUp()
    try scene.target.psql("CREATE DATABASE \(scene.database) TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try await refuses(scene, "target-encoding-differs", "LATIN1", "UTF8")
  }

  @Test("a target without an extension of the point is refused before anything is touched")
  func extensionMissing() async throws {
    // Installed for the length of this test on both servers of this machine; hidden again before the restore.
    let control = "/usr/share/postgresql/15/extension/sie_dr_test"
    guard access("/usr/share/postgresql/15/extension", W_OK) == 0 else {
      print("not tested: an extension cannot be installed here")
      return
    }
    defer { for suffix in [".control", "--1.0.sql"] { unlink(control + suffix) } }
    try writeFile("\(control).control", "default_version = '1.0'\n")
    try writeFile("\(control)--1.0.sql", "CREATE FUNCTION sie_dr_test() RETURNS int LANGUAGE sql AS 'SELECT 1';\n")
    try runProgram(["chmod", "644", "\(control).control", "\(control)--1.0.sql"])
    let scene = try await backedUp(Self.small + "; CREATE EXTENSION sie_dr_test")
    for suffix in [".control", "--1.0.sql"] { unlink(control + suffix) }
    try await refuses(scene, "extension-missing", "sie_dr_test")
  }

  /// The programs of an older PostgreSQL, where this machine has one: Debian's place, or `SIE_DR_OLDER_POSTGRESQL`.
  static let older = ([getenv("SIE_DR_OLDER_POSTGRESQL").map { String(cString: $0) } ?? ""] + [14, 13].map { "/usr/lib/postgresql/\($0)/bin" })
    .first { $0.hasPrefix("/") && access("\($0)/initdb", X_OK) == 0 }

  @Test("a target of an older major version is refused before anything is touched", .enabled(if: older != nil, "no older PostgreSQL is installed here"))
  func olderTarget() async throws {
    let server = try PostgreSQLServer.start(programs: Self.older ?? "")
    let scene = try await backedUp(target: server)
    try await refuses(scene, "target-too-old", "PostgreSQL 15")
  }

  @Test("a changed byte in a piece or a missing piece fails the restore at that object, and nothing is put in place", arguments: [true, false])
  func piece(_ isChanged: Bool) async throws {
    let scene = try await backedUp()
    let store = "\(scene.folder)/near"
    let path = try #require(files(below: store).keys.first { $0.contains("/data/") })
    let whole = try readBytes("\(store)/\(path)")
    if isChanged {
      var changed = whole
      changed[whole.count / 2] ^= 0x04
      try writeBytes("\(store)/\(path)", changed)
    } else {
      try runProgram(["rm", "\(store)/\(path)"])
    }
    let restored = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost")
    let said = restored.output + restored.errors
    #expect(restored.status == 6, "\(said)")
    for words in ["object-damaged", String(path.split(separator: "/").suffix(2).joined(separator: "/")), "store `near`", "help"] { #expect(said.contains(words), "\(words) in: \(said)") }
    #expect(try !scene.targetDatabases().contains(scene.database))
    // Taken back, nothing is left; mended, it works.
    let back = try await scene.run("rollback", scene.lastRun())
    #expect(back.status == 4, "\(back.output)\(back.errors)")
    #expect(try scene.targetDatabases() == [])
    try writeBytes("\(store)/\(path)", whole)
    #expect(try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost").status == 0)
  }

  @Test("a changed byte in the manifest: the point is not used, `points list` says so and ends with 1")
  func manifest() async throws {
    let scene = try await backedUp(plan: PlanText(every: "1ms"))
    let good = try #require(try await scene.points().first)
    #expect(try await scene.run("apply", "--yes", "plan.yaml").status == 0)
    let newest = try #require(try await scene.points().first { $0 != good })
    let path = "\(scene.folder)/near/things/\(newest)/manifest.json"
    try writeFile(path, try readFile(path).replacing("\"rows\" : 2000", with: "\"rows\" : 2001"))
    let listed = try await scene.run("points", "list", "plan.yaml")
    #expect(listed.status == 1 && listed.output.contains("checksum") && listed.output.contains(newest), "\(listed.output)")
    // The one before is still good.
    let restored = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost")
    #expect(restored.status == 0 && restored.output.contains(good), "\(restored.output)\(restored.errors)")
    try scene.dropTarget()
    try runProgram(["rm", "-r", "\(scene.folder)/near/things/\(good)"])
    try await refuses(scene, "no-point", "checksum", newest)
  }

  @Test("`points show` tells how to restore by hand, and an unknown point is answered with those there are")
  func show() async throws {
    let scene = try await backedUp()
    let point = try #require(try await scene.points().first)
    let shown = try await scene.run("points", "show", "plan.yaml", "latest")
    #expect(shown.status == 0 && shown.output.contains(point) && shown.output.contains("RESTORE.md"))
    let unknown = try await scene.run("points", "show", "plan.yaml", "20200101T000000Z-000000")
    #expect(unknown.status == 1 && unknown.errors.contains(point))
  }
}
