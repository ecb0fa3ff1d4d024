import CanonicalJSON
import PlanModel
import PostgreSQLClient
@testable import RedisProvider
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("a queue is filled again from the database", .timeLimit(.minutes(5)))
struct RequeueTests {
  private static let database = Result { () throws -> PostgreSQLServer in
    let server = try PostgreSQLServer.start()
    try server.psql("CREATE TABLE orders AS SELECT n AS id, CASE WHEN n % 4 = 0 THEN 'pending' ELSE 'done' END AS state, 'müller \"' || n || '\"' AS who FROM generate_series(1, 10000) n")
    return server
  }

  private func world() throws -> World {
    var world = try World(target: RedisServer.start())
    world.urls["pg"] = try Self.database.get().tcpURL()
    return world
  }

  private func arguments(_ sql: String, queue: String = "jobs") -> RedisRequeue.Arguments {
    RedisRequeue.Arguments(
      dataClass: "queues", server: World.reference("target"), from: PostgreSQLReference(server: "pg", url: SecretReference(name: "pg", source: .env("UNUSED"))), queue: queue, sql: sql)
  }

  private func requeue(_ world: World, _ sql: String, queue: String = "jobs", attempt: Int = 1, earlier: [Int] = []) async throws -> StepResult {
    try await RedisRequeuePerformer().perform(arguments(sql, queue: queue), in: world.context(step: "requeue", attempt: attempt, earlier: earlier))
  }

  private static let ids = "SELECT id FROM orders WHERE state = 'pending' ORDER BY id"

  @Test("each row of one column is a message at the end of the list, and the number is told") func list() async throws {
    let world = try world()
    let target = try #require(world.target)
    try target.cli(["RPUSH", "jobs", "first"])
    let result = try await requeue(world, Self.ids)
    #expect(result.summary == "put 2500 messages into `jobs` on target" && result.outputs["messages"] == .text("2500"))
    let messages = try target.cli(["LRANGE", "jobs", "0", "-1"]).split(separator: "\n").map(String.init)
    #expect(messages == ["first"] + (1...2_500).map { "\($0 * 4)" })
  }

  @Test("rows of several columns are objects in a list, and fields in a stream") func columns() async throws {
    let world = try world()
    let target = try #require(world.target)
    let sql = "SELECT id, who, NULL AS nobody FROM orders WHERE id = 4"
    _ = try await requeue(world, sql)
    #expect(try CanonicalJSON.decode(JSONValue.self, from: target.cli(["LPOP", "jobs"]).utf8) == ["id": "4", "who": "müller \"4\"", "nobody": .null])
    try target.commands(["XGROUP CREATE events workers $ MKSTREAM"])
    #expect(try await requeue(world, sql, queue: "events").measurements["messages"] == 1)
    #expect(try target.cli(["--json", "XRANGE", "events", "-", "+"]).contains("[\"id\",\"4\",\"who\",\"müller \\\"4\\\"\"]"))
  }

  @Test("after a crash, and called again in the same run, nothing is there twice; another run fills it again") func once() async throws {
    let world = try world()
    let target = try #require(world.target)
    let step = StepArguments(of: arguments(Self.ids))
    #expect(try await World.performers.settle("redis.requeue", step, in: world.context(step: "requeue")) == .notDone)
    let first = try await requeue(world, Self.ids)
    #expect(try await World.performers.settle("redis.requeue", step, in: world.context(step: "requeue")) == .done(first))
    #expect(try await requeue(world, Self.ids, attempt: 2, earlier: [1]) == first)
    #expect(try target.cli(["LLEN", "jobs"]) == "2500\n")
    var other = try self.world()
    other.target = target
    _ = try await requeue(other, Self.ids)
    #expect(try target.cli(["LLEN", "jobs"]) == "5000\n")
  }

  @Test("all or nothing: a server that refuses a part of it holds none of it, and no mark") func atomic() async throws {
    var world = try world()
    let target = try RedisServer.start(["--maxmemory", "1200kb"])
    world.target = target
    let failed = await failure { [world] in try await requeue(world, "SELECT repeat('x', 1000) FROM generate_series(1, 3000)") }
    #expect(failed?.code == "server-full", "\(failed?.text ?? "")")
    #expect(try target.cli(["DBSIZE"]) == "0\n")
    world.target = try RedisServer.replica(of: RedisServer.start())
    let replica = await failure { [world] in try await requeue(world, Self.ids) }
    #expect(replica?.code == "server-is-replica")
  }

  @Test("a connection that breaks before the answer leaves it done or not done, and settling says which") func broken() async throws {
    var world = try world()
    let target = try #require(world.target)
    // The greeting passes; the answer to the transaction does not.
    let proxy = try TCPFaultProxy(to: target.port) { _ in .cut(40) }
    world.urls["target"] = target.url(password: RedisServer.encodedPassword, port: proxy.port)
    let broken = await failure { [world] in try await requeue(world, Self.ids) }
    #expect(broken?.code == "server-gone")
    world.urls["target"] = nil
    let isThere = try target.cli(["LLEN", "jobs"]) == "2500\n"
    let settled = try await World.performers.settle("redis.requeue", StepArguments(of: arguments(Self.ids)), in: world.context(step: "requeue"))
    if case .done = settled { #expect(isThere) } else { #expect(!isThere && settled == .notDone) }
    _ = try await requeue(world, Self.ids, attempt: 2, earlier: [1])
    #expect(try target.cli(["LLEN", "jobs"]) == "2500\n")
  }

  @Test("what is no queue, no query or no message is refused, and nothing is written", arguments: [
    ("SELECT 1", "text", "wrong-queue"), ("SELECT NULL", "jobs", "empty-message"), ("DELETE FROM orders", "jobs", "sql-refused"), ("SELECT * FROM nothing", "jobs", "sql-refused"),
  ]) func refused(_ sql: String, _ queue: String, _ code: String) async throws {
    let world = try world()
    let target = try #require(world.target)
    try target.cli(["SET", "text", "x"])
    let refused = await failure { try await requeue(world, sql, queue: queue) }
    #expect(refused?.code == code)
    #expect(try target.cli(["DBSIZE"]) == "1\n")
  }

  @Test("plan says what stands in the queue, and neither password is in any failure") func observed() async throws {
    var world = try world()
    try #require(world.target).cli(["RPUSH", "jobs", "a", "b"])
    let observation = await RedisRequeueObserver().observe(arguments(Self.ids), in: world.observing)
    let change = RedisRequeue.compare(arguments(Self.ids), observation, at: World.now())
    #expect(change.action == .update && change.before["queue"] == "a list of 2" && change.losses.count == 1)
    world.urls["pg"] = try Self.database.get().tcpURL(encodedPassword: "wrong-canary")
    let failed = await failure { [world] in try await requeue(world, Self.ids) }
    #expect(failed?.code == "login-refused" && failed?.text.contains("canary") == false)
  }
}
