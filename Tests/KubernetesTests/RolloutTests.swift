import CanonicalJSON
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("kubernetes.rollout", .timeLimit(.minutes(5)), .serialized)
struct RolloutTests {
  private func world(_ deployment: JSONValue = deployment()) async throws -> World { try await World.with([secret(["url": "old"]), deployment]) }

  @Test("performed twice is performed once") func twice() async throws { try await world().conformance(.rollout).performsTwiceAsOnce() }
  @Test("settles") func settled() async throws { try await world().conformance(.rollout).settles() }
  @Test("can be planned without reach") func unreachable() async throws { try await world().conformance(.rollout).plansWithoutReach() }
  @Test("cancelled it does nothing") func cancelled() async throws { try await world().conformance(.rollout).honoursCancellation() }

  @Test("ends when each pod is new, ready and started with the secret as it is, and the old ones are gone")
  func proves() async throws {
    let world = try await world(deployment(2, notes: ["test/ready-after": "0.5", "test/end-after": "1"]))
    try await Task.sleep(for: .milliseconds(200))
    #expect(try await started(world) == ["b2xk", "b2xk"])
    try await world.write([secret(["url": "new"])])
    #expect(try await world.compared(.rollout).reason.hasSuffix("they take `urls` anew"))
    let result = try await world.perform(.rollout)
    #expect(try await started(world) == ["bmV3", "bmV3"])
    #expect(result.summary.contains("all 2 pods") && result.summary.hasSuffix("each started after the last change of `urls`"), "\(result.summary)")
  }

  @Test("a killed attempt's restart is recognised and waited for, not done again; another run's is done anew")
  func once() async throws {
    let world = try await world()
    try await world.fault("deployments/api", #""method": "PATCH", "close": true, "after": true"#)
    #expect(await world.failure(.rollout)?.isTransient == true)
    try await world.perform(.rollout, attempt: 2)
    #expect(try await world.changes().filter { $0.hasPrefix("PATCH") }.count == 1)
    try await world.with { $0.run = RunID(rawValue: "20261125T120000Z-next") }.perform(.rollout)
    #expect(try await world.changes().filter { $0.hasPrefix("PATCH") }.count == 2)
  }

  @Test("an attempt whose secret has changed since restarts once more") func changedSince() async throws {
    let world = try await world()
    try await world.perform(.rollout)
    try await world.write([secret(["url": "newer"])])
    #expect(try await world.settle(.rollout) == .notDone)
    try await world.perform(.rollout, attempt: 2)
    #expect(try await started(world) == ["bmV3ZXI=", "bmV3ZXI="])
  }

  @Test("an image that cannot be pulled fails with why, and the old pods go on") func image() async throws {
    let world = try await world(deployment(1))
    let broken: JSONValue = ["metadata": ["annotations": ["test/ready-after": "never"]]]
    try await world.perform(.rollout, as: "first")
    try await world.write([["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "api"], "spec": ["template": broken]]])
    let failed = try #require(await world.with { $0.timeout = .seconds(12) }.failure(.rollout))
    #expect(failed.code == "not-ready-in-time" && failed.message.contains("0 of 1 pods are new and ready") && failed.message.contains("ImagePullBackOff"), "\(failed.text)")
    #expect(try await world.pods().contains { $0["status"]?["phase"] == "Running" })
    guard case .notDone = try await world.settle(.rollout) else { Issue.record("it settled"); return }
  }

  @Test("one that makes no progress any more, is paused or is rolled out by somebody else is not waited for", arguments: ["stuck", "paused"])
  func hopeless(how: String) async throws {
    let more: [String: JSONValue] = how == "paused" ? ["paused": true] : ["progressDeadlineSeconds": 1]
    let world = try await world(deployment(1, notes: how == "stuck" ? ["test/ready-after": "never"] : [:], more))
    let failed = try #require(await world.failure(.rollout))
    #expect(failed.code == "never-ready" && failed.message.contains(how == "paused" ? "rollout resume" : "ProgressDeadlineExceeded"), "\(failed.text)")
  }

  @Test("with no right to read the secret it restarts all the same and says what it cannot prove") func unread() async throws {
    let world = try await world()
    try await world.deny("get", "secrets")
    let result = try await world.perform(.rollout)
    #expect(result.summary.contains("WARNING: this login may not read the secrets"), "\(result.summary)")
  }

  @Test("no replicas, no pods: said, not waited for") func none() async throws {
    let world = try await world(deployment(0))
    #expect(try await world.compared(.rollout).reason.contains("no pod will be restarted"))
    #expect(try await world.perform(.rollout).summary.contains("has no replicas"))
  }

  /// What its pods were started with.
  private func started(_ world: World) async throws -> [String] { try await world.pods().compactMap { $0["env"]?["URL"]?.string } }
}
