import CanonicalJSON
import Concurrency
import Glibc
import PlanModel
import PostgreSQLClient
@testable import PostgreSQLProvider
import ProviderInterface
import TestSupport
import Testing
import Units

extension RolesTests {
  /// Fencing real servers: what answers, what does not, and what must not be believed.
  @Suite
  struct FenceTests {
    private struct Seen: Equatable, Sendable { var refusal: Bool; var rules: String }

    private func conformance(_ world: RolesWorld) throws -> StepConformance<Seen> {
      StepConformance(
        AnyStepKind(PostgreSQLFence.self), try CanonicalJSON.value(world.fencing), world.performers, world.context("fence")
      ) {
        // Without the mark, whose attempt and time differ.
        let rules = try readFile("\(world.east.folder)/data/pg_hba.conf").split(separator: "\n").filter { !$0.hasPrefix("# sie-dr fence") }
        return Seen(refusal: try await world.refusal("east", sql: "SELECT 1") != nil, rules: rules.joined(separator: "\n"))
      }
    }

    @Test("performed twice is performed once") func twice() async throws { try await conformance(.start()).performsTwiceAsOnce() }
    @Test("undone it lets everybody in again, by the rules that were there") func undone() async throws { try await conformance(.start()).undoes() }
    @Test("it settles by looking") func settled() async throws { try await conformance(.start()).settles() }
    @Test("it can be planned when it cannot be observed") func unreachable() async throws { try await conformance(.start()).plansWithoutReach() }
    @Test("cancelled it does nothing") func cancelled() async throws { try await conformance(.start()).honoursCancellation() }

    @Test("refuses everybody, superusers too and after a restart, ends all sessions, and lets replicas have the rest")
    func proof() async throws {
      var world = try await RolesWorld.start()
      world.overTCP = true
      let writer = Writer(to: world.east.tcpURL("app"))
      try await until("the writer writes") { writer.count > 20 }
      let sleeper = try StartedProgram(["\(PostgreSQLServer.programs)/psql", "-h", world.east.folder, "-p", "\(world.east.port)", "-U", "postgres", "-d", "app", "-c", "BEGIN; INSERT INTO t VALUES (-1); SELECT pg_sleep(600); COMMIT"], in: "/tmp")
      try await world.until("east", "count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()")
      let result = try await world.fence()
      let acknowledged = await writer.stop()
      #expect(try await sleeper.end(within: .seconds(5)).status != 0)
      #expect(result.summary.contains("pg_hba.conf") && result.summary.contains("none left") && result.summary.contains("has received all of it"))
      let position = try #require(WALPosition(result.text("position")))
      for _ in 0..<2 {
        let east = world.east
        for database in ["app", "postgres"] {
          #expect(try await world.refusal("east", database, sql: "SELECT 1")?.contains("pg_hba.conf") == true)
        }
        let overTCP = await #expect(throws: PostgreSQLError.self) { try await PostgreSQLConnection.open(ServerAddress(url: east.tcpURL("app")), application: "app") }
        #expect(overTCP?.isByRule == true)
        try await world.stop("east", mode: "fast")
        try await world.restart("east")
      }
      // Every row that anybody was told of is at the replica, and its log reaches as far as the primary's.
      let there = try await world.numbers("west")
      #expect(acknowledged.count > 20 && acknowledged.allSatisfy(there.contains) && !there.contains(-1))
      let received = WALPosition(try await world.ask("west", "SELECT pg_last_wal_receive_lsn()"))
      #expect(received.map { $0 >= position } == true)
      // It is still a primary to its administrator, and said to be fenced.
      let (seen, change) = await world.planned(world.fencing)
      #expect(seen.facts["fenced"] == true && seen.measurements["role"] == "primary")
      #expect(change.action == .check && change.reason.contains("fenced already"))
    }

    @Test("what another run has fenced is proved again, and only that run lifts it")
    func anothers() async throws {
      let world = try await RolesWorld.start()
      let first = try await world.fence(run: "20261124T070000Z-else")
      let again = try await world.fence()
      #expect(again.text("position") == first.text("position"), "the first end counts")
      try await FencePerformer(host: world.host).undo(world.fencing, result: again, in: world.context("fence"))
      #expect(try await world.refusal("east") != nil)
      try await FencePerformer(host: world.host).undo(world.fencing, result: first, in: world.context("fence", run: "20261124T070000Z-else"))
      #expect(try await world.refusal("east") == nil)
    }

    @Test("rules that are written oddly come back to the letter")
    func oddRules() async throws {
      let world = try await RolesWorld.start()
      let path = "\(world.east.folder)/data/pg_hba.conf"
      let odd = """
        # "quoted", a \\ backslash,\ta tab and ümlaut

        local   all,replication  "postgres",+pg_monitor            trust  # who
        host    all all samenet scram-sha-256
        local   app "odd ""user"", he" peer map=foo
        """ + "\n\n"
      try writeBytes(path, Array(odd.utf8))
      try await world.ask("east", "SELECT pg_reload_conf()")
      let result = try await world.fence()
      #expect(try await world.refusal("east", sql: "SELECT 1")?.contains("pg_hba.conf") == true)
      try await FencePerformer(host: world.host).undo(world.fencing, result: result, in: world.context("fence"))
      #expect(try readFile(path) == odd)
    }

