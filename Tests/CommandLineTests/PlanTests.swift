import CanonicalJSON
import TestSupport
import Testing

/// `plan`, and `apply` of a changeset that it saved, on real servers.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct PlanTests {
  static let now = "2026-11-24T12:00:00Z"
  static let small = "CREATE TABLE t AS SELECT n, md5(n::text) AS m FROM generate_series(1, 2000) n"

  /// With a point to restore.
  func scene(_ plan: PlanText = PlanText()) async throws -> Scene {
    let scene = try Scene(Self.small, plan: plan)
    let backup = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(backup.status == 0, "\(backup.errors)")
    return scene
  }

  func digest(_ scene: Scene) async throws -> String {
    let result = try await scene.run("plan", "plan.yaml", "--scenario", "lost", "--now", Self.now, "--out", "digest.json")
    #expect(result.status == 0, "\(result.errors)")
    return try #require(scene.json(try readFile("\(scene.folder)/digest.json"))["digest"]?.string)
  }

  @Test("planned twice for the same moment, the bytes are the same in every format, and nothing is written but --out", arguments: [[], ["--scenario", "lost"]])
  func deterministic(_ scenario: [String]) async throws {
    let scene = try await scene()
    let before = try files(below: scene.folder)
    for format in ["text", "json", "markdown"] {
      let arguments = ["plan", "plan.yaml", "--now", Self.now, "--format", format] + scenario
      let first = try await scene.start(arguments + ["--out", "a.json"]).end()
      let second = try await scene.start(arguments + ["--out", "b.json"]).end()
      #expect(first.status == 0 && first.output == second.output && !first.output.isEmpty)
      #expect(try readBytes("\(scene.folder)/a.json") == readBytes("\(scene.folder)/b.json"))
    }
    var after = try files(below: scene.folder)
    after["a.json"] = nil
    after["b.json"] = nil
    #expect(after == before)
  }

  @Test("the digest stays where only rows have come, and moves when the restore's empty target has gained a table")
  func digestMoves() async throws {
    let scene = try await scene()
    let absent = try await digest(scene)
    try scene.source.psql("INSERT INTO t SELECT n, 'new' FROM generate_series(1, 1000) n", database: scene.database)
    #expect(try await digest(scene) == absent)
    try scene.target.psql("CREATE DATABASE \(scene.database)")
    let empty = try await digest(scene)
    #expect(empty != absent)
    try scene.target.psql("CREATE TABLE gained (a int)", database: scene.database)
    #expect(try await digest(scene) != empty)
  }

  @Test("--detailed-exitcode ends with 2 where there are changes and 0 where there are none")
  func detailed() async throws {
    let scene = try await scene(PlanText(every: "1h"))
    #expect(try await scene.run("plan", "plan.yaml", "--detailed-exitcode").status == 0)
    #expect(try await scene.run("plan", "plan.yaml", "--detailed-exitcode", "--scenario", "lost").status == 2)
    let quiet = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(quiet.status == 0 && quiet.output.hasPrefix("nothing to do"))
  }

  @Test("a saved changeset is applied exactly, whatever has become of the plan file")
  func applySaved() async throws {
    let scene = try await scene()
    let latest = try #require(try await scene.points().first)
    #expect(try await scene.run("plan", "plan.yaml", "--scenario", "lost", "--out", "saved.json").status == 0)
    try writeFile("\(scene.folder)/plan.yaml", "nothing: that would help")
    let applied = try await scene.run("apply", "--yes", "saved.json")
    #expect(applied.status == 0, "\(applied.output)\(applied.errors)")
    #expect(applied.output.contains(latest))
    #expect(try Scene.dump(scene.target, scene.database) == Scene.dump(scene.source, scene.database))
  }

  @Test("a saved changeset whose target has gained a table since does not run: planned and found are shown, and it ends with 6")
  func moved() async throws {
    let scene = try await scene()
    try scene.target.psql("CREATE DATABASE \(scene.database)")
    #expect(try await scene.run("plan", "plan.yaml", "--scenario", "lost", "--out", "saved.json").status == 0)
    try scene.target.psql("CREATE TABLE gained (a int)", database: scene.database)
    let before = try Scene.dump(scene.target, scene.database)
    let applied = try await scene.run("apply", "--yes", "saved.json")
    #expect(applied.status == 6)
    let said = applied.output + applied.errors
    for words in ["planned", "found", "empty", "public.gained", "sie-dr resume", "sie-dr rollback"] { #expect(said.contains(words), "\(words) in: \(said)") }
    #expect(try Scene.dump(scene.target, scene.database) == before)
    #expect(try scene.targetDatabases() == [scene.database])
  }

  @Test("a changeset that was altered, or is none, is refused before anything is done")
  func altered() async throws {
    let scene = try await scene()
    #expect(try await scene.run("plan", "plan.yaml", "--scenario", "lost", "--out", "saved.json").status == 0)
    let saved = try readFile("\(scene.folder)/saved.json")
    try writeFile("\(scene.folder)/saved.json", saved.replacing("\"jobs\":2", with: "\"jobs\":3"))
    let altered = try await scene.run("apply", "--yes", "saved.json")
    #expect(altered.status == 1 && altered.errors.contains("changeset-altered"), "\(altered.errors)")
    try writeFile("\(scene.folder)/other.json", "{\"a\": 1}")
    let none = try await scene.run("apply", "--yes", "other.json")
    #expect(none.status == 1 && none.errors.contains("not-a-changeset"))
    try writeFile("\(scene.folder)/saved.json", saved)
    let fixed = try await scene.run("apply", "--yes", "saved.json", "--scenario", "lost")
    #expect(fixed.status == 64)
    #expect(try scene.targetDatabases() == [] && scene.runs().count == 1)
  }

  @Test("nobody is there to say yes: nothing is done")
  func nobodyToAsk() async throws {
    let scene = try await scene()
    let asked = try await scene.run("apply", "plan.yaml", "--scenario", "lost")
    #expect(asked.status == 1 && asked.errors.contains("nobody-to-ask") && asked.errors.contains("--yes"))
    #expect(try scene.targetDatabases() == [])
  }
}
