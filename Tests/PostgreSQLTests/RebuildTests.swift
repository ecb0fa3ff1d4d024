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

extension RolesWorld {
  /// As the server's user: nothing where the tests run as that.
  static var through: [String] { geteuid() == 0 ? ["runuser", "-u", "postgres", "--"] : [] }

  func controlling(_ name: String, _ words: String...) -> [String] {
    Self.through + ["\(PostgreSQLServer.programs)/pg_ctl", "-D", "\(server(name).folder)/data", "-l", "\(server(name).folder)/log", "-w"] + words
  }

  func rebuilding(_ method: PostgreSQLRebuildReplica.Method) -> PostgreSQLRebuildReplica.Arguments {
    PostgreSQLRebuildReplica.Arguments(
      server: reference("east"), from: reference("west"), method: method, folder: "\(east.folder)/data", stop: controlling("east", "-m", "fast", "stop"),
      start: controlling("east", "start"), through: Self.through)
  }

  @discardableResult
  func rebuild(
    _ method: PostgreSQLRebuildReplica.Method, attempt: Int = 1, _ change: (inout PostgreSQLRebuildReplica.Arguments) -> Void = { _ in }
  ) async throws -> StepResult {
    var arguments = rebuilding(method)
    change(&arguments)
    return try await RebuildPerformer(host: host).perform(arguments, in: context("rebuild", attempt: attempt))
  }

  /// `west` is the primary, `east` is fenced and has a row that `west` never got.
  static func failedOver() async throws -> RolesWorld {
    let world = try await RolesWorld.start()
    try await world.cutTheLine()
    try await world.ask("east", "INSERT INTO t VALUES (666)")
    try await world.fence()
    try await world.promote()
    try await world.ask("west", "INSERT INTO t VALUES (777)")
    return world
  }

  /// Whether `east` is a replica of `west` that takes no writes and has its rows, and those alone.
  func isRebuilt() async throws -> Bool {
    try await until("east", "EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')")
    try await ask("west", "INSERT INTO t VALUES (888)")
    guard try await polled(within: .seconds(10), { try await numbers("east").contains(888) ? true : nil }) == true else { return false }
    let there = try await numbers("east")
    let refused = try await refusal("east")
    return !there.contains(666) && there.contains(777) && refused?.contains("read-only transaction") == true
  }

  /// What lies beside the data directory.
  func leftovers() -> [String] { ["rebuild", "old", "config", "config.half"].map { "\(east.folder)/data.sie-dr-\($0)" }.filter { access($0, F_OK) == 0 } }
}

extension RolesTests {
  /// Former primaries that become replicas, on real servers; and what must never come of it: a second primary.
  @Suite
  struct RebuildTests {
    private struct Seen: Equatable, Sendable { var role: String; var timeline: String; var rows: Set<Int> }

    private func conformance(_ world: RolesWorld) throws -> StepConformance<Seen> {
      StepConformance(
        AnyStepKind(PostgreSQLRebuildReplica.self), try CanonicalJSON.value(world.rebuilding(.rewind)), world.performers, world.context("rebuild")
      ) {
        // By the administrator's way while it is fenced.
        let role = try await world.ask("east", "SELECT pg_is_in_recovery()", "template1")
        let timeline = try await world.ask("east", "SELECT max(received_tli) FROM pg_stat_wal_receiver", "template1")
        return Seen(role: role, timeline: timeline, rows: try await world.refusal("east", sql: "SELECT 1") == nil ? try await world.numbers("east") : [])
      }
    }

    @Test("performed twice is performed once") func twice() async throws { try await conformance(.failedOver()).performsTwiceAsOnce() }
    @Test("it settles by looking") func settled() async throws { try await conformance(.failedOver()).settles() }
    @Test("it can be planned when it cannot be observed") func unreachable() async throws { try await conformance(.start()).plansWithoutReach() }
    @Test("cancelled it does nothing") func cancelled() async throws { try await conformance(.failedOver()).honoursCancellation() }