    @Test("rules with an error are not touched")
    func brokenRules() async throws {
      let world = try await RolesWorld.start()
      let path = "\(world.east.folder)/data/pg_hba.conf"
      let broken = "local all all trust\nlocal all all no-such-method\n"
      try writeBytes(path, Array(broken.utf8))
      let failed = await failure { try await world.fence() }
      #expect(failed?.code == "rules-broken" && failed?.message.contains("line 2") == true)
      #expect(try readFile(path) == broken)
    }

    @Test("where the administrator would be shut out too, all is put back")
    func noDoor() async throws {
      let world = try await RolesWorld.start()
      let path = "\(world.east.folder)/data/pg_hba.conf"
      try await world.ask("east", "ALTER DATABASE template1 ALLOW_CONNECTIONS false")
      let before = try readFile(path)
      let failed = await failure { try await world.fence() }
      #expect(failed?.code == "not-shut" && failed?.helps.first?.contains("template1") == true)
      #expect(try readFile(path) == before)
      #expect(try await polled(within: .seconds(5)) { try await world.refusal("east") == nil ? true : nil } == true)
    }

    @Test("a standby is not fenced for a primary, and nobody but a superuser fences")
    func refusals() async throws {
      var world = try await RolesWorld.start()
      let standby = await failure { [world] in try await world.fence { $0.server = world.reference("west") } }
      #expect(standby?.code == "no-primary" && standby?.details.first?.contains(world.east.folder) == true)
      try await world.ask("east", "CREATE ROLE weak LOGIN")
      world.urls["east"] = world.east.url("app", user: "weak")
      let weak = await failure { [world] in try await world.fence() }
      #expect(weak?.code == "right-missing")
      let (_, change) = await world.planned(world.fencing)
      #expect(change.action == .unknown && change.reason.contains("no superuser"))
      #expect(try await world.refusal("east") == nil)
    }

    // MARK: A server that does not answer

    @Test("a server that is gone is fenced by the program that is named, and by nothing else")
    func byProgram() async throws {
      var world = try await RolesWorld.start()
      world.timeout = .seconds(10)
      try await world.stop("east")
      let folder = try temporaryFolder("by")
      defer { removeFolder(folder) }
      let unproved = await failure { [world] in try await world.fence() }
      #expect(unproved?.code == "fence-unproved" && unproved?.helps.first?.contains("resume 20261124T080000Z-role --skip fence --reason") == true)
      let failing = await failure { [world] in try await world.fence { $0.by = ["sh", "-c", "echo no power supply >&2; exit 3"] } }
      #expect(failing?.code == "program-failed" && failing?.details == ["it said: no power supply"])
      let missing = await failure { [world] in try await world.fence { $0.by = ["no-such-program"] } }
      #expect(missing?.code == "program-missing")
      let by = ["sh", "-c", "echo \"$SIE_DR_RUN $SIE_DR_STEP\" > \(folder)/off"]
      let result = try await world.fence { $0.by = by; $0.undo = ["rm", "-f", "\(folder)/off"] }
      #expect(try readFile("\(folder)/off") == "20261124T080000Z-role fence\n")
      #expect(result.summary.contains("ended well") && result.outputs.isEmpty)
      let (seen, change) = await world.planned(PostgreSQLFence.Arguments(server: world.reference("east"), by: by))
      #expect(seen.reach == .observed && seen.facts["fenced"] == false && change.action == .run)
      var arguments = world.fencing
      (arguments.by, arguments.undo) = (by, ["rm", "-f", "\(folder)/off"])
      try await FencePerformer(host: world.host).undo(arguments, result: result, in: world.context("fence"))
      #expect(throws: ProgramFailure.self) { try readFile("\(folder)/off") }
    }

    @Test("a server that does not answer and whose program brings it back is not called fenced")
    func lyingProgram() async throws {
      var world = try await RolesWorld.start()
      world.timeout = .seconds(10)
      try await world.stop("east")
      let start = ["runuser", "-u", "postgres", "--", "\(PostgreSQLServer.programs)/pg_ctl", "-D", "\(world.east.folder)/data", "-l", "\(world.east.folder)/log", "-w", "start"]
      let failed = await failure { [world] in try await world.fence { $0.by = start } }
      #expect(failed?.code == "fence-failed" && failed?.isTransient == true)
      // Again, it answers, and is fenced over SQL.
      #expect(try await world.fence(attempt: 2) { $0.by = start }.text("position") != nil)
    }

    @Test("a person's yes counts only for a server that does not answer")
    func byPerson() async throws {
      var world = try await RolesWorld.start()
      world.timeout = .seconds(10)
      let over = try await world.fence { $0.confirmedBy = "confirm" }
      #expect(over.text("position") != nil, "it answered, so it was fenced")
      try await world.stop("east")
      let result = try await world.fence(attempt: 2) { $0.confirmedBy = "confirm" }
      #expect(result.summary.contains("a person has said yes to `confirm`") && result.outputs.isEmpty)
    }

