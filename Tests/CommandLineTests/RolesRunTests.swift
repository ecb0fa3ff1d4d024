import Glibc
import TestSupport
import Testing

/// Two servers change roles by the built tool: planned, applied, killed, rolled back, and with a person's word.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct RolesRunTests {
  /// A primary, its replica, and a folder with a plan. Both URLs hold a password.
  private struct Pair {
    let east: PostgreSQLServer
    let west: PostgreSQLServer
    let folder: String

    init() throws {
      let settings = ["wal_keep_size = 128MB", "wal_log_hints = on", "wal_retrieve_retry_interval = 100ms"]
      east = try PostgreSQLServer.start(settings: settings)
      try east.psql("CREATE DATABASE shop")
      try east.psql("CREATE TABLE orders AS SELECT generate_series(1, 1000) AS n", database: "shop")
      west = try PostgreSQLServer.standby(of: east, settings: settings)
      try east.psql("INSERT INTO orders VALUES (1001)", database: "shop")
      let west = west
      try holdUntil("the replica is connected") { try west.psql("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'") == "1\n" }
      folder = try temporaryFolder("roles")
      try writeFile("\(folder)/plan.yaml", plan)
    }

    private var plan: String {
      let through = geteuid() == 0 ? "[runuser, -u, postgres, --]" : "[]"
      let words = geteuid() == 0 ? "runuser, -u, postgres, --, " : ""
      let control = "\(words)\(PostgreSQLServer.programs)/pg_ctl, -D, \(east.folder)/data, -l, \(east.folder)/log, -w"
      return """
        apiVersion: sie-dr/v1
        kind: RecoveryPlan
        metadata: { name: roles }
        secrets: { east-url: { env: EAST_URL }, west-url: { env: WEST_URL } }
        servers:
          pg-east: { postgresql: { url: { secret: east-url } } }
          pg-west: { postgresql: { url: { secret: west-url } } }
        data: { shop: { on: [pg-east, pg-west], home: pg-east, protect: { standby: { replica: { server: pg-west, maxLag: 30s } } } } }
        scenarios:
          hand-over:
            detect: { noticedWithin: 5m }
            steps:
              fence: { postgresql.fence: { server: pg-east }, timeout: 1m, estimate: 5s }
              promote:
                postgresql.promote: { server: pg-west, data: shop, upTo: { output: fence.position } }
                irreversible: Handed back the other way round.
                needs: [fence]
                timeout: 1m
              look: { postgresql.query: { server: pg-west, sql: "select count(*) >= 1000 from orders", expect: t }, needs: [promote], timeout: 1m }
              replica:
                postgresql.rebuildReplica:
                  { server: pg-east, from: pg-west, folder: \(east.folder)/data, stop: [\(control), -m, fast, stop], start: [\(control), start], through: \(through) }
                irreversible: What it alone had is gone.
                needs: [look]
                timeout: 2m
          thought-better-of:
            detect: { noticedWithin: 5m }
            onFailure: rollback
            steps:
              fence: { postgresql.fence: { server: pg-east }, timeout: 1m, estimate: 5s }
              no: { command.run: { run: ["false"], undo: ["true"] }, needs: [fence], timeout: 1m }
          east-lost:
            loses: { servers: [pg-east] }
            detect: { noticedWithin: 5m }
            steps:
              fence: { postgresql.fence: { server: pg-east }, timeout: 10s, estimate: 5s }
              promote: { postgresql.promote: { server: pg-west, data: shop }, irreversible: The timelines part., needs: [fence], timeout: 1m }

        """
    }

    func start(_ arguments: [String]) throws -> StartedProgram {
      try StartedProgram(
        [BuiltProgram.sieDR] + arguments, environment: ["EAST_URL": east.tcpURL("shop"), "WEST_URL": west.tcpURL("shop"), "SIE_DR_WHO": "tester"], in: folder)
    }

    func run(_ arguments: String...) async throws -> ProgramResult {
      let result = try await start(arguments).end()
      for canary in [PostgreSQLServer.password, PostgreSQLServer.encodedPassword] { #expect(!(result.output + result.errors).contains(canary)) }
      return result
    }

    func lastRun() throws -> String { try #require(names(in: "\(folder)/.sie-dr/runs").max()) }

    /// Neither the journal nor anything else of the run holds a password.
    func isClean() throws -> Bool {
      try files(below: folder).values.allSatisfy { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        return ![PostgreSQLServer.password, PostgreSQLServer.encodedPassword].contains { text.contains($0) }
      }
    }

    func takesWrites(_ server: PostgreSQLServer) throws -> Bool {
      try server.tool("psql", ["-X", "-q", "-d", "shop", "-c", "INSERT INTO orders VALUES (0)"], mayFail: true).status == 0
    }

    func remove() { removeFolder(folder) }
  }

  private func pair(_ body: (Pair) async throws -> Void) async throws {
    let pair = try await onThread { try Pair() }
    defer { pair.remove() }
    try await body(pair)
  }

  @Test("a hand-over: plan shows who is primary and how far the replica is, apply loses nothing, and the old primary is a replica")
  func handOver() async throws {
    try await pair { pair in
      let planned = try await pair.run("plan", "plan.yaml", "--scenario", "hand-over")
      #expect(planned.status == 0 && planned.output.contains("lets nobody in any more but replicas"), "\(planned.output)\(planned.errors)")
      for words in ["what the replica was not sent is lost", "pg-east\":\"primary, takes writes", "receiveLag ", "replayLag "] { #expect(planned.output.contains(words), "\(planned.output)") }
      let applied = try await pair.run("apply", "--yes", "plan.yaml", "--scenario", "hand-over")
      #expect(applied.status == 0, "\(applied.output)\(applied.errors)")
      let said = applied.output + applied.errors
      for words in ["fenced: `pg-east` refuses connections", "has received all of it", "nothing is lost", "is a replica of `pg-west`"] { #expect(said.contains(words), "\(said)") }
      #expect(try pair.takesWrites(pair.west) && !pair.takesWrites(pair.east) && pair.isClean())
      #expect(try pair.east.psql("SELECT pg_is_in_recovery()", database: "shop") == "t\n")
      // It has been done: there is nothing to hand over any more.
      let again = try await pair.run("plan", "plan.yaml", "--scenario", "hand-over")
      #expect(again.output.contains("the step would fail: it is no primary"), "\(again.output)")
    }
  }

  @Test("killed right after the door was shut it is finished by resume", arguments: ["hand-over"])
  func killed(_ scenario: String) async throws {
    try await pair { pair in
      let program = try pair.start(["apply", "--yes", "plan.yaml", "--scenario", scenario])
      try await onThread { try holdUntil("the door is shut") { try readFile("\(pair.east.folder)/data/pg_hba.conf").hasPrefix("# sie-dr fence") } }
      program.send(SIGKILL)
      try await program.end()
      let resumed = try await pair.run("resume", try pair.lastRun())
      #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
      #expect((resumed.output + resumed.errors).contains("nothing is lost"))
      #expect(try pair.takesWrites(pair.west) && !pair.takesWrites(pair.east) && pair.isClean())
    }
  }

  @Test("rolled back before the promotion the old primary takes writes again, by the rules that it had")
  func rolledBack() async throws {
    try await pair { pair in
      let rules = try readFile("\(pair.east.folder)/data/pg_hba.conf")
      let applied = try await pair.run("apply", "--yes", "plan.yaml", "--scenario", "thought-better-of")
      #expect(applied.status == 4, "\(applied.output)\(applied.errors)")
      #expect(try readFile("\(pair.east.folder)/data/pg_hba.conf") == rules)
      #expect(try pair.takesWrites(pair.east) && pair.isClean())
    }
  }

  @Test("with the primary gone and nothing else named the run pauses, says what to type, and goes on with a person's word")
  func byPerson() async throws {
    try await pair { pair in
      try await onThread { try pair.east.stop() }
      let planned = try await pair.run("plan", "plan.yaml", "--scenario", "east-lost")
      #expect(planned.status == 0 && planned.output.contains("nothing else is named that fences it"), "\(planned.output)")
      let applied = try await pair.run("apply", "--yes", "plan.yaml", "--scenario", "east-lost")
      let said = applied.output + applied.errors
      let run = try pair.lastRun()
      #expect(applied.status == 6 && said.contains("fence-unproved") && said.contains("resume \(run) --skip fence --reason"), "\(said)")
      #expect(try !pair.takesWrites(pair.west))
      let resumed = try await pair.run("resume", run, "--skip", "fence", "--reason", "Anna pulled the plug")
      #expect(resumed.status == 0 && (resumed.output + resumed.errors).contains("nobody knows"), "\(resumed.output)\(resumed.errors)")
      #expect(try pair.takesWrites(pair.west) && pair.isClean())
    }
  }
}