    @Test("a fenced primary becomes a replica, is open again, and what it alone had is gone", arguments: PostgreSQLRebuildReplica.Method.allCases)
    func rebuilt(_ method: PostgreSQLRebuildReplica.Method) async throws {
      let world = try await RolesWorld.failedOver()
      let arguments = world.rebuilding(method)
      let before = await RebuildObserver().observe(arguments, in: world.observing)
      let change = PostgreSQLRebuildReplica.compare(arguments, before, at: RolesWorld.now())
      #expect(change.action == .update && change.losses == ["what `east` alone has is lost"] && change.before["role"] == "primary, fenced")
      let result = try await world.rebuild(method)
      #expect(result.summary.contains("is a replica of `west`"))
      #expect(try await world.isRebuilt() && world.leftovers().isEmpty)
      // Its own configuration, not the primary's: it listens where it did.
      #expect(try await world.ask("east", "SHOW port") == "\(world.east.port)")
      #expect(!(try readFile("\(world.east.folder)/data/pg_hba.conf").contains("sie-dr fence")))
      let after = await RebuildObserver().observe(arguments, in: world.observing)
      #expect(after.facts["follows"] == true && PostgreSQLRebuildReplica.compare(arguments, after, at: RolesWorld.now()).action == .none)
      // However it is started again.
      try await world.stop("east")
      try await world.restart("east")
      #expect(try await world.ask("east", "SELECT pg_is_in_recovery()") == "t")
      // And back: a hand-over to where it all began.
      var back = world.fencing
      back.server = world.reference("west")
      let fenced = try await FencePerformer(host: world.host).perform(back, in: world.context("fence-back"))
      var forth = world.promoting
      (forth.server, forth.others, forth.upTo) = (world.reference("east"), [world.reference("west")], .output(step: "fence-back", name: "position"))
      try await world.until("east", "EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')")
      let promoted = try await PromotePerformer().perform(forth, in: world.context("promote-back", outputs: ["fence-back": fenced.outputs]))
      #expect(promoted.measurements["timeline"] == 3 && promoted.measurements["lostBytes"] == "0B")
    }

    @Test("cut off while its configuration was put by, it still comes up with its own", arguments: PostgreSQLRebuildReplica.Method.allCases)
    func halfConfigured(_ method: PostgreSQLRebuildReplica.Method) async throws {
      let world = try await RolesWorld.failedOver()
      try runProgram(["sh", "-c", "echo \"cluster_name = 'only in east'\" >> \(world.east.folder)/data/postgresql.conf"])
      // The first file fails, once: as if the host had died there.
      let (script, flag) = ("\(world.east.folder)/cut-off", "\(world.east.folder)/was-cut-off")
      try writeFile(script, "case \"$*\" in *'cp -p'*postgresql.conf*) [ -e \(flag) ] || { : > \(flag); exit 1; } ;; esac\nexec \"$@\"\n")
      await #expect(throws: StepFailure.self) { try await world.rebuild(method) { $0.through = ["sh", script] + $0.through } }
      #expect(access(flag, F_OK) == 0)
      try await world.rebuild(method, attempt: 2)
      #expect(try await world.isRebuilt() && world.leftovers().isEmpty)
      #expect(try await world.ask("east", "SHOW cluster_name") == "only in east")
    }

    @Test("a primary that crashed is rewound too")
    func crashed() async throws {
      let world = try await RolesWorld.failedOver()
      try await world.stop("east", mode: "immediate")
      try await world.rebuild(.rewind)
      #expect(try await world.isRebuilt())
    }

    @Test("with its folder gone it is copied anew")
    func gone() async throws {
      let world = try await RolesWorld.failedOver()
      try await world.stop("east")
      let configuration = try readBytes("\(world.east.folder)/data/postgresql.conf")
      _ = try await onThread { try runProgram(["rm", "-rf", "\(world.east.folder)/data"]) }
      let rewind = await failure { try await world.rebuild(.rewind) }
      #expect(rewind?.code == "folder-unrelated")
      try await world.rebuild(.copy, attempt: 2)
      #expect(try await world.isRebuilt() && world.leftovers().isEmpty && !configuration.isEmpty)
    }

    @Test("a primary that takes writes is not touched, and neither is a folder of somebody else's")
    func refusals() async throws {
      let world = try await RolesWorld.start()
      try await world.cutTheLine()
      try await world.ask("west", "SELECT pg_promote()")
      let writing = await failure { try await world.rebuild(.rewind) }
      #expect(writing?.code == "primary-not-fenced" && writing?.helps.first?.contains("postgresql.fence") == true)
      let none = await failure { try await world.rebuild(.copy) { $0.folder = "\(world.east.folder)" } }
      #expect(none?.code == "folder-unrelated")
      let other = try await onThread { try PostgreSQLServer.start(programs: PostgreSQLServer.programs) }
      let unrelated = await failure { try await world.rebuild(.copy) { $0.folder = "\(other.folder)/data" } }
      #expect(unrelated?.code == "folder-unrelated" && unrelated?.details.first?.contains("system identifier") == true)
      try await world.fence()
      let wests = await failure { try await world.rebuild(.copy) { $0.folder = "\(world.west.folder)/data" } }
      #expect(wests?.code == "folder-another")
      let standby = await failure { try await world.rebuild(.copy) { $0.from = world.reference("east"); $0.server = world.reference("west") } }
      #expect(standby?.code == "no-primary")
      #expect(access("\(world.east.folder)/data/standby.signal", F_OK) != 0)
      #expect(try await world.ask("west", "SELECT pg_is_in_recovery()") == "f")
    }

