import CanonicalJSON
import Glibc
import ProviderInterface
import TestSupport
import Testing
import Units

/// The program itself over a stand-in of RDS that checks every signature: see `rds.py`.
@Suite("sie-dr with RDS", .serialized, .timeLimit(.minutes(5))) struct ProgramTests {
  private static func plan(_ server: RDSServer) -> String {
    let rds = "region: us-east-1, endpoint: \"\(server.url)\", credentials: { secret: aws }"
    return """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: shop, owner: ops }
      sites: { region: {} }
      secrets: { aws: { env: AWS_PAIR }, url: { env: DATABASE_URL } }
      servers:
        orders: { postgresql: { url: { secret: url } }, site: region }
        orders-rds: { rds: { \(rds), instance: orders }, site: region }
        orders-new: { rds: { \(rds), instance: orders-new } }
      data:
        orders:
          on: [orders]
          objectives: { rpo: 8d }
          estimate: { size: 200GB, restore: 20s }
          protect: { provider: { managed: { server: orders-rds, every: 25h, sites: [region], pitr: { granularity: 5m, window: 7d } }, keep: { for: 7d } } }
      scenarios:
        lost:
          loses: { servers: [orders] }
          detect: { noticedWithin: 5m }
          onFailure: rollback
          steps: { restore: { rds.restore: { data: orders, server: orders-new }, timeout: 1m } }
        wrong:
          corrupts: { data: [orders], noticedWithin: 6d }
          detect: { noticedWithin: 5m }
          onFailure: rollback
          steps: { restore: { rds.restore: { data: orders, server: orders-new, point: latest }, timeout: 1m } }
        tried:
          loses: { servers: [orders] }
          detect: { noticedWithin: 5m }
          onFailure: rollback
          steps:
            restore: { rds.restore: { data: orders, server: orders-new }, timeout: 1m }
            fails: { command.run: { run: ["false"], env: { HOST: { output: restore.address } } }, irreversible: does nothing, timeout: 1m }

      """
  }

  /// A folder with a plan over a server of its own, and the program run in it. All that it has said is kept.
  private final class Place {
    let folder: String
    let server: RDSServer
    var said = ""

    init(snapshotAge: Int = 40_000) throws {
      folder = try temporaryFolder("rdsplan")
      server = try .start()
      try server.set(#"{"instances":{"orders":\#(RDSServer.instance())},"snapshots":[\#(RDSServer.snapshot("rds:orders-1", age: snapshotAge))]}"#)
      try writeFile("\(folder)/plan.yaml", ProgramTests.plan(server))
    }
    deinit { removeFolder(folder) }

    var environment: [String: String] { ["AWS_PAIR": "\(RDSServer.accessKey):\(RDSServer.secretKey)", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/orders", "PATH": "/usr/bin:/bin"] }

    func run(_ arguments: String..., status: Int32 = 0, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
      let end = try await StartedProgram([BuiltProgram.sieDR] + arguments, environment: environment, in: folder).end()
      said += end.output + end.errors
      #expect(end.status == status, "\(arguments): \(end.output)\(end.errors)", sourceLocation: sourceLocation)
      return end.output + end.errors
    }

    /// In what was said, and in what is in the folder: the journal among it.
    func expectNoSecret() throws {
      #expect(!said.contains(RDSServer.secretKey) && !said.isEmpty)
      #expect(try runProgram(["grep", "-rla", RDSServer.secretKey, folder], mayFail: true).output == "")
    }
  }

  @Test("plans, restores, rolls back what it has made, and refuses what is there") func recovers() async throws {
    let place = try Place()
    let planned = try await place.run("plan", "plan.yaml", "--scenario", "lost")
    #expect(planned.contains("+ restore") && planned.contains("brings `orders` back on `orders-new`, a new instance") && planned.contains("deletes the instance that this run made"), "\(planned)")
    let rolledBack = try await place.run("apply", "--yes", "plan.yaml", "--scenario", "tried", status: 4)
    #expect(rolledBack.contains("restore is undone"), "\(rolledBack)")
    #expect(try place.server.world()["instances"]?.object?.keys.sorted() == ["orders"])
    let applied = try await place.run("apply", "--yes", "plan.yaml", "--scenario", "lost")
    #expect(applied.contains("is available as of 20") && applied.contains("orders-new.c9akciq32.us-east-1.rds.amazonaws.com:5432"), "\(applied)")
    let again = try await place.run("plan", "plan.yaml", "--scenario", "lost")
    #expect(again.contains("there is an instance `orders-new` already"), "\(again)")
    try place.expectNoSecret()
  }

  @Test("killed at any moment it is resumed, makes one instance, and can be taken back", arguments: [30, 200, 700, 1_200, 2_300]) func killed(after milliseconds: Int) async throws {
    let place = try Place()
    try await onThread { [server = place.server] in try server.set(#"{"creating":1500,"slow":{"RestoreDBInstanceToPointInTime":200}}"#) }
    let first = try StartedProgram([BuiltProgram.sieDR, "apply", "--yes", "plan.yaml", "--scenario", "lost"], environment: place.environment, in: place.folder)
    try await until("the journal is begun") { journalIsBegun(in: place.folder) || !first.isRunning }
    try await Task.sleep(for: .milliseconds(milliseconds))
    place.said += SeenProcess.all().filter { $0.pid == first.pid }.map(\.arguments).joined()
    first.send(SIGKILL)
    try await first.end()
    place.said += first.output + first.errors
    let id = try #require(names(in: "\(place.folder)/.sie-dr/runs").first)
    _ = try await place.run("resume", id, "--state", ".sie-dr")
    let world = try place.server.world()
    #expect(world["instances"]?["orders-new"]?["status"] == "available")
    #expect(world["requests"]?.array?.count { $0["Action"] == "RestoreDBInstanceToPointInTime" } ?? 0 <= 2)
    let undone = try await place.run("rollback", id, "--state", ".sie-dr", status: 4)
    #expect(undone.contains("rolled back"), "\(undone)")
    #expect(try place.server.world()["instances"]?.object?.keys.sorted() == ["orders"])
    try place.expectNoSecret()
  }

  @Test("what is as promised is seen by plan, protection, status and doctor, and lint computes with the promise") func kept() async throws {
    let place = try Place()
    let planned = try await place.run("plan", "plan.yaml")
    #expect(planned.contains("check-orders-provider") && planned.contains("any moment from 20") && !planned.contains("provider-missing"), "\(planned)")
    let applied = try await place.run("apply", "--yes", "plan.yaml")
    #expect(applied.contains("check-orders-provider is done"), "\(applied)")
    let status = try await place.run("status", "plan.yaml")
    #expect(status.contains("as the plan states it, and as it was seen") && !status.contains("Not looked at"), "\(status)")
    #expect(!(try await place.run("observe", "plan.yaml", "--out", "facts.json")).contains("without an answer"))
    #expect(try !readFile("\(place.folder)/facts.json").contains("promises"))
    let linted = try await place.run("lint", "plan.yaml", "--observations", "facts.json", status: 1)
    #expect(!linted.contains("less-than-promised") && !linted.contains("retention-too-short"), "\(linted)")
    let doctor = try await StartedProgram([BuiltProgram.sieDR, "doctor", "plan.yaml"], environment: place.environment, in: place.folder).end().output
    #expect(doctor.contains("RDS in us-east-1 answers") && doctor.contains("there is no instance `orders-new` yet: a scenario makes it"), "\(doctor)")
    #expect(!(try place.server.actions()).contains { !$0.hasPrefix("Describe") })
    try place.expectNoSecret()
  }

  @Test("what is less than promised is said by all of them with its figure, and lint computes with it") func broken() async throws {
    let place = try Place(snapshotAge: 180_000)
    try place.server.set(#"{"instances":{"orders":\#(RDSServer.instance(retention: 3, lag: 7200))}}"#)
    let kept = "automated backups are kept for 3d, and the plan counts on 7d"
    let planned = try await place.run("plan", "plan.yaml")
    #expect(planned.contains("LESS THAN PROMISED: \(kept)") && planned.contains("2h ago, and the plan counts on 5m") && planned.contains("2d 2h ago, and the plan counts on one every 1d 1h"), "\(planned)")
    let applied = try await place.run("apply", "--yes", "plan.yaml", status: 1)
    #expect(applied.contains("less-than-promised") && applied.contains(kept), "\(applied)")
    let status = try await place.run("status", "plan.yaml", status: 1)
    #expect(status.contains("`orders/provider` keeps less than the plan counts on: \(kept)") && status.contains("as the plan states it, which does not hold") && status.contains("≤ 2h"), "\(status)")
    _ = try await place.run("observe", "plan.yaml", "--out", "facts.json")
    let linted = try await place.run("lint", "plan.yaml", "--observations", "facts.json", status: 1)
    #expect(linted.contains("error[less-than-promised]") && linted.contains(kept) && linted.contains("error[retention-too-short]"), "\(linted)")
    // With the promise all is well; with what was seen, a corruption that is noticed after six days has nothing left to go back to.
    let believed = try await place.run("lint", "plan.yaml", status: 1)
    #expect(!believed.contains("retention-too-short") && believed.contains("warning[newest-point-after-corruption]"), "\(believed)")
    #expect(linted.contains("facts.json:"), "\(linted)")
    let schema = try JSONSchema(try CanonicalJSON.decode(JSONValue.self, from: Array(try readFile(Repository.root + "schemas/observations.v1.json").utf8)))
    #expect(try schema.verdict(on: CanonicalJSON.decode(JSONValue.self, from: Array(try readFile("\(place.folder)/facts.json").utf8))).problems == [])
    try place.expectNoSecret()
  }

  @Test("an API out of reach is a look without an answer, and counts as the plan states it") func silent() async throws {
    let place = try Place()
    try writeFile("\(place.folder)/plan.yaml", try readFile("\(place.folder)/plan.yaml").replacing(place.server.url, with: "http://127.0.0.1:\(try HTTPServer.closedPort())"))
    let planned = try await place.run("plan", "plan.yaml")
    #expect(planned.contains("could not be observed: RDS in us-east-1"), "\(planned)")
    let status = try await StartedProgram([BuiltProgram.sieDR, "status", "plan.yaml"], environment: place.environment, in: place.folder).end()
    #expect(status.status == 1 && status.output.contains("Not reached\n  `orders/provider`: RDS in us-east-1") && status.output.contains("nobody looked"), "\(status.output)\(status.errors)")
    _ = try await place.run("observe", "plan.yaml", "--out", "facts.json")
    #expect(!(try await place.run("lint", "plan.yaml", "--observations", "facts.json", status: 1)).contains("less-than-promised"))
  }
}