    @Test("a server that hangs is one that does not answer; one that refuses the login does answer")
    func hanging() async throws {
      var world = try await RolesWorld.start()
      world.timeout = .seconds(10)
      let pid = try #require(pid_t(try readFile("\(world.east.folder)/data/postmaster.pid").split(separator: "\n").first.map(String.init) ?? ""))
      kill(pid, SIGSTOP)
      let hangs = await failure { [world] in try await world.fence() }
      kill(pid, SIGCONT)
      #expect(hangs?.code == "fence-unproved" && hangs?.details.first?.contains("did not answer within") == true)
      world.urls["east"] = world.east.tcpURL("app", encodedPassword: "wrong")
      let refused = await failure { [world] in try await world.fence { $0.by = ["true"]; $0.confirmedBy = "confirm" } }
      #expect(refused?.code == "login-refused" && refused?.details.contains { $0.contains("may be taking writes") } == true)
    }

    @Test("a server that is only just starting is waited for")
    func starting() async throws {
      let world = try await RolesWorld.start()
      try await world.stop("east")
      let later = Task {
        try await Task.sleep(for: .seconds(2))
        try await world.restart("east")
      }
      let result = try await world.fence { $0.by = ["false"] }
      try await later.value
      #expect(result.text("position") != nil)
    }

    @Test("after a crash between the file and the proof it is not done, and is finished by doing it again")
    func halfDone() async throws {
      let world = try await RolesWorld.start()
      // As it stands after the first half: the file is written and read, sessions go on, and no end of the log is known.
      let connection = try await PostgreSQLConnection.open(ServerAddress(url: world.east.url("app")), application: "test")
      let rules = AccessRules(connection: connection, server: "east")
      let (path, text) = try await rules.read()
      let kept = AccessRule.behindFence(try await rules.rules(), user: "postgres", database: "app", door: "template1")
      let fence = FencedRules(mark: FenceMark(world.context("fence").mark, at: RolesWorld.now()), rules: kept, original: text)
      try await rules.write(fence.text, to: path)
      #expect(try await polled(within: .seconds(5)) { try await world.refusal("east") } != nil)
      #expect(try await connection.query("SELECT count(*) FROM t").value == "100")
      let settled = await FencePerformer(host: world.host).settle(world.fencing, in: world.context("fence"))
      #expect(settled == .notDone)
      let result = try await world.fence(attempt: 2)
      #expect(result.summary.contains("1 session ended"))
      await #expect(throws: PostgreSQLError.self) { try await connection.query("SELECT 1") }
      guard case .done(let found) = await FencePerformer(host: world.host).settle(world.fencing, in: world.context("fence", attempt: 2)) else {
        Issue.record("not settled as done")
        return
      }
      #expect(found.outputs == result.outputs)
      try await FencePerformer(host: world.host).undo(world.fencing, result: found, in: world.context("fence", attempt: 2))
      #expect(try readFile(path) == text)
    }

    @Test("a replica that lacks something is said to")
    func behind() async throws {
      let world = try await RolesWorld.start()
      try await world.ask("west", "SELECT pg_wal_replay_pause()")
      let paused = try await world.fence()
      #expect(paused.summary.contains("has received all of it"), "what is received counts, not what is replayed")
      try await FencePerformer(host: world.host).undo(world.fencing, result: paused, in: world.context("fence"))
      try await world.ask("west", "SELECT pg_wal_replay_resume()")
      try await world.cutTheLine()
      let cut = try await world.fence()
      #expect(cut.summary.contains("no replica is connected"))
    }

    @Test("a server without replicas, that can have none, is fenced too")
    func alone() async throws {
      let server = try await onThread { try PostgreSQLServer.start(settings: ["wal_level = minimal", "max_wal_senders = 0"]) }
      let world = RolesWorld(east: server, west: server)
      try await world.ask("east", "CREATE DATABASE app", "postgres")
      let result = try await world.fence()
      #expect(WALPosition(result.text("position")) != nil && result.summary.contains("no replica is connected"))
      #expect(try await world.refusal("east", sql: "SELECT 1") != nil)
    }

    @Test("no password in what a step says, writes or hands to programs")
    func secrets() async throws {
      var world = try await RolesWorld.start()
      world.overTCP = true
      world.timeout = .seconds(10)
      var texts: [String] = []
      let result = try await world.fence()
      texts += ["\(result)", try readFile("\(world.east.folder)/data/pg_hba.conf"), try world.east.log()]
      texts.append("\(await world.planned(world.fencing))")
      world.urls["east"] = world.east.tcpURL("app", encodedPassword: PostgreSQLServer.encodedPassword + "x")
      texts.append(await failure { [world] in try await world.fence() }?.text ?? PostgreSQLServer.password)
      world.urls = [:]
      try await world.stop("east")
      texts.append(await failure { [world] in try await world.fence { $0.by = ["sh", "-c", "env >&2; exit 1"] } }?.text ?? PostgreSQLServer.password)
      texts.append("\(world.progress.withLock { $0 })")
      for canary in SecretTests.canaries { #expect(!texts.contains { $0.contains(canary) }) }
    }
  }
}
