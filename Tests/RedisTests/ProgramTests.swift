import CanonicalJSON
import TestSupport
import Testing

/// The program itself, from a plan to the restored server.
@Suite("sie-dr with Redis", .timeLimit(.minutes(5))) struct ProgramTests {
  private static let plan = """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: sessions, owner: ops }
    secrets: { old-url: { env: OLD_URL }, new-url: { env: NEW_URL }, pg-url: { env: PG_URL } }
    servers:
      old: { redis: { url: { secret: old-url } } }
      new: { redis: { url: { secret: new-url } } }
      pg: { postgresql: { url: { secret: pg-url } } }
    stores: { near: { directory: { path: near } }, far: { directory: { path: far } } }
    data:
      sessions:
        on: [old]
        protect: { hourly: { snapshot: {}, every: 1h, to: [near], copy: [far], keep: { for: 7d }, timeout: 1m } }
    scenarios:
      lost:
        loses: { servers: [old] }
        detect: { noticedWithin: 5m }
        onFailure: rollback
        steps:
          restore: { redis.restore: { data: sessions, server: new }, timeout: 1m }
          requeue:
            redis.requeue: { data: sessions, server: new, from: pg, queue: jobs, sql: "select generate_series(1, 3)" }
            irreversible: workers know what they have done
            needs: [restore]
            timeout: 1m
      tried:
        loses: { servers: [old] }
        detect: { noticedWithin: 5m }
        onFailure: rollback
        steps:
          restore: { redis.restore: { data: sessions, server: new }, timeout: 1m }
          fails: { command.run: { run: ["false"] }, irreversible: does nothing, needs: [restore], timeout: 1m }

    """

  @Test("protects when it is due, shows, rolls back, restores, and prints commands that do it by hand") func all() async throws {
    let folder = try temporaryFolder("redisplan")
    defer { removeFolder(folder) }
    let old = try RedisServer.start()
    let new = try RedisServer.start(["--appendonly", "yes"])
    let database = try PostgreSQLServer.start()
    try old.commands(Servers.everyType)
    let expected = try contents(old)
    try runProgram(["mkdir", "\(folder)/near", "\(folder)/far"])
    try writeFile("\(folder)/plan.yaml", Self.plan)
    let environment = ["OLD_URL": old.url, "NEW_URL": new.url, "PG_URL": database.tcpURL()]
    func run(_ arguments: [String], status: Int32 = 0) async throws -> String {
      let end = try await StartedProgram([BuiltProgram.sieDR] + arguments, environment: environment, in: folder).end()
      #expect(end.status == status, "\(arguments): \(end.output)\(end.errors)")
      #expect(!(end.output + end.errors).contains(RedisServer.password) && !(end.output + end.errors).contains(RedisServer.encodedPassword))
      return end.output + end.errors
    }
    let protected = try await run(["apply", "--yes", "plan.yaml"])
    #expect(protected.contains("backup-sessions-hourly is done: point ") && protected.contains("copy-sessions-hourly-far is done") && !protected.contains("provider-missing"), "\(protected)")
    #expect(try await run(["apply", "--yes", "plan.yaml"]).contains("the next is due at"))
    #expect(try await run(["points", "list", "plan.yaml"]).contains("near, far"))
    try old.kill()
    let shown = try await run(["plan", "plan.yaml", "--scenario", "lost"])
    #expect(shown.contains("+ restore") && shown.contains("brings `sessions` back on `new`"), "\(shown)")
    let rolledBack = try await run(["apply", "--yes", "plan.yaml", "--scenario", "tried"], status: 4)
    #expect(rolledBack.contains("restore is undone"), "\(rolledBack)")
    #expect(try new.cli(["DBSIZE"]) == "0\n" && new.cli(["CONFIG", "GET", "appendonly"]).contains("yes"))
    let restored = try await run(["apply", "--yes", "plan.yaml", "--scenario", "lost"])
    #expect(restored.contains("put 3 messages into `jobs` on new"), "\(restored)")
    #expect(try new.cli(["DEL", "jobs"]) == "1\n")
    #expect(try contents(new) == expected)
    // By hand, into the folder of a third.
    let third = try RedisServer.start()
    try third.kill()
    let script = try await run(["points", "show", "plan.yaml", "latest", "--commands"])
    try writeFile("\(folder)/restore.sh", script)
    try runProgram(["bash", "-c", "cd \(folder) && bash restore.sh"], environment: ["REDIS_DIR": third.folder])
    try third.restart()
    #expect(try contents(third) == expected)
    // Nothing that was kept holds a password: neither journal nor points.
    #expect(try runProgram(["grep", "-ra", "pa:ss", "\(folder)"], mayFail: true).output == "")
  }
}

extension ProgramTests {
  @Test("killed in the middle of a restore it resumes, and the append-only file that was off meanwhile is on again") func killed() async throws {
    let folder = try temporaryFolder("redisplan")
    defer { removeFolder(folder) }
    let old = try RedisServer.start()
    let new = try RedisServer.start(["--appendonly", "yes"])
    try old.cli(["EVAL", "for i = 1, 20000 do redis.call('SET', 'key' .. i, i) end", "0"])
    let expected = try old.contents()
    try runProgram(["mkdir", "\(folder)/near", "\(folder)/far"])
    try writeFile("\(folder)/plan.yaml", Self.plan.replacing("onFailure: rollback", with: "onFailure: pause"))
    let proxy = try TCPFaultProxy(to: new.port) { number in number == 0 ? nil : .stall(30_000) }
    var environment = ["OLD_URL": old.url, "NEW_URL": new.url(password: RedisServer.encodedPassword, port: proxy.port), "PG_URL": "postgresql://127.0.0.1:1/none"]
    #expect(try await StartedProgram([BuiltProgram.sieDR, "apply", "--yes", "plan.yaml"], environment: environment, in: folder).end().status == 0)
    let running = try StartedProgram([BuiltProgram.sieDR, "apply", "--yes", "plan.yaml", "--scenario", "tried"], environment: environment, in: folder)
    try await until("keys are coming") { Int(try new.cli(["DBSIZE"]).filter(\.isNumber)) ?? 0 > 1_000 }
    #expect(try new.cli(["CONFIG", "GET", "appendonly"]).contains("no"))
    running.send(9)
    try await running.end()
    environment["NEW_URL"] = new.url
    let run = try #require(names(in: "\(folder)/.sie-dr/runs").filter { (try? readFile("\(folder)/.sie-dr/runs/\($0)/journal.jsonl").contains("redis.restore")) == true }.first)
    let resumed = try await StartedProgram([BuiltProgram.sieDR, "resume", run, "--state", ".sie-dr"], environment: environment, in: folder).end()
    let said = resumed.output + resumed.errors
    #expect(said.contains("restore: had not happened, is done again") && said.contains("restored 20000 keys"), "\(said)")
    #expect(try new.contents().filter { !$0.contains(" sie-dr:") } == expected)
    #expect(try new.cli(["CONFIG", "GET", "appendonly"]).contains("yes"))
  }
}
