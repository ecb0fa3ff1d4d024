import Glibc
import TestSupport
import Testing

/// The real program over the stand-in of Route 53: planned, applied, killed, resumed, taken back.
@Suite("Runs that move weights", .timeLimit(.minutes(3)), .serialized)
struct CloudRunTests {
  private static func plan(_ server: Route53Server, _ name: String) -> String {
    """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: names, owner: sre }
    objectives: { rto: 1h }
    secrets: { aws: { file: key } }
    servers: { names: { dns: { zone: \(Route53Server.zone), route53: { id: \(Route53Server.zoneID), endpoint: "\(server.url)", credentials: { secret: aws } } } } }
    scenarios:
      east-is-lost:
        detect: { noticedWithin: 5m }
        onFailure: pause
        steps:
          west: { dns.record: { name: \(name), type: A, member: west, weight: 100, ttl: 2s }, timeout: 1m, estimate: 1s }
          east: { dns.record: { name: \(name), type: A, member: east, weight: 0, ttl: 2s }, needs: [west], timeout: 1m, estimate: 1s }

    """
  }

  @Test("killed at any moment it is resumed, changes each member once, and can be taken back; the secret key is written nowhere", arguments: [40, 80, 150, 250, 400, 700, 2_500])
  func killed(after milliseconds: Int) async throws {
    typealias Entry = Route53Server.Entry
    let server = try Route53Server.shared()
    let folder = try temporaryFolder("names")
    defer { removeFolder(folder) }
    let name = "t\(UInt32.random(in: 0 ... .max))"
    let full = "\(name).\(Route53Server.zone)"
    try await onThread {
      try server.change(create: [
        Entry(full, "A", ["192.0.2.1"], ttl: 2, routing: Entry.member("east", weight: 100)), Entry(full, "A", ["192.0.2.2"], ttl: 2, routing: Entry.member("west", weight: 0)),
      ])
    }
    let before = try await onThread { try server.sets(of: full) }
    try writeFile("\(folder)/plan.yaml", Self.plan(server, name))
    try writeFile("\(folder)/key", Route53Server.credentials + "\n")
    var said = ""
    func run(_ arguments: String...) async throws -> ProgramResult {
      let result = try await StartedProgram([BuiltProgram.sieDR] + arguments, in: folder).end()
      said += result.output + result.errors
      return result
    }
    let planned = try await run("plan", "plan.yaml", "--scenario", "east-is-lost")
    #expect(planned.status == 0 && planned.output.contains("points to 192.0.2.2 (weight 0), and is to have weight 100"), "\(planned.output)")

    let first = try StartedProgram([BuiltProgram.sieDR, "apply", "--yes", "plan.yaml", "--scenario", "east-is-lost"], in: folder)
    try await until("the journal is begun") { journalIsBegun(in: folder) || !first.isRunning }
    try await Task.sleep(for: .milliseconds(milliseconds))
    let arguments = SeenProcess.all().filter { $0.pid == first.pid }.map(\.arguments).joined()
    first.send(SIGKILL)
    try await first.end()
    said += first.output + first.errors + arguments
    let id = try #require(names(in: "\(folder)/.sie-dr/runs").first)
    let resumed = try await run("resume", id, "--state", ".sie-dr")
    #expect(resumed.status == 0, "\(resumed.errors)")
    let after = try await onThread { try server.sets(of: full) }.filter { !$0.contains("\"TXT\"") }
    #expect(after.count == 2 && after[0].contains(#""Weight": "0""#) && after[1].contains(#""Weight": "100""#), "\(after)")
    let undone = try await run("rollback", id, "--state", ".sie-dr")
    #expect(undone.output.contains("rolled back"), "\(undone.output) \(undone.errors)")
    #expect(try await onThread { try server.sets(of: full) } == before)
    let kept = try files(below: "\(folder)/.sie-dr").values.map { String(decoding: $0, as: UTF8.self) }.joined()
    #expect(kept.contains("192.0.2.1") && !kept.contains("canary") && !said.contains("canary"))
  }

  @Test("credentials are found in the environment where the plan names none, and doctor says so") func environment() async throws {
    let server = try Route53Server.shared()
    let folder = try temporaryFolder("names")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", Self.plan(server, "api").replacing(", credentials: { secret: aws }", with: "").replacing("secrets: { aws: { file: key } }\n", with: ""))
    func found(_ secret: String) async throws -> ProgramResult {
      try await onThread {
        try runProgram(
          [BuiltProgram.sieDR, "doctor", "\(folder)/plan.yaml"], environment: ["AWS_ACCESS_KEY_ID": Route53Server.accessKey, "AWS_SECRET_ACCESS_KEY": secret], mayFail: true)
      }
    }
    let good = try await found(Route53Server.secretKey)
    #expect(good.output.contains("Route 53 at \(server.url) answers for the zone, and takes the credentials"), "\(good.output) \(good.errors)")
    let bad = try await found("canary")
    #expect(bad.output.contains("the secret key does not belong to the access key") && !bad.output.contains("canary"), "\(bad.output)")
  }
}
