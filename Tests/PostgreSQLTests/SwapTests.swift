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

/// A database takes the name of another, and whatever happens meanwhile the name leads to one of the two.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct SwapTests {
  /// A server of the test's own: `shop` holds `bad`, `shop_good` beside it holds `good`.
  private func world() async throws -> World {
    try await onThread {
      let server = try PostgreSQLServer.start()
      let world = try World.with("CREATE TABLE t AS SELECT 'bad' AS what", name: "shop", source: server, target: server)
      try server.psql("CREATE DATABASE shop_good")
      try server.psql("CREATE TABLE t AS SELECT 'good' AS what", database: "shop_good")
      try server.psql("COMMENT ON DATABASE shop IS 'the shop'; ALTER DATABASE shop_good SET work_mem = '9MB'")
      return world
    }
  }

  private func arguments(_ world: World, keepAs: String? = nil) -> PostgreSQLSwap.Arguments {
    .init(dataClass: "insights", stores: ["vault"], server: world.reference("target"), by: .text("shop_good"), keepAs: keepAs)
  }

  /// What each database holds, by its name; without the mark, which names the attempt.
  private static func contents(_ world: World) throws -> [String: String] {
    var found: [String: String] = [:]
    let rows = try world.target.psql("SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname LIKE 'shop%' ORDER BY 1")
    for line in rows.split(separator: "\n") {
      let parts = line.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      found[parts[0]] = try world.target.psql("SELECT what FROM t", database: parts[0]).filter { $0 != "\n" } + (parts[1].hasPrefix("{") ? " marked" : " \(parts[1])")
    }
    return found
  }

  private static let original = ["shop": "bad the shop", "shop_good": "good "]
  private func swapped(_ kept: String) -> [String: String] { ["shop": "good ", kept: "bad marked"] }

  private func perform(_ world: World, attempt: Int = 1, earlier: [Int] = [], keepAs: String? = "shop_bad") async throws -> StepResult {
    try await SwapPerformer().perform(arguments(world, keepAs: keepAs), in: world.context(step: "swap", attempt: attempt, earlier: earlier))
  }
  private func undo(_ world: World) async throws {
    try await SwapPerformer().undo(arguments(world, keepAs: "shop_bad"), result: nil, in: world.context(step: "swap"))
  }

  private func conformance(_ world: World) throws -> StepConformance<[String: String]> {
    StepConformance(
      AnyStepKind(PostgreSQLSwap.self), try CanonicalJSON.value(arguments(world)), StepPerformers(PostgreSQLProvider.performers(on: world.host)), world.context(step: "swap")
    ) { try await onThread { try Self.contents(world) } }
  }

  @Test("performed twice is performed once") func twice() async throws { try await conformance(world()).performsTwiceAsOnce() }
  @Test("undone both have their names and comments back") func undone() async throws { try await conformance(world()).undoes() }
  @Test("it settles by looking") func settled() async throws { try await conformance(world()).settles() }
  @Test("it can be planned when it cannot be observed") func unreachable() async throws { try await conformance(world()).plansWithoutReach() }
  @Test("cancelled it does nothing") func cancelled() async throws { try await conformance(world()).honoursCancellation() }

  @Test("busy applications are ended and come back to the new database, and the name never leads nowhere")
  func busy() async throws {
    let world = try await world()
    let seen = Lock<(missing: [String], answers: [String], stop: Bool)>(([], [], false))
    let applications = (0..<4).map { number in
      Task {
        var wasTold = false
        while !seen.withLock({ $0.stop }) {
          do {
            let connection = try await PostgreSQLConnection.open(ServerAddress(url: world.target.url("shop")), application: "app", timeout: .seconds(8))
            // Two keep their session until somebody ends it, two come anew each time.
            repeat {
              let what = try await connection.query("SELECT what FROM t").value ?? ""
              wasTold = false
              seen.withLock { if $0.answers.last != what { $0.answers.append(what) } }
              try await Task.sleep(for: .milliseconds(3))
            } while number < 2 && !seen.withLock { $0.stop }
            await connection.close()
          } catch let error as PostgreSQLError where error.message.contains("does not exist") {
            // Who had found the former database and waited for the renaming is told once that it has another name now.
            if wasTold { seen.withLock { $0.missing.append("\(error)") } }
            wasTold = true
          } catch {}
        }
      }
    }
    try await until("they are at work") { seen.withLock { $0.answers == ["bad"] } }
    let planned = await SwapObserver().observe(arguments(world), in: world.observing)
    let change = PostgreSQLSwap.compare(arguments(world), planned, at: World.now())
    #expect(change.action == .update && change.losses.contains { $0.contains("ended") } && planned.facts["problem"] == nil, "\(change)")
    let began = ContinuousClock.now
    let result = try await perform(world)
    #expect(began.duration(to: .now) < .seconds(15))
    try await until("the applications are back") { seen.withLock { $0.answers.last == "good" } }
    seen.withLock { $0.stop = true }
    for application in applications { await application.value }
    #expect(seen.withLock { $0.missing } == [])
    #expect(result.text("kept") == "shop_bad")
    #expect(try Self.contents(world) == swapped("shop_bad"))
    #expect(try world.target.psql("SHOW work_mem", database: "shop") == "9MB\n")
    try await undo(world)
    #expect(try Self.contents(world) == Self.original)
  }

  @Test("a session that does not end makes it fail with its number, and nothing is renamed")
  func stuck() async throws {
    let world = try await world()
    let sleeper = try StartedProgram(["\(PostgreSQLServer.programs)/psql", "-h", world.target.folder, "-p", "\(world.target.port)", "-U", "postgres", "-d", "shop", "-c", "SELECT pg_sleep(600)"], in: "/tmp")
    try await world.until("count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()", on: world.target)
    let pid = try #require(Int32(world.target.psql("SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()").filter { $0 != "\n" }))
    kill(pid, SIGSTOP)
    let failed = await failure { try await self.perform(world) }
    kill(pid, SIGCONT)
    #expect(failed?.code == "target-in-use" && failed?.isTransient == true && failed?.text.contains("session \(pid) ") == true, "\(failed?.text ?? "it succeeded")")
    #expect(try Self.contents(world) == Self.original)
    try await sleeper.end(within: .seconds(5))
    _ = try await perform(world, attempt: 2, earlier: [1])
    #expect(try Self.contents(world) == swapped("shop_bad"))
  }

  @Test("cut off after any part of what the server says, it is one of the two, settles as such, and is done by the next attempt", arguments: [300, 600, 900, 1100, 1200, 1300, 1400, 1500, 1600, 2000])
  func cutOff(_ bytes: Int) async throws {
    let world = try await world()
    let proxy = try TCPFaultProxy(to: world.target.port) { _ in .cut(bytes) }
    var faulty = world
    faulty.urlOverride = "postgresql://postgres:\(PostgreSQLServer.encodedPassword)@127.0.0.1:\(proxy.port)/shop"
    let failed = await failure { [faulty] in try await self.perform(faulty) }
    if let failed { #expect(failed.isTransient && !failed.text.contains(PostgreSQLServer.password), "\(failed.text)") }
    try await settlesAndEnds(world)
  }

  @Test("with the server killed in the middle it is one of the two, and is done by the next attempt", arguments: [0, 3, 6, 10, 15, 25, 40])
  func serverGone(_ milliseconds: Int) async throws {
    let world = try await world()
    let killer = Task {
      try await Task.sleep(for: .milliseconds(milliseconds))
      try await onThread { try world.target.stop() }
    }
    let failed = await failure { try await self.perform(world) }
    try await killer.value
    if let failed { #expect(failed.isTransient, "\(failed.text)") }
    guard case .unknown = await SwapPerformer().settle(arguments(world, keepAs: "shop_bad"), in: world.context(step: "swap")) else { Issue.record("a dead server was asked"); return }
    try await onThread { try world.target.restart() }
    try await settlesAndEnds(world)
  }

  /// One of the two states, told rightly; the next attempt and the undo end where they should.
  private func settlesAndEnds(_ world: World) async throws {
    let found = try Self.contents(world)
    #expect(found == Self.original || found == swapped("shop_bad"), "\(found)")
    let settled = await SwapPerformer().settle(arguments(world, keepAs: "shop_bad"), in: world.context(step: "swap"))
    if case .done = settled { #expect(found == swapped("shop_bad")) } else { #expect(settled == .notDone && found == Self.original) }
    _ = try await perform(world, attempt: 2, earlier: [1])
    #expect(try Self.contents(world) == swapped("shop_bad"))
    try await undo(world)
    #expect(try Self.contents(world) == Self.original)
  }

  @Test("what is missing, taken, itself or a standby's is refused before anybody is sent away", arguments: [
    ("DROP DATABASE shop_good", "database-missing"), ("DROP DATABASE shop", "database-missing"), ("CREATE DATABASE shop_bad", "name-taken"),
  ])
  func refused(_ sql: String, _ code: String) async throws {
    let world = try await world()
    try world.target.psql(sql)
    let before = try world.target.psql("SELECT datname FROM pg_database ORDER BY 1")
    await #expect(failure { try await self.perform(world) }?.code == code)
    var itself = arguments(world)
    itself.by = .text("shop")
    let same = await failure { [itself] in try await SwapPerformer().perform(itself, in: world.context(step: "swap")) }
    #expect(same?.code == "same-database" || code == "database-missing")
    #expect(try world.target.psql("SELECT datname FROM pg_database ORDER BY 1") == before)
  }

  @Test("an undo finds that somebody has swapped again, and touches nothing")
  func since() async throws {
    let world = try await world()
    _ = try await perform(world)
    try world.target.psql("ALTER DATABASE shop RENAME TO shop_elsewhere")
    try world.target.psql("CREATE DATABASE shop")
    try world.target.psql("CREATE TABLE t AS SELECT 'third' AS what", database: "shop")
    let before = try Self.contents(world)
    await #expect(failure { try await self.undo(world) }?.code == "swapped-since")
    #expect(try Self.contents(world) == before)
  }

  @Test("the name for the former database fits and is the same in each attempt")
  func names() {
    func mark(_ attempt: Int) -> StepMark { StepMark(run: RunID(rawValue: "20261124T080000Z-k3f9"), step: "swap", attempt: attempt) }
    let name = SwapMark.keptName(String(repeating: "ü", count: 40), mark(1))
    #expect(name.utf8.count <= 63 && name == SwapMark.keptName(String(repeating: "ü", count: 40), mark(2)))
    #expect(SwapMark.keptName("shop", mark(1)).hasPrefix("shop__kept_"))
  }
}