    @Test("a stop that does not stop, a start that fails: it says so, and the old primary cannot come back as one")
    func programsThatLie() async throws {
      var world = try await RolesWorld.failedOver()
      world.timeout = .seconds(20)
      let lying = await failure { [world] in try await world.rebuild(.rewind) { $0.stop = ["true"] } }
      #expect(lying?.code == "not-stopped")
      #expect(access("\(world.east.folder)/data/standby.signal", F_OK) == 0)
      let failing = await failure { [world] in try await world.rebuild(.rewind, attempt: 2) { $0.start = ["sh", "-c", "echo no unit >&2; exit 5"] } }
      #expect(failing?.code == "program-failed" && failing?.details == ["it said: no unit"])
      // Whoever starts it, it is a standby.
      try await world.restart("east")
      #expect(try await world.ask("east", "SELECT pg_is_in_recovery()", "template1") == "t")
      try await world.rebuild(.rewind, attempt: 3)
      #expect(try await world.isRebuilt())
    }

    @Test("what cannot be rewound stays a folder that starts only as a standby, and is copied")
    func notRewindable() async throws {
      var world = try await RolesWorld.failedOver()
      world.timeout = .seconds(40)
      try await world.ask("east", "CHECKPOINT", "template1")
      try await world.stop("east", mode: "fast")
      // The log in which the two parted.
      _ = try await onThread { [world] in try runProgram(["sh", "-c", "rm -f \(world.east.folder)/data/pg_wal/0000*"]) }
      let failed = await failure { [world] in try await world.rebuild(.rewind) }
      #expect(failed?.code == "rewind-failed" && failed?.helps.first?.contains("method: copy") == true && failed?.details.isEmpty == false)
      #expect(access("\(world.east.folder)/data/standby.signal", F_OK) == 0)
      try await world.rebuild(.copy, attempt: 2)
      #expect(try await world.isRebuilt() && world.leftovers().isEmpty)
    }

    @Test("cut off in the middle, wherever: the folder has no name from which it starts, and the next attempt goes on", arguments: ["rewinding", "copied"])
    func cutOff(_ moment: String) async throws {
      let world = try await RolesWorld.failedOver()
      try await world.stop("east", mode: "fast")
      let data = "\(world.east.folder)/data"
      if moment == "rewinding" {
        _ = try await onThread { try runProgram(["mv", data, "\(data).sie-dr-rebuild"]) }
        #expect(await RebuildPerformer(host: world.host).settle(world.rebuilding(.rewind), in: world.context("rebuild")) == .notDone)
        try await world.rebuild(.rewind, attempt: 2)
      } else {
        _ = try await onThread { try runProgram(["mv", data, "\(data).sie-dr-old"]) }
        try await world.rebuild(.copy, attempt: 2)
      }
      #expect(try await world.isRebuilt() && world.leftovers().isEmpty)
    }

    @Test("no password in what the step says or hands to programs as an argument")
    func secrets() async throws {
      var world = try await RolesWorld.failedOver()
      world.overTCP = true
      world.timeout = .seconds(30)
      let seen = Lock<Set<String>>([])
      let watcher = Task {
        while !Task.isCancelled {
          let list = try await onThread { try runProgram(["ps", "-eo", "args"]).output }
          seen.withLock { seen in seen.formUnion(list.split(separator: "\n").filter { $0.contains("pg_") }.map(String.init)) }
          try await Task.sleep(for: .milliseconds(20))
        }
      }
      var texts = ["\(try await world.rebuild(.copy))"]
      try await world.stop("east")
      watcher.cancel()
      _ = try? await watcher.value
      let lines = seen.withLock { $0 }
      #expect(lines.contains { $0.contains("pg_basebackup") })
      world.urls["west"] = world.west.tcpURL("app", encodedPassword: PostgreSQLServer.encodedPassword + "x")
      texts.append(await failure { [world] in try await world.rebuild(.copy, attempt: 2) }?.text ?? PostgreSQLServer.password)
      texts += lines
      texts.append("\(world.progress.withLock { $0 })")
      for canary in SecretTests.canaries { #expect(!texts.contains { $0.contains(canary) }) }
    }
  }
}
