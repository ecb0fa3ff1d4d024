import CanonicalJSON
import TestSupport
import Testing

/// The whole way with buckets in place of folders.
@Suite("backups in S3 buckets", .serialized, .timeLimit(.minutes(10)))
struct S3Tests {
  private static let rows = 200_000
  private static let sql = """
    CREATE TABLE t AS SELECT n, md5(n::text) || md5((n + 1)::text) AS m, repeat(md5(random()::text), 4) AS r FROM generate_series(1, \(rows)) n;
    ALTER TABLE t ADD PRIMARY KEY (n); CREATE TABLE "empty; table" (a int)
    """

  private func scene() throws -> Scene { try Scene.inBuckets(Self.sql, plan: PlanText(copy: "far")) }

  @Test("a backup goes to one bucket and is copied to another, is listed in both and restored from either", arguments: ["", "near"])
  func roundTrip(lost: String) async throws {
    let scene = try scene()
    let backup = try await scene.run("apply", "--yes", "plan.yaml", within: .seconds(120))
    #expect(backup.status == 0, "\(backup.errors)\(backup.output)")
    #expect(try await scene.points().count == 1)
    if !lost.isEmpty {
      try scene.editPlan { text in
        text = text.replacing("loses: { servers: [source] }", with: "loses: { servers: [source], stores: [\(lost)] }")
        // A bucket that is not there any more.
        text = text.replacing("\(lost): { s3: { bucket: \(S3Server.bucket), prefix: \(scene.database)", with: "\(lost): { s3: { bucket: gone")
      }
    }
    let restore = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost", within: .seconds(120))
    #expect(restore.status == 0, "\(restore.errors)\(restore.output)")
    #expect(try Scene.dump(scene.target, scene.database) == Scene.dump(scene.source, scene.database))
  }

  @Test("points in buckets are held, released and accepted, and expire")
  func words() async throws {
    let scene = try scene()
    for _ in 0..<2 {
      let backup = try await scene.run("apply", "--yes", "plan.yaml", within: .seconds(120))
      #expect(backup.status == 0, "\(backup.errors)\(backup.output)")
      try await Task.sleep(for: .milliseconds(1_100))
    }
    try scene.source.psql("TRUNCATE t", database: scene.database)
    #expect(try await scene.run("apply", "--yes", "plan.yaml", within: .seconds(120)).output.contains("SUSPECT"))
    let points = try await scene.points()
    #expect(points.count == 3)
    for _ in 0..<2 { #expect(try await scene.run("points", "hold", "plan.yaml", points[2], "--reason", "incident").status == 0) }
    #expect(try await scene.run("points", "accept", "plan.yaml", points[0]).status == 0)
    let plan = try readFile("\(scene.folder)/plan.yaml").replacing("keep: { for: 1h, atLeast: 3 }", with: "keep: { for: 1s }")
    try writeFile("\(scene.folder)/plan.yaml", plan)
    try await Task.sleep(for: .milliseconds(1_100))
    let expiry = try await scene.run("expire", "plan.yaml", "--yes")
    #expect(expiry.status == 0, "\(expiry.errors)\(expiry.output)")
    #expect(try await scene.points() == [points[0], points[2]])
    #expect(try await scene.run("points", "release", "plan.yaml", points[2]).status == 0)
    #expect(try await scene.run("expire", "plan.yaml", "--yes").status == 0)
    let listed = try await scene.run("points", "list", "plan.yaml")
    #expect(try await scene.points() == [points[0]] && listed.output.contains("near, far") && listed.output.contains("accepted: by tester"), "\(listed.output)")
  }

  @Test("wrong keys are refused with words, and neither they nor the secret are shown anywhere")
  func wrongKeys() async throws {
    let scene = try scene()
    let refused = try await StartedProgram(
      [BuiltProgram.sieDR, "apply", "--yes", "plan.yaml"],
      environment: ["SOURCE_URL": scene.source.url(scene.database), "TARGET_URL": scene.target.url(scene.database), "S3_KEYS": "\(S3Server.accessKey):canary-secret"],
      in: scene.folder
    ).end(within: .seconds(120))
    #expect(refused.status != 0)
    let said = refused.output + refused.errors
    #expect(said.contains("the secret key does not belong to the access key"), "\(said)")
    #expect(!said.contains("canary"))
    for run in scene.runs() { #expect(try !readFile(scene.journalPath(run)).contains("canary")) }
  }
}
