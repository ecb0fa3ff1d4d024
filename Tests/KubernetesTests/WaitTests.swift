import CanonicalJSON
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("kubernetes.wait", .timeLimit(.minutes(5)), .serialized)
struct WaitTests {
  private func job(_ notes: [String: JSONValue]) -> JSONValue { ["apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "migrate", "annotations": .object(notes)], "spec": [:]] }

  @Test("performed twice is performed once") func twice() async throws { try await World.with([deployment()]).conformance(.wait("deployment/api")).performsTwiceAsOnce() }
  @Test("can be planned without reach") func unreachable() async throws { try await World.with().conformance(.wait("deployment/api")).plansWithoutReach() }
  @Test("cancelled it does nothing") func cancelled() async throws { try await World.with([deployment()]).conformance(.wait("deployment/api")).honoursCancellation() }

  @Test("waits for a job to complete, and settles by looking") func completes() async throws {
    let world = try await World.with([job(["test/ready-after": "6"])])
    let step = Step.wait("job/migrate", "complete")
    #expect(try await world.settle(step) == .notDone)
    #expect(try await world.compared(step).reason.hasSuffix("is complete"))
    try await world.perform(step)
    guard case .done = try await world.settle(step) else { Issue.record("it did not settle"); return }
    #expect(try await world.compared(step).reason.hasSuffix("which it is"))
  }

  @Test("a job that has failed is not waited for, and its message is told") func fails() async throws {
    let world = try await World.with([job(["test/fails": "yes"])])
    let failed = try #require(await world.failure(.wait("job/migrate", "complete")))
    #expect(failed.code == "never-ready" && failed.message.contains("reached the specified backoff limit"), "\(failed.text)")
    try await world.perform(.wait("job/migrate", "FAILED"))
  }

  @Test("waits for what is not there yet, and for what is to go") func comesAndGoes() async throws {
    let world = try await World.with()
    let waiting = Task { try await world.perform(.wait("deployment/api")).summary }
    try await Task.sleep(for: .milliseconds(300))
    try await world.write([deployment(1)])
    let summary = try await waiting.value
    #expect(summary == "`\(world.namespace)/deployment/api` is available")
    let going = try await World.with([job([:])]).with { $0.timeout = .seconds(12) }
    let failed = try #require(await going.failure(.wait("job/migrate", "deleted")))
    #expect(failed.code == "not-ready-in-time" && failed.message.contains("it is still there"), "\(failed.text)")
    try await going.server.delete("jobs", going.namespace, "migrate")
    try await going.perform(.wait("job/migrate", "deleted"))
  }

  @Test("a time-out says what it was at last, and that it may be resumed") func timesOut() async throws {
    let world = try await World.with([deployment(1, notes: ["test/ready-after": "never"])]).with { $0.timeout = .seconds(12) }
    let failed = try #require(await world.failure(.wait("deployment/api")))
    #expect(failed.code == "not-ready-in-time" && failed.message.contains("`Available` is False") && failed.helps.contains { $0.contains("resume") }, "\(failed.text)")
  }
}
