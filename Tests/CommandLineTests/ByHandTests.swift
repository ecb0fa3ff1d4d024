import Glibc
import TestSupport
import Testing

/// What `points show --commands` prints is run as it is, and compared with what the tool itself restores.
@Suite("restoring by hand", .serialized, .timeLimit(.minutes(10)))
struct ByHandTests {
  enum Store { case folder, bucketByCurl, bucketByAWS }

  /// The person's own, where `aws` may be; it is no package of Debian's that the tests need.
  private static let path = getenv("PATH").map { String(cString: $0) } ?? ""
  private static let hasAWS = path.split(separator: ":").contains { access("\($0)/aws", X_OK) == 0 }

  private static let more = """
    CREATE TABLE "big one" AS SELECT n, md5(n::text) || md5((n + 1)::text) AS m, now() AS at FROM generate_series(1, 60000) n;
    CREATE TABLE in_text AS SELECT n, 'ok'::mood AS m, repeat('x', 200) AS r FROM generate_series(1, 20000) n;
    CREATE TABLE "it's; $(touch canary) `touch canary` :x \\ \n$HOME" ("a'b" int, "c\\d" text); INSERT INTO "it's; $(touch canary) `touch canary` :x \\ \n$HOME" VALUES (1, 'é');
    CREATE SEQUENCE "s' $(touch canary) :'y'"; SELECT setval('"s'' $(touch canary) :''y''"', 41);
    """

  private func scene(_ store: Store, _ key: AgeKey?) throws -> Scene {
    let source = try PostgreSQLServer.start()
    try source.psql(RichSchema.roles)
    let scene = try Scene(
      "",
      plan: PlanText(
        secrets: "  keys: { env: S3_KEYS }\n  identity: { file: identity.txt }", logical: "{ workers: 2, pieceSize: 1MB }", recipient: key?.recipient ?? "",
        identity: key == nil ? "" : "identity"), source: source,
      target: PostgreSQLServer.start(), environment: ["S3_KEYS": "\(S3Server.accessKey):\(S3Server.secretKey)"])
    try source.psql(RichSchema.objects + Self.more, database: scene.database)
    try source.psql(RichSchema.settings(scene.database))
    var text = try readFile("\(scene.folder)/plan.yaml")
    if let key { try writeFile("\(scene.folder)/identity.txt", key.identity) }
    if store != .folder {
      let bucket = "{ s3: { bucket: \(S3Server.bucket), prefix: \"by hand/\(scene.database)\", endpoint: \"\(try S3Server.shared(.seaweedFS).url)\", credentials: { secret: keys } }, site: there }"
      text = text.replacing("near: { directory: { path: near }, site: there }", with: "near: \(bucket)")
    }
    try writeFile("\(scene.folder)/plan.yaml", text)
    return scene
  }

  /// All that a person could compare: contents, owners, privileges, settings, roles.
  private func everything(_ server: PostgreSQLServer, _ database: String) throws -> [String] {
    try Scene.dump(server, database) + [
      "SELECT pg_get_userbyid(datdba), datconnlimit, datacl, encoding, datcollate, datctype FROM pg_database WHERE datname = '\(database)'",
      "SELECT setrole::regrole, setconfig FROM pg_db_role_setting ORDER BY 1, 2",
      "SELECT rolname, rolinherit, rolcanlogin, rolconnlimit, rolvaliduntil, rolpassword, shobj_description(oid, 'pg_authid') FROM pg_authid WHERE rolname !~ '^pg_' AND rolname <> 'postgres' ORDER BY 1",
      "SELECT roleid::regrole, member::regrole, admin_option FROM pg_auth_members WHERE member::regrole::text !~ '^pg_' ORDER BY 1, 2",
    ].map { try server.psql($0) }
  }

  @Test("the printed commands restore what the tool restores", arguments: [Store.folder, .bucketByCurl], [false, true])
  func byHand(store: Store, isEncrypted: Bool) async throws { try await equal(store: store, isEncrypted: isEncrypted) }

  @Test("and where `aws` is installed, it fetches the objects", .enabled(if: hasAWS)) func byAWS() async throws {
    try await equal(store: .bucketByAWS, isEncrypted: true)
  }

  private func equal(store: Store, isEncrypted: Bool) async throws {
    let scene = try scene(store, isEncrypted ? AgeKey.make() : nil)
    let backup = try await scene.run("apply", "--yes", "plan.yaml", within: .seconds(120))
    #expect(backup.status == 0, "\(backup.errors)\(backup.output)")
    let printed = try await scene.run("points", "show", "plan.yaml", "latest", "--commands")
    #expect(printed.status == 0 && printed.errors.isEmpty)
    let nowhere = try await scene.run("points", "show", "plan.yaml", "latest", "--commands", "--store", "far")
    #expect(nowhere.status == 1 && nowhere.errors.contains("`far` does not hold the point") && nowhere.errors.contains("`near`"))
    try writeFile("\(scene.folder)/by-hand.sh", printed.output)
    let hand = try PostgreSQLServer.start()
    try runProgram(["mkdir", "\(scene.folder)/work"])
    var environment = [
      "PGHOST": hand.folder, "PGPORT": "\(hand.port)", "PGUSER": "postgres", "PATH": "\(PostgreSQLServer.programs):/usr/bin:/bin", "HOME": getenv("HOME").map { String(cString: $0) } ?? "/",
      "AWS_ACCESS_KEY_ID": S3Server.accessKey, "AWS_SECRET_ACCESS_KEY": S3Server.secretKey,
    ]
    if isEncrypted { environment["IDENTITY"] = "../identity.txt" }
    if store == .bucketByAWS { environment["PATH"] = "\(PostgreSQLServer.programs):\(Self.path)" }
    let done = try runProgram(["bash", "-c", "cd \(scene.folder)/work && bash ../by-hand.sh"], environment: environment, mayFail: true)
    #expect(done.status == 0, "\(done.output)\(done.errors)\n\(printed.output)")
    let said = done.errors.split(separator: "\n").filter { !$0.contains("already exists") }
    #expect(said.isEmpty, "\(done.errors)")

    let restore = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost", within: .seconds(120))
    #expect(restore.status == 0, "\(restore.errors)\(restore.output)")
    #expect(try everything(hand, scene.database) == everything(scene.target, scene.database))
    #expect(try hand.psql("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '\(scene.database)'") == "it's a \\ database\n")
    // Nothing that a name holds was run, and no plain schema is left.
    let left = try files(below: "\(scene.folder)/work").keys
    #expect(!left.contains { $0.contains("canary") } && left.contains { $0.hasSuffix("schema.dump") } != isEncrypted)
  }
}
