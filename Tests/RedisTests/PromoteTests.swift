import CanonicalJSON
import PlanModel
@testable import RedisProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Testing
import Units

@Suite("a Redis replica becomes the primary", .timeLimit(.minutes(5)))
struct PromoteTests {
  /// A primary as `source`, its replica as `target`.
  private func pair(configurationFile: Bool = false) throws -> World {
    let primary = try RedisServer.start()
    try primary.commands(["SET a 1"])
    return try World(source: primary, target: RedisServer.replica(of: primary, configurationFile: configurationFile))
  }

  private let arguments = RedisPromote.Arguments(server: World.reference("target"), dataClass: "queues", others: [World.reference("source")], recovers: true)

  private func promote(_ world: World, attempt: Int = 1, earlier: [Int] = []) async throws -> StepResult {
    try await RedisPromotePerformer().perform(arguments, in: world.context(step: "promote", attempt: attempt, earlier: earlier))
  }

  private func compare(_ observation: Observation) -> Change { RedisPromote.compare(arguments, observation, at: World.now()) }

  @Test("it says that nothing is missing where the primary still answers, and takes writes afterwards") func withPrimary() async throws {
    let world = try pair()
    let observation = await RedisPromoteObserver().observe(arguments, in: world.observing)
    #expect(observation.facts["role"] == "replica" && observation.facts["primary"] == .string("127.0.0.1:\(world.source.port)"))
    #expect(compare(observation).action == .update && compare(observation).losses.count == 1)
    let result = try await promote(world)
    #expect(result.measurements["lagBytes"] == 0 && result.summary.contains("it has received all that `source` has written"))
    #expect(result.outputs["url"] != nil)
    let target = try #require(world.target)
    #expect(try target.cli(["SET", "b", "2"]) == "OK\n" && target.cli(["GET", "a"]) == "1\n")
    #expect(compare(await RedisPromoteObserver().observe(arguments, in: world.observing)).action == .none)
  }

  @Test("what it has not received is counted while the primary answers") func lag() async throws {
    let world = try pair()
    let target = try #require(world.target)
    // The replica is cut off and the primary goes on.
    try target.cli(["CONFIG", "SET", "masterauth", "wrong"])
    try world.source.cli(["CLIENT", "KILL", "TYPE", "replica"])
    try world.source.cli(["SET", "b", String(repeating: "x", count: 1_000)])
    let result = try await promote(world)
    guard case .int(let bytes)? = result.measurements["lagBytes"] else {
      Issue.record("\(result)")
      return
    }
    #expect(bytes > 1_000 && bytes < 2_000 && result.summary.contains("it lacks \(bytes) bytes"))
  }

  @Test("of a primary that is gone it says for how long nothing was heard, and a restart does not undo it") func gone() async throws {
    let world = try pair(configurationFile: true)
    let target = try #require(world.target)
    try world.source.kill()
    try await until("the link is down") { try target.cli(["INFO", "replication"]).contains("master_link_status:down") }
    let observation = await RedisPromoteObserver().observe(arguments, in: world.observing)
    #expect(observation.measurements["lag"]?.string?.contains("does not answer") == true)
    let result = try await promote(world)
    #expect(result.measurements["silentSeconds"] != nil && !result.summary.contains("note"))
    try target.kill()
    try target.restart()
    #expect(try target.cli(["ROLE"]).hasPrefix("master"))
  }

  @Test("a server without a configuration file is promoted, with a word on its restart") func withoutFile() async throws {
    // A file that it may not write is none.
    let world = try pair()
    try #require(world.target).cli(["CONFIG", "RESETSTAT"])
    try runProgram(["rm", "-rf", "\(try #require(world.target).folder)/redis.conf"])
    try runProgram(["mkdir", "\(try #require(world.target).folder)/redis.conf"])
    #expect(try await promote(world).summary.contains("its configuration still says whose replica it is"))
  }

  @Test("a primary is refused, unless an earlier attempt of this step has made it one") func already() async throws {
    let world = try pair()
    _ = try await promote(world)
    let refused = await failure { try await promote(world) }
    #expect(refused?.code == "already-primary")
    #expect(try await promote(world, attempt: 2, earlier: [1]).summary == "target is a primary")
  }

  @Test("a replica that has not all its data is refused") func notWhole() async throws {
    let primary = try RedisServer.start(["--rdb-key-save-delay", "3000"])
    try primary.cli(["EVAL", "for i = 1, 5000 do redis.call('SET', 'key' .. i, string.rep('x', 1000)) end", "0"])
    let replica = try RedisServer.start()
    try replica.cli(["REPLICAOF", "127.0.0.1", "\(primary.port)"])
    let world = try World(source: primary, target: replica)
    try await until("it receives") { try replica.cli(["INFO", "replication"]).contains("master_sync_in_progress:1") }
    let refused = await failure { try await promote(world) }
    #expect(refused?.code == "replica-not-whole")
    #expect(try replica.cli(["ROLE"], mayFail: true).hasPrefix("slave"))
  }

  @Test("settling looks at the role, and a server that is gone leaves a doubt") func settle() async throws {
    let world = try pair()
    let performer = RedisPromotePerformer()
    #expect(await performer.settle(arguments, in: world.context(step: "promote")) == .notDone)
    _ = try await promote(world)
    guard case .done = await performer.settle(arguments, in: world.context(step: "promote")) else {
      Issue.record("not done")
      return
    }
    try #require(world.target).kill()
    guard case .unknown(let why) = await performer.settle(arguments, in: world.context(step: "promote")) else {
      Issue.record("known")
      return
    }
    #expect(why.contains("cannot be asked"))
    let failed = await failure { try await promote(world) }
    #expect(failed?.code == "server-unreachable" && failed?.isTransient == true)
  }
}
