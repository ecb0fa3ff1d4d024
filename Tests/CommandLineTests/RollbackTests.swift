import CanonicalJSON
import TestSupport
import Testing

/// A run that fails is taken back, and one that cannot be taken back says what is left to do.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct RollbackTests {
  /// A role of its own, so that the restore makes one on the target.
  static func sql(_ role: String) -> String {
    """
    CREATE ROLE "\(role)"; CREATE TABLE t AS SELECT n, md5(n::text) AS m FROM generate_series(1, 3000) n; CREATE INDEX ON t (m);
    ALTER TABLE t OWNER TO "\(role)"; SELECT lo_from_bytea(0, 'large');
    """
  }

  /// Servers of its own: whole servers are compared.
  func scene(_ plan: PlanText) async throws -> Scene {
    let scene = try Scene(Self.sql("owner of things"), plan: plan, source: PostgreSQLServer.start(), target: PostgreSQLServer.start())
    let backup = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(backup.status == 0, "\(backup.errors)")
    return scene
  }

  func emptyTarget(_ scene: Scene) throws {
    let name = scene.database
    try scene.target.psql(
      """
      CREATE ROLE tenant LOGIN PASSWORD 'x'; COMMENT ON ROLE tenant IS 'rents'; CREATE DATABASE \(name) OWNER tenant CONNECTION LIMIT 9;
      ALTER DATABASE \(name) SET work_mem = '9MB'; REVOKE ALL ON DATABASE \(name) FROM PUBLIC;
      GRANT CONNECT ON DATABASE \(name) TO tenant WITH GRANT OPTION; COMMENT ON DATABASE \(name) IS 'for tenants';
      ALTER ROLE tenant IN DATABASE \(name) SET search_path = a, "B c"
      """)
  }

  @Test("a step that fails after the restore: everything is undone in reverse, and the whole server is what it was", arguments: [true, false])
  func rolledBack(_ hasTarget: Bool) async throws {
    let note = "echo $SIE_DR_STEP >> undone.txt"
    let scene = try await scene(
      PlanText(
        onFailure: "rollback",
        rollback: "{ before: { command.run: { run: [sh, -c, 'echo before >> undone.txt'] }, timeout: 1m }, after: { command.run: { run: [sh, -c, 'echo after >> undone.txt'] }, timeout: 1m } }",
        steps: PlanText.command("first", "[\"true\"]", undo: "[sh, -c, '\(note)']")
          + PlanText.restore(undo: ", needs: [first]")
          + PlanText.command("route", "[\"true\"]", undo: "[sh, -c, '\(note)']", needs: "restore")
          + PlanText.command("switch", "[sh, -c, 'echo the balancer says no >&2; exit 1']", undo: "[\"true\"]", needs: "route")
          + PlanText.command("never", "[touch, never.txt]", needs: "switch")))
    if hasTarget { try emptyTarget(scene) }
    let before = try Scene.dumpAll(scene.target)
    let applied = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost")
    #expect(applied.status == 4, "\(applied.output)\(applied.errors)")
    #expect(try Scene.dumpAll(scene.target) == before)
    #expect(try readFile("\(scene.folder)/undone.txt") == "before\nroute\nfirst\nafter\n")
    #expect(!names(in: scene.folder).contains("never.txt"))
    let said = applied.output + applied.errors
    for words in ["rolled back", "the balancer says no", "the world is as it was"] { #expect(said.contains(words), "\(words)") }
    // What is over is over.
    let again = try await scene.run("resume", scene.lastRun())
    #expect(again.status == 1 && again.errors.contains("run-over"))
  }

  @Test("an undo that fails: what is left to do by hand is said, and `rollback` finishes the job once the cause is gone")
  func incomplete() async throws {
    let scene = try await scene(
      PlanText(
        onFailure: "rollback",
        steps: PlanText.restore()
          + PlanText.command("route", "[\"true\"]", undo: "[sh, -c, 'test -e allowed.txt || { echo the gate is shut >&2; exit 1; }']", needs: "restore")
          + PlanText.command("aside", "[\"true\"]", undo: "[touch, aside.txt]", needs: "")
          + PlanText.command("switch", "[\"false\"]", needs: "route, aside")))
    let before = try Scene.dumpAll(scene.target)
    let applied = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost")
    #expect(applied.status == 5, "\(applied.output)\(applied.errors)")
    let run = try scene.lastRun()
    // What the failed undo rests on stays; what does not is undone.
    #expect(try scene.targetDatabases() == [scene.database])
    #expect(names(in: scene.folder).contains("aside.txt"))
    for words in ["rollback-incomplete", "To be done by hand", "route", "test -e allowed.txt", "the gate is shut", "restore: stays, since `route`, which came after it, does", "sie-dr rollback \(run)"] {
      #expect(applied.output.contains(words), "\(words) in: \(applied.output)")
    }
    let still = try await scene.run("rollback", run)
    #expect(still.status == 5)
    try writeFile("\(scene.folder)/allowed.txt", "")
    let finished = try await scene.run("rollback", run)
    #expect(finished.status == 4, "\(finished.output)\(finished.errors)")
    #expect(try Scene.dumpAll(scene.target) == before)
    #expect(try scene.json(try await scene.run("runs", "--format", "json").output)["runs"]?.array?.first?["result"]?.string == "rolled-back")
  }

  @Test("a run that paused at a failed step is taken back by hand, and one that is done too")
  func byHand() async throws {
    let scene = try await scene(PlanText(steps: PlanText.restore() + PlanText.command("switch", "[test, -e, open.txt]", needs: "restore")))
    let before = try Scene.dumpAll(scene.target)
    let paused = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost")
    #expect(paused.status == 6)
    let run = try scene.lastRun()
    for words in ["sie-dr resume \(run)", "sie-dr rollback \(run)", "--skip switch"] { #expect(paused.output.contains(words), "\(words)") }
    #expect(try await scene.run("rollback", run).status == 4)
    #expect(try Scene.dumpAll(scene.target) == before)
    try writeFile("\(scene.folder)/open.txt", "")
    #expect(try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost").status == 0)
    #expect(try await scene.run("rollback", scene.lastRun()).status == 4)
    #expect(try Scene.dumpAll(scene.target) == before)
  }

  @Test("a step in doubt that nobody can settle pauses the run, and a person's word goes on with it", arguments: [("--done", 1), ("--not-done", 2)])
  func inDoubt(_ word: String, _ times: Int) async throws {
    let scene = try await scene(
      PlanText(steps: PlanText.command("switch", "[sh, -c, 'echo once >> times.txt; test -e quick.txt || sleep 30']")))
    let program = try scene.start("apply", "--yes", "plan.yaml", "--scenario", "lost")
    try await until("the step is at work") { (try? readFile("\(scene.folder)/times.txt")) == "once\n" }
    program.send(9)
    _ = try await program.end()
    try await until("the step's program has ended") { scene.processes().isEmpty }
    try writeFile("\(scene.folder)/quick.txt", "")
    let run = try scene.lastRun()
    let asked = try await scene.run("resume", run)
    #expect(asked.status == 6, "\(asked.output)")
    #expect(asked.output.contains("--done switch") && asked.output.contains("--not-done switch"))
    #expect(try await scene.run("resume", run, word, "switch").status == 0)
    #expect(try readFile("\(scene.folder)/times.txt").split(separator: "\n").count == times)
  }
}
