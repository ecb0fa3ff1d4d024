import CanonicalJSON
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("kubernetes.scale", .timeLimit(.minutes(5)), .serialized)
struct ScaleTests {
  @Test("performed twice is performed once") func twice() async throws { try await World.with([deployment(3)]).conformance(.scale(0)).performsTwiceAsOnce() }
  @Test("undone it leaves no trace") func undone() async throws { try await World.with([deployment(3)]).conformance(.scale(0)).undoes() }
  @Test("settles") func settled() async throws { try await World.with([deployment(3)]).conformance(.scale(0)).settles() }
  @Test("can be planned without reach") func unreachable() async throws { try await World.with().conformance(.scale(0)).plansWithoutReach() }
  @Test("cancelled it does nothing") func cancelled() async throws { try await World.with([deployment(3)]).conformance(.scale(0)).honoursCancellation() }

  @Test("down it waits until the last pod has really ended; the plan saw what was there, and sees that it holds")
  func down() async throws {
    let world = try await World.with([deployment(2, notes: ["test/end-after": "1.5"])])
    try await untilPods(world, 2)
    let planned = try await world.compared(.scale(0))
    #expect(planned.action == .update && planned.before["replicas"] == 2 && planned.after["replicas"] == 0 && planned.losses.count == 1)
    let result = try await world.perform(.scale(0))
    #expect(result.summary.hasSuffix("has 0 replicas instead of 2"), "\(result.summary)")
    #expect(try await world.pods().isEmpty)
    #expect(try await world.compared(.scale(0)).action == .none)
    #expect(try await world.perform(.scale(0), as: "other").summary.hasSuffix("had 0 replicas already"))
  }

  @Test("up it waits until all are ready, and says how many are while the time is over")
  func up() async throws {
    let world = try await World.with([deployment(1, notes: ["test/ready-after": "1"])])
    try await world.perform(.scale(3))
    #expect(try await world.pods().count == 3)
    let stuck = try await World.with([deployment(1, notes: ["test/ready-after": "never"])]).with { $0.timeout = .seconds(12) }
    let failed = try #require(await stuck.failure(.scale(2)))
    #expect(failed.code == "not-ready-in-time" && failed.message.contains("0 of 2 pods ready") && failed.message.contains("ImagePullBackOff"), "\(failed.text)")
  }

  @Test("the word of a roll-out that made no progress in its time does not end the wait: pods may come all the same") func late() async throws {
    let world = try await World.with([deployment(1, notes: ["test/ready-after": "4"], ["progressDeadlineSeconds": 1])])
    try await world.perform(.scale(2))
    #expect(try await world.pods().filter { $0["status"]?["phase"] == "Running" }.count == 2)
  }

  @Test("does not scale back what somebody else has scaled since, and says so; what an autoscaler has set counts as nobody")
  func meddled() async throws {
    let world = try await World.with([deployment(2)])
    let result = try await world.perform(.scale(4))
    try await world.write([["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "api"], "spec": ["replicas": 5]]])
    let failed = await #expect(throws: StepFailure.self) { try await world.undo(.scale(4), result) }
    #expect(failed?.code == "changed-meanwhile" && failed?.helps.first?.contains("--replicas=2") == true)
    #expect(try await world.object("deployments", "api")?["spec"]?["replicas"] == 5)
    let target: JSONValue = ["kind": "Deployment", "name": "api", "apiVersion": "apps/v1"]
    try await world.write([["apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "scaler"], "spec": ["scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 8]]])
    #expect(try await world.compared(.scale(4)).losses.first?.contains("`scaler` (1 to 8)") == true)
    try await world.undo(.scale(4), result)
    #expect(try await world.object("deployments", "api")?["spec"]?["replicas"] == 2)
  }

  @Test("an attempt whose answer was lost is found again, and its undo knows the number before")
  func lostAnswer() async throws {
    let world = try await World.with([deployment(3)])
    try await world.fault("deployments/api", #""method": "PATCH", "close": true, "after": true"#)
    let failed = try #require(await world.failure(.scale(0)))
    #expect(failed.code == "cluster-unreachable" && failed.isTransient, "\(failed.text)")
    #expect(try await world.object("deployments", "api")?["spec"]?["replicas"] == 0)
    try await until("the pods are gone") { true }
    try await world.undo(.scale(0), nil)
    #expect(try await world.object("deployments", "api")?["spec"]?["replicas"] == 3)
    // And again: nothing of this run is left to undo.
    try await world.undo(.scale(0), nil)
    #expect(try await world.object("deployments", "api")?["metadata"]?["annotations"]?.object?.isEmpty ?? true)
  }

  @Test("two steps of one run, down and up again, are taken back one after the other")
  func downAndUp() async throws {
    let world = try await World.with([deployment(2)])
    let stopped = try await world.perform(.scale(0), as: "stop")
    let started = try await world.perform(.scale(3), as: "start")
    try await world.undo(.scale(3), as: "start", started)
    #expect(try await world.object("deployments", "api")?["spec"]?["replicas"] == 0)
    try await world.undo(.scale(0), as: "stop", stopped)
    #expect(try await world.object("deployments", "api")?["spec"]?["replicas"] == 2)
  }

  private func untilPods(_ world: World, _ count: Int) async throws {
    for _ in 0..<100 {
      if try await world.pods().count == count { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("there are no \(count) pods")
  }
}
