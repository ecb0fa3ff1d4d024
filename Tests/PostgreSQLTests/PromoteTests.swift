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
  /// Promoting real replicas: hand-over, loss, and two primaries that must not be.
  @Suite
  struct PromoteTests {
    private struct Seen: Equatable, Sendable { var role: String; var timeline: String }

    private func conformance(_ world: RolesWorld) async throws -> StepConformance<Seen> {
      try await world.fence()
      return StepConformance(
        AnyStepKind(PostgreSQLPromote.self), try CanonicalJSON.value(world.promoting), world.performers, world.context("promote")
      ) {
        let role = try await world.ask("west", "SELECT pg_is_in_recovery()")
        return Seen(role: role, timeline: role == "t" ? "" : try await world.ask("west", "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"))
      }
    }

    @Test("performed twice is performed once") func twice() async throws { try await conformance(.start()).performsTwiceAsOnce() }
    @Test("it settles by its mark") func settled() async throws { try await conformance(.start()).settles() }
    @Test("it can be planned when it cannot be observed") func unreachable() async throws { try await conformance(.start()).plansWithoutReach() }
    @Test("cancelled it does nothing") func cancelled() async throws { try await conformance(.start()).honoursCancellation() }

    @Test("a planned hand-over under load loses nothing: the old primary ends where the new one begins")
    func handOver() async throws {
      var world = try await RolesWorld.start()
      world.overTCP = true
      let writer = Writer(to: world.east.tcpURL("app"))
      try await until("the writer writes") { writer.count > 50 }
      let (seen, change) = await world.planned(world.promoting)
      #expect(seen.facts["role"] == "standby" && seen.measurements["others"] == ["east": "primary, takes writes"])
      #expect(seen.measurements["received"]?.string != nil && seen.measurements["replayLag"]?.string != nil && seen.measurements["receiveLag"]?.string != nil)
      #expect(change.action == .update && change.losses.first?.contains("by what it was last told") == true)
      let fenced = try await world.fence()
      let promoted = try await world.promote(outputs: ["fence": fenced.outputs]) { $0.upTo = .output(step: "fence", name: "position") }
      let acknowledged = await writer.stop()
      let there = try await world.numbers("west")
      #expect(acknowledged.count > 50 && acknowledged.allSatisfy(there.contains))
      #expect(promoted.measurements["lostBytes"] == "0B" && promoted.measurements["lostTransactionsAtMost"] == 0 && promoted.measurements["timeline"] == 2)
      #expect(promoted.summary.contains("nothing is lost"))
      // What the primary itself writes after the last session is nobody's commit.
      if fenced.measurements["writtenAfterwards"] == "0B" { #expect(promoted.outputs["position"] == fenced.outputs["position"]) }
      #expect(promoted.outputs["url"] == .secret(world.reference("west").url))
      #expect(try await world.refusal("west") == nil)
      #expect(try await world.refusal("east") != nil)
      let (_, after) = await world.planned(world.promoting)
      #expect(after.action == .none && after.reason.contains("primary already"))
      for canary in SecretTests.canaries { #expect(!"\(promoted)\(seen)\(world.progress.withLock { $0 })".contains(canary)) }
    }

    @Test("with the old primary taking writes nothing is promoted, and neither while nobody can tell")
    func notFenced() async throws {
      var world = try await RolesWorld.start()
      let writing = await failure { [world] in try await world.promote() }
      #expect(writing?.code == "primary-not-fenced" && writing?.message.contains("`east`") == true && writing?.helps.first?.contains("postgresql.fence") == true)
      world.urls["east"] = world.east.tcpURL("app", encodedPassword: "wrong")
      let mute = await failure { [world] in try await world.promote() }
      #expect(mute?.code == "primary-not-fenced" && mute?.message.contains("does not let us look") == true)
      let unknown = await failure { [world] in try await world.promote { $0.others = [] } }
      #expect(unknown?.code == "primary-not-fenced" && unknown?.message.contains(world.east.folder) == true)
      #expect(try await world.ask("west", "SELECT pg_is_in_recovery()") == "t")
    }

    @Test("a primary that is out of our reach and not of the replica's is alive, whatever a program or a person says")
    func partition() async throws {
      var world = try await RolesWorld.start()
      world.timeout = .seconds(30)
      world.urls["east"] = "postgresql://a:b@127.0.0.1:\(try HTTPServer.closedPort())/app"
      try await world.fence { $0.by = ["true"] }
      let failed = await failure { [world] in try await world.promote() }
      #expect(failed?.code == "primary-not-fenced" && failed?.message.contains("does not answer us") == true)
      // A primary that hangs, as one without power, is found out after a while.
      let pids = try await onThread { [world] in try runProgram(["pgrep", "-f", "postgres: walsender"]).output.split(separator: "\n").compactMap { pid_t($0) } + [Self.postmaster(world.east)] }
      let own = try await onThread { [world] in try pids.filter { pid in try pid == Self.postmaster(world.east) || Self.isChild(pid, of: Self.postmaster(world.east)) } }
      own.forEach { kill($0, SIGSTOP) }
      defer { own.forEach { kill($0, SIGCONT) } }
      #expect(try await world.promote(attempt: 2).measurements["lostBytes"] == "unknown")
    }

    private static func postmaster(_ server: PostgreSQLServer) throws -> pid_t {
      try #require(pid_t(try readFile("\(server.folder)/data/postmaster.pid").split(separator: "\n").first.map(String.init) ?? ""))
    }
    private static func isChild(_ pid: pid_t, of parent: pid_t) throws -> Bool {
      try readFile("/proc/\(pid)/status").contains("PPid:\t\(parent)\n")
    }

    @Test("a replica that lacks something is not promoted where nothing may be lost, and else the loss is measured")
    func loss() async throws {
      var world = try await RolesWorld.start()
      world.timeout = .seconds(10)
      try await world.replicateOne()
      try await world.cutTheLine()
      for n in 0..<10 { try await world.ask("east", "INSERT INTO t SELECT generate_series(1, 1000) + \(n)") }
      let fenced = try await world.fence()
      let refused = await failure { [world] in
        try await world.promote(outputs: ["fence": fenced.outputs]) { $0.upTo = .output(step: "fence", name: "position") }
      }
      #expect(refused?.code == "replica-behind" && refused?.isTransient == true && refused?.details.first?.contains("received up to") == true)
      #expect(try await world.ask("west", "SELECT pg_is_in_recovery()") == "t")
      let promoted = try await world.promote(attempt: 2)
      let end = try #require(WALPosition(fenced.text("position"))), begin = try #require(WALPosition(promoted.text("position")))
      #expect(promoted.measurements["lostBytes"] == .string(begin.distance(to: end).description))
      #expect(begin.distance(to: end) > ByteCount(bytes: 10 * 1_000 * 30))
      #expect(promoted.measurements["lostTransactionsAtMost"] == 10)
      #expect(promoted.measurements["lostSpanAtMost"]?.string.flatMap { TimeSpan($0) }.map { $0 > .zero } == true)
      #expect(promoted.summary.contains("at most 10 transactions"))
      #expect(try await world.ask("west", "SELECT count(*) FROM t") == "101")
    }

    @Test("what is received and not yet replayed is not lost")
    func paused() async throws {
      let world = try await RolesWorld.start()
      try await world.ask("west", "SELECT pg_wal_replay_pause()")
      try await world.ask("east", "INSERT INTO t SELECT generate_series(1, 10000)")
      try await world.fence()
      let (seen, _) = await world.planned(world.promoting)
      #expect(seen.measurements["replayLag"]?.string.flatMap { ByteCount($0) }.map { $0 > ByteCount(bytes: 100_000) } == true)
      #expect(seen.measurements["receiveLag"] == "0B" && seen.measurements["replayPaused"] == true)
      let promoted = try await world.promote()
      #expect(promoted.measurements["lostBytes"] == "0B")
      #expect(try await world.ask("west", "SELECT count(*) FROM t") == "10100")
    }

    @Test("with the old primary gone, what is lost is said to be unknown, with the last that was heard")
    func gone() async throws {
      var world = try await RolesWorld.start()
      world.timeout = .seconds(10)
      try await world.replicateOne()
      try await world.stop("east")
      try await world.fence { $0.by = ["true"] }
      let (seen, change) = await world.planned(world.promoting)
      #expect(seen.measurements["primary"] == "not connected" && change.losses.first?.contains("nobody knows how much") == true)
      let promoted = try await world.promote()
      #expect(promoted.measurements["lostBytes"] == "unknown" && promoted.summary.contains("nobody knows"))
      #expect(promoted.measurements["lostSpanAtMost"]?.string.flatMap { TimeSpan($0) } != nil)
      #expect(try await world.refusal("west") == nil)
      // It comes back: the old primary never as a second one that nobody notices.
      try await world.restart("east")
      let second = await failure { [world] in try await world.promote(attempt: 2) }
      #expect(second?.code == "two-primaries" && second?.helps.first?.contains("at once") == true)
    }

    @Test("a server of another family may take writes as it likes")
    func unrelated() async throws {
      var world = try await RolesWorld.start()
      // Of its own initdb: all others of these tests are copies of one cluster, and so of one family.
      let other = try await onThread { try PostgreSQLServer.start(programs: PostgreSQLServer.programs) }
      world.urls["other"] = other.url()
      try await world.fence()
      let others = [world.reference("east"), world.reference("other")]
      var arguments = world.promoting
      arguments.others = others
      #expect(await PromoteObserver().observe(arguments, in: world.observing).measurements["others"] == ["east": "primary, fenced", "other": "of another family"])
      let promoted = try await world.promote { $0.others = others }
      #expect(promoted.measurements["lostBytes"] == "0B")
    }

    @Test("a primary that this run has not made one is not taken for it")
    func anothers() async throws {
      let world = try await RolesWorld.start()
      try await world.fence()
      try await world.promote(run: "20261124T070000Z-else")
      let failed = await failure { try await world.promote() }
      #expect(failed?.code == "no-replica")
      guard case .unknown(let why) = await PromotePerformer().settle(world.promoting, in: world.context("promote")) else {
        Issue.record("settled")
        return
      }
      #expect(why.contains("no mark"))
    }

    @Test("after a crash in the middle it is found, with what it lost, whether it came through or not")
    func crash() async throws {
      let world = try await RolesWorld.start()
      try await world.fence()
      let connection = try await PostgreSQLConnection.open(ServerAddress(url: world.west.url("app")), application: "test")
      let role = try await ServerRole.look(connection)
      let other = try await OtherServer.look(world.reference("east"), family: role.systemIdentifier, world, "test")
      let mark = PromotionMark(world.context("promote").mark, try #require(role.standby), end: OtherServer.end([other]), at: RolesWorld.now())
      try await mark.write(connection)
      await connection.close()
      #expect(await PromotePerformer().settle(world.promoting, in: world.context("promote")) == .notDone)
      try await world.ask("west", "SELECT pg_promote()")
      guard case .done(let result) = await PromotePerformer().settle(world.promoting, in: world.context("promote")) else {
        Issue.record("not settled as done")
        return
      }
      #expect(result.measurements["lostBytes"] == "0B" && result.measurements["timeline"] == 2)
      #expect(try await world.promote(attempt: 2).outputs == result.outputs)
    }

    @Test("the server that was fenced, one that is down, and a user without rights are refused")
    func refusals() async throws {
      var world = try await RolesWorld.start()
      try await world.ask("east", "CREATE ROLE weak LOGIN")
      try await world.until("west", "count(*) = 1 FROM pg_roles WHERE rolname = 'weak'")
      try await world.fence()
      let fenced = await failure { [world] in try await world.promote { $0.server = world.reference("east"); $0.others = [] } }
      #expect(fenced?.code == "server-fenced")
      world.urls["west"] = world.west.url("app", user: "weak")
      let weak = await failure { [world] in try await world.promote() }
      #expect(weak?.code == "right-missing")
      world.urls["west"] = nil
      let unusable = await failure { [world] in try await world.promote { $0.upTo = .text("yesterday") } }
      #expect(unusable?.code == "position-unusable")
      try await world.stop("west")
      let down = await failure { [world] in try await world.promote() }
      #expect(down?.code == "server-unreachable")
      let (seen, change) = await world.planned(world.promoting)
      if case .unreachable = seen.reach { #expect(change.action == .unknown) } else { Issue.record("reached") }
    }

    // MARK: Pure

    @Test("WAL positions are read and subtracted as PostgreSQL does", arguments: [("0/0", 0), ("0/3000090", 0x3000090), ("1/0", 1 << 32), ("FFFFFFFF/FFFFFFFF", UInt64.max)] as [(String, UInt64)])
    func positions(_ text: String, _ offset: UInt64) {
      #expect(WALPosition(text)?.offset == offset)
      #expect(WALPosition(offset: offset).description == text)
    }

    @Test("what is no WAL position is none", arguments: [nil, "", "0", "0/", "/0", "0/0/0", "g/0", "0/100000000", "-1/0"])
    func noPositions(_ text: String?) { #expect(WALPosition(text) == nil) }

    @Test("what is lost is never less than nothing, and unknown where the end is")
    func losses() throws {
      let now = try #require(Timestamp("2026-11-24T08:00:00Z"))
      let here = try #require(WALPosition("1/10")), before = try #require(WALPosition("0/FFFFFFF0"))
      func loss(_ end: WALPosition?, told: WALPosition? = nil) -> PromotionLoss {
        PromotionLoss(
          position: here, nextTransaction: 100, replayedUntil: now + .minutes(-1), end: end.map { .init(position: $0, nextTransaction: 103, at: now + .seconds(-30)) },
          lastTold: told, now: now)
      }
      #expect(loss(before).bytes == .zero && loss(here).seconds == .zero && loss(here).transactions == 0)
      let more = loss(WALPosition("1/110"))
      #expect(more.bytes == ByteCount(bytes: 256) && more.transactions == 3 && more.seconds == .seconds(30))
      let unknown = loss(nil, told: WALPosition("1/20"))
      #expect(unknown.bytes == nil && unknown.transactions == nil && unknown.toldMissing == ByteCount(bytes: 16) && unknown.seconds == .minutes(1))
      #expect(unknown.words.contains("at least 16 B"))
    }
  }
}
