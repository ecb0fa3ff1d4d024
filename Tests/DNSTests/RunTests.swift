import Glibc
import TestSupport
import Testing

/// The real program over a real name server: planned, applied, killed, resumed, taken back.
@Suite("Runs that move a name", .timeLimit(.minutes(3)), .serialized)
struct RunTests {
  private static func plan(_ port: Int, _ name: String, ttl: String) -> String {
    """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: names, owner: sre }
    objectives: { rto: 1h }
    secrets: { names-key: { file: key } }
    servers: { names: { dns: { zone: \(TestNameServer.zone), host: "127.0.0.1:\(port)", key: { secret: names-key }, authoritative: "127.0.0.1:\(port)" } } }
    scenarios:
      east-is-lost:
        detect: { noticedWithin: 5m }
        onFailure: pause
        steps:
          point: { dns.record: { name: \(name), from: east.example.test, to: west.example.test, ttl: \(ttl) }, timeout: 1m, estimate: 1s }

    """
  }

  @Test("killed at any moment it is resumed, moves the name once, and can be taken back; the key is written nowhere", arguments: [40, 60, 80, 150, 300, 600, 1_500])
  func killed(after milliseconds: Int) async throws {
    let server = try TestNameServer.shared(milliseconds % 100 == 0 ? .bind : .knot)
    let folder = try temporaryFolder("names")
    defer { removeFolder(folder) }
    let name = "t\(UInt32.random(in: 0 ... .max))"
    let full = "\(name).\(TestNameServer.zone)"
    try await onThread { try server.update("update add \(full) 77 CNAME east.example.test.") }
    try writeFile("\(folder)/plan.yaml", Self.plan(server.port, name, ttl: "3s"))
    try writeFile("\(folder)/key", TestNameServer.key)
    var said = ""
    func run(_ arguments: String...) async throws -> ProgramResult {
      let result = try await StartedProgram([BuiltProgram.sieDR] + arguments, in: folder).end()
      said += result.output + result.errors
      return result
    }
    let planned = try await run("plan", "plan.yaml", "--scenario", "east-is-lost")
    #expect(planned.status == 0 && planned.output.contains("points to east.example.test, and is to point to west.example.test"), "\(planned.output)")
    #expect(planned.output.contains("clients may keep the old answer of \(full) for 1m 17s, and the plan counts with 3s"), "\(planned.output)")

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
    #expect(try await onThread { try server.dig(full, "CNAME") } == ["west.example.test."])
    let undone = try await run("rollback", id, "--state", ".sie-dr")
    #expect(undone.output.contains("rolled back"), "\(undone.output) \(undone.errors)")
    #expect(try await onThread { try server.records(full) + server.records("_sie-dr.\(full)") } == ["\(full). 77 IN CNAME east.example.test."])
    let kept = try files(below: "\(folder)/.sie-dr").values.map { String(decoding: $0, as: UTF8.self) }.joined()
    #expect(kept.contains("west.example.test") && !kept.contains("Y2FuYXJ5") && !said.contains("Y2FuYXJ5"))
  }

  @Test("doctor says whether the server takes the key, and who does not serve the zone") func doctor() async throws {
    let server = try TestNameServer.shared(.bind)
    let folder = try temporaryFolder("names")
    defer { removeFolder(folder) }
    let (silent, list) = (try HTTPServer.closedPort(), "authoritative: \"127.0.0.1:\(server.port)\"")
    try writeFile("\(folder)/plan.yaml", Self.plan(server.port, "api", ttl: "3s").replacing(list, with: "authoritative: [\"127.0.0.1:\(server.port)\", \"127.0.0.1:\(silent)\"]"))
    func found() async throws -> String { try await StartedProgram([BuiltProgram.sieDR, "doctor", "plan.yaml"], in: folder).end().output }
    try writeFile("\(folder)/key", TestNameServer.key)
    let good = try await found()
    #expect(good.contains("127.0.0.1:\(server.port) answers, and takes the key `dr`") && good.contains("127.0.0.1:\(silent): nothing listens there"), "\(good)")
    try writeFile("\(folder)/key", "hmac-sha256:dr:Y2FuYXJ5LWNhbmFyeS1vdGhlci1vdGhlci1vdGhlcg==")
    let bad = try await found()
    #expect(bad.contains("under another secret (BADSIG)") && !bad.contains("Y2FuYXJ5"), "\(bad)")
  }
}
