@testable import Commands
import PostgreSQLProvider
import TestSupport
import Testing
import Units

/// `init` on a real server: the draft is a plan that lints, backs up and restores once its marks are filled in.
@Suite("init", .timeLimit(.minutes(5))) struct InitTests {
  static let sql = "CREATE TABLE small (a int); CREATE TABLE \"Big One\" AS SELECT n, md5(n::text) AS m FROM generate_series(1, 5000) n"

  @Test("the draft lints without an error, holds no secret, and is in order") func lints() async throws {
    let scene = try Scene(Self.sql)
    let draft = try await scene.run("init", "--url-env", "SOURCE_URL")
    #expect(draft.status == 0 && draft.errors == "", "\(draft.errors)")
    for words in ["CHANGE", "Not seen", "source-url: { env: SOURCE_URL }", scene.database, "the server is a primary", #"from public.\"Big One\""#] {
      #expect(draft.output.contains(words), "\(words) in: \(draft.output)")
    }
    #expect(!draft.output.contains("postgresql://"))
    try writeFile("\(scene.folder)/draft.yaml", draft.output)
    let lint = try await scene.run("lint", "draft.yaml")
    #expect(lint.status == 0, "\(lint.output)\(lint.errors)")
    #expect(try await scene.run("fmt", "--check", "draft.yaml").status == 0)
  }

  @Test("with the stores' places filled in, the draft backs the database up and brings it back") func works() async throws {
    let scene = try Scene(Self.sql)
    let draft = try await scene.run("init", "--url-env", "SOURCE_URL").output
    try writeFile("\(scene.folder)/draft.yaml", draft.replacing("/srv/backups", with: "near").replacing("/mnt/elsewhere/backups", with: "far"))
    let backup = try await scene.run("apply", "--yes", "draft.yaml")
    #expect(backup.status == 0, "\(backup.errors)")
    let restore = try await scene.run("apply", "--yes", "draft.yaml", "--scenario", "site-loss")
    #expect(restore.status == 6, "it asks a person first: \(restore.output)\(restore.errors)")
    let resumed = try await scene.run("resume", try scene.lastRun(), "--confirm", "confirm")
    #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
    #expect(try Scene.dump(scene.target, scene.database) == Scene.dump(scene.source, scene.database))
  }

  @Test("what a role may not see or back up is said, not guessed") func rights() async throws {
    let scene = try Scene(Self.sql)
    let role = "role_\(scene.database)"
    try scene.source.psql("CREATE ROLE \(role) LOGIN; GRANT CONNECT ON DATABASE \(scene.database) TO \(role)")
    defer { _ = try? scene.source.psql("DROP OWNED BY \(role); DROP ROLE \(role)") }
    let draft = try await StartedProgram([BuiltProgram.sieDR, "init", "--url-env", "WEAK_URL"], environment: ["WEAK_URL": scene.source.url(scene.database, user: role)], in: scene.folder).end()
    #expect(draft.status == 0, "\(draft.errors)")
    #expect(draft.output.contains("whether anything replicates from the server: this role may not look"))
    #expect(draft.output.contains("as it is, a backup would fail"), "\(draft.output)")
  }

  @Test("a database without a row is not asked for rows after its restore") func empty() async throws {
    let draft = try await Scene("CREATE TABLE nothing (a int)").run("init", "--url-env", "SOURCE_URL")
    #expect(draft.status == 0 && draft.output.contains("sql: \"select true\"") && !draft.output.contains("nothing\""), "\(draft.output)")
  }

  @Test("without the variable, or with a server that is not there, nothing is printed but the reason") func unreachable() async throws {
    let scene = try Scene()
    let unset = try await scene.run("init", "--url-env", "NO_SUCH_URL")
    #expect(unset.status == 1 && unset.output == "" && unset.errors.contains("NO_SUCH_URL is not set"), "\(unset.errors)")
    let gone = try await StartedProgram(
      [BuiltProgram.sieDR, "init", "--url-env", "GONE_URL"], environment: ["GONE_URL": "postgresql://u:canary@127.0.0.1:1/d"], in: scene.folder).end()
    #expect(gone.status == 1 && gone.output == "" && !gone.errors.contains("canary") && gone.errors.contains("127.0.0.1:1"), "\(gone.errors)")
  }

  @Test("a draft of any size and name lints without an error and without a warning of tight targets", arguments: [
    ("shop", 0), ("Größe & 7", 3_000_000_000), ("7", 400_000_000_000), ("a\nb: c", 20_000_000_000_000), (String(repeating: "x", count: 63), 1),
  ] as [(String, Int64)])
  func anySize(_ name: String, _ bytes: Int64) async throws {
    let sketch = ServerSketch(
      version: "15.4", database: name, size: ByteCount(bytes: bytes), isStandby: true, others: ["one\ntwo"], largestTable: "public.\"a \\ 'b'\"", replicas: nil,
      problems: ["no right to read\nanything"])
    let folder = try temporaryFolder("draft")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", try DraftPlan(sketch: sketch, variable: "URL").text)
    let lint = try await StartedProgram([BuiltProgram.sieDR, "lint", "plan.yaml"], in: folder).end()
    #expect(lint.status == 0 && !lint.output.contains("headroom-low") && !lint.output.contains("error["), "\(lint.output)")
  }
}
