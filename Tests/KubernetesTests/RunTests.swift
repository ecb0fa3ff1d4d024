import CanonicalJSON
import Glibc
import TestSupport
import Testing

/// The real program over the real kubectl: planned, applied, killed, resumed, taken back.
@Suite("Runs in a cluster", .timeLimit(.minutes(4)), .serialized)
struct RunTests {
  private static func plan(_ namespace: String) -> String {
    """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: cluster, owner: sre }
    objectives: { rto: 1h }
    secrets: { kubeconfig: { file: kubeconfig }, new-url: { file: new-url } }
    servers: { cluster: { kubernetes: { context: east, kubeconfig: { secret: kubeconfig } } } }
    scenarios:
      moves:
        detect: { noticedWithin: 5m }
        onFailure: pause
        steps:
          stop: { kubernetes.scale: { namespace: \(namespace), deployment: api, replicas: 0 }, timeout: 1m, estimate: 1s }
          url: { kubernetes.secret: { namespace: \(namespace), name: urls, set: { url: { secret: new-url } } }, needs: [stop], timeout: 1m, estimate: 1s }
          start: { kubernetes.scale: { namespace: \(namespace), deployment: api, replicas: 2 }, needs: [url], timeout: 1m, estimate: 1s }
          roll: { kubernetes.rollout: { namespace: \(namespace), deployment: api }, needs: [start], timeout: 1m, estimate: 1s }
          wait: { kubernetes.wait: { namespace: \(namespace), resource: deployment/api }, needs: [roll], timeout: 1m, estimate: 1s }
          files: { kubernetes.apply: { folder: manifests }, needs: [wait], timeout: 1m, estimate: 1s }

    """
  }

  @Test("killed at any moment it is resumed, ends where it would have, and can be taken back; no secret is written anywhere", arguments: [300, 900, 1_700, 2_800, 4_500])
  func killed(after milliseconds: Int) async throws {
    let world = try await World.with([secret(["url": "canary-former"]), deployment(3)])
    let folder = try temporaryFolder("cluster")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", Self.plan(world.namespace))
    try writeFile("\(folder)/kubeconfig", world.kubeconfig)
    try writeFile("\(folder)/new-url", "canary-new\n")
    _ = try await onThread { try runProgram(["mkdir", "\(folder)/manifests"]) }
    try writeFile("\(folder)/manifests/all.yaml", "apiVersion: v1\nkind: Secret\nmetadata: { name: made, namespace: \(world.namespace) }\nstringData: { a: canary-made }\n")
    let before = try await world.lasting()
    let environment = ["PATH": world.path, "HOME": world.server.folder]
    var said = ""
    func run(_ arguments: String...) async throws -> ProgramResult {
      let result = try await StartedProgram([BuiltProgram.sieDR] + arguments, environment: environment, in: folder).end()
      said += result.output + result.errors
      return result
    }
    let planned = try await run("plan", "plan.yaml", "--scenario", "moves")
    #expect(planned.status == 0 && planned.output.contains("has 3 replicas, and is to have 0") && planned.output.contains("makes `secret/made`"), "\(planned.output) \(planned.errors)")
    #expect(try await world.lasting() == before)

    let first = try StartedProgram([BuiltProgram.sieDR, "apply", "--yes", "plan.yaml", "--scenario", "moves"], environment: environment, in: folder)
    try await until("the journal is begun") { journalIsBegun(in: folder) || !first.isRunning }
    try await Task.sleep(for: .milliseconds(milliseconds))
    first.send(SIGKILL)
    try await first.end()
    said += first.output + first.errors
    let id = try #require(names(in: "\(folder)/.sie-dr/runs").first)
    let resumed = try await run("resume", id, "--state", ".sie-dr")
    #expect(resumed.status == 0, "\(resumed.output) \(resumed.errors)")
    #expect(try await world.pods().compactMap { $0["env"]?["URL"]?.string } == ["Y2FuYXJ5LW5ldw==", "Y2FuYXJ5LW5ldw=="])
    #expect(try await world.object("secrets", "made")?["data"]?["a"] == "Y2FuYXJ5LW1hZGU=")
    let undone = try await run("rollback", id, "--state", ".sie-dr")
    #expect(undone.output.contains("rolled back"), "\(undone.output) \(undone.errors)")
    #expect(try await world.object("deployments", "api")?["spec"]?["replicas"] == 3)
    #expect(try await world.object("secrets", "urls")?["data"]?["url"] == "Y2FuYXJ5LWZvcm1lcg==")
    #expect(try await world.state().filter { $0["plural"] == "secrets" }.count == 1)
    let kept = try files(below: "\(folder)/.sie-dr").values.map { String(decoding: $0, as: UTF8.self) }.joined()
    #expect(kept.contains("restart") || kept.contains("rollout"))
    for hidden in ["canary", "Y2FuYXJ5"] { #expect(!kept.contains(hidden) && !said.contains(hidden), "\(hidden)") }
  }
}
