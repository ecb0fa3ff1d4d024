import Glibc
import Journaling
import TestSupport
import Testing

/// Signals: the run ends in good order, says how to go on, and goes on.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct InterruptTests {
  /// Two steps, the first of which takes until a file is there, or a minute.
  static let slow = "[sh, -c, 'echo began >> log.txt; for i in $(seq 600); do test -e go.txt && break; sleep 0.1; done; echo ended >> log.txt']"
  static let plan = PlanText(
    steps: PlanText.command("slow", slow, more: "retries: 1") + PlanText.command("next", "[sh, -c, 'echo next >> log.txt']", needs: "slow"))

  func log(_ scene: Scene) -> String { (try? readFile("\(scene.folder)/log.txt")) ?? "" }

  static func isInterrupted(_ run: String, _ scene: Scene) throws -> Bool {
    try scene.journal(run).contains { if case .interrupted = $0.event { true } else { false } }
  }

  func begun(_ scene: Scene) async throws -> StartedProgram {
    let program = try scene.start("apply", "--yes", "plan.yaml", "--scenario", "lost")
    try await until("the step is at work") { log(scene) == "began\n" }
    return program
  }

  @Test("the first signal lets the running step end and starts nothing new", arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func drains(_ signal: Int32, _ status: Int32) async throws {
    let scene = try Scene(plan: Self.plan)
    let program = try await begun(scene)
    program.send(signal)
    let run = try scene.lastRun()
    try await until("the signal is on record") { try Self.isInterrupted(run, scene) }
    #expect(program.isRunning)
    try writeFile("\(scene.folder)/go.txt", "")
    let end = try await program.end()
    #expect(end.status == status, "\(end.output)\(end.errors)")
    #expect(log(scene) == "began\nended\n")
    #expect(end.output.contains("sie-dr resume \(run)"))
    let resumed = try await scene.run("resume", run)
    #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
    #expect(log(scene) == "began\nended\nnext\n")
  }

  @Test("the second signal cancels the running step, and nothing of it stays behind", arguments: [SIGINT, SIGTERM])
  func cancels(_ signal: Int32) async throws {
    let scene = try Scene(plan: Self.plan)
    let program = try await begun(scene)
    program.send(signal)
    let run = try scene.lastRun()
    try await until("the signal is on record") { try Self.isInterrupted(run, scene) }
    program.send(signal)
    let end = try await program.end(within: .seconds(20))
    #expect(end.status == (signal == SIGINT ? 130 : 143), "\(end.output)\(end.errors)")
    #expect(scene.processes() == [])
    #expect(log(scene) == "began\n")
    #expect(end.output.contains("sie-dr resume \(run)"))
    try writeFile("\(scene.folder)/go.txt", "")
    let resumed = try await scene.run("resume", run)
    #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
    #expect(log(scene) == "began\nbegan\nended\nnext\n")
  }

  @Test("a backup that is cancelled leaves no half point and no session, and is resumed to a new one")
  func backup() async throws {
    let scene = try Scene("CREATE TABLE t AS SELECT n, repeat(md5(n::text), 40) AS m FROM generate_series(1, 250000) n")
    let program = try scene.start("apply", "--yes", "plan.yaml")
    let run = try await onThread {
      guard let run = try scene.begun("backup-things-often", by: program) else { throw ProgramFailure(description: program.errors) }
      // The server's own processes stand still meanwhile, so that the backup cannot be over before it is cancelled.
      let sessions = try scene.source.psql("SELECT pid FROM pg_stat_activity WHERE datname = '\(scene.database)' AND pid <> pg_backend_pid()")
        .split(separator: "\n").compactMap { Int32($0) }
      for session in sessions { kill(session, SIGSTOP) }
      defer { for session in sessions { kill(session, SIGCONT) } }
      program.send(SIGINT)
      try holdUntil("the signal is on record") { try Self.isInterrupted(run, scene) }
      program.send(SIGINT)
      return run
    }
    let end = try await program.end()
    #expect(end.status == 130, "\(end.output)\(end.errors)")
    #expect(try files(below: "\(scene.folder)/near").isEmpty)
    // A server's process that stood still learns a moment later that its client is gone.
    try await until("no session is left") { try scene.source.psql("SELECT count(*) FROM pg_stat_activity WHERE datname = '\(scene.database)'") == "0\n" }
    #expect(try await scene.run("resume", run).status == 0)
    #expect(try await scene.points().count == 1)
  }
}
