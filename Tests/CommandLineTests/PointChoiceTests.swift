import TestSupport
import Testing

/// A person chooses the point: `--point CLASS=POINT`.
@Suite(.timeLimit(.minutes(10)))
struct PointChoiceTests {
  @Test("an older point is planned and restored where it is chosen, in place of the latest")
  func older() async throws {
    let scene = try Scene("CREATE TABLE t AS SELECT 1 AS n", plan: PlanText(every: "1ms"))
    #expect(try await scene.run("apply", "--yes", "plan.yaml").status == 0)
    try scene.source.psql("INSERT INTO t VALUES (2)", database: scene.database)
    #expect(try await scene.run("apply", "--yes", "plan.yaml").status == 0)
    let points = try await scene.points()
    let older = try #require(points.last)
    let plan = try await scene.run("plan", "plan.yaml", "--scenario", "lost", "--point", "things=\(older)")
    #expect(points.count == 2 && plan.status == 0 && plan.output.contains("as of point \(older)"), "\(plan.output)\(plan.errors)")
    let restore = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost", "--point", "things=\(older)")
    #expect(restore.status == 0, "\(restore.errors)")
    #expect(try scene.target.psql("SELECT n FROM t", database: scene.database) == "1\n")
  }

  @Test(
    "what cannot be meant is refused before anything is looked at",
    arguments: [
      (["--scenario", "lost", "--point", "things"], "CLASS=POINT"), (["--scenario", "lost", "--point", "thinks=20261124T000000Z-abcdef"], "`things`"),
      (["--point", "things=20261124T000000Z-abcdef"], "protection restores nothing"), (["--scenario", "lost", "--point", "things=latest"], "points list"),
    ])
  func refused(arguments: [String], words: String) async throws {
    let scene = try Scene()
    let end = try await scene.start(["plan", "plan.yaml"] + arguments).end()
    #expect(end.status == 64 && end.errors.contains(words), "\(end.errors)")
  }

  @Test("a point that is in no store fails the step, and nothing is made")
  func gone() async throws {
    let scene = try Scene("CREATE TABLE t AS SELECT 1 AS n")
    #expect(try await scene.run("apply", "--yes", "plan.yaml").status == 0)
    let end = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost", "--point", "things=20200101T000000Z-abcdef")
    #expect(end.status != 0 && (end.errors + end.output).contains("there is no recovery point 20200101T000000Z-abcdef"), "\(end.errors)\(end.output)")
    #expect(try scene.targetDatabases() == [])
  }
}
