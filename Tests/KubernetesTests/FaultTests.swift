import CanonicalJSON
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// A cluster that is gone, slow, closed or at odds with itself, as each kind meets it.
@Suite("Faults of a cluster", .timeLimit(.minutes(5)), .serialized)
struct FaultTests {
  private static let steps: [Step] = [.scale(0), .rollout, .wait("deployment/api")]

  @Test("one that is gone is unreachable in the plan, and a transient failure of the step") func gone() async throws {
    var world = try await World.with([deployment()])
    let port = try HTTPServer.closedPort()
    let server = world.server
    world.kubeconfig = try await onThread { try server.kubeconfig(port: port) }
    world.timeout = .seconds(12)
    for step in try Self.steps + [.secret()] {
      guard case .unreachable(let reason) = await world.observed(step).reach else { Issue.record("\(step.kind) was reached"); continue }
      #expect(reason.contains("`k8s` does not answer"))
      let failed = try #require(await world.failure(step))
      #expect(failed.code == "cluster-unreachable" && failed.isTransient && !failed.helps.isEmpty, "\(step.kind): \(failed.text)")
    }
  }

  @Test("a token that it does not know is a refused login, told as one") func login() async throws {
    let server = try await World.with().server
    let kubeconfig = try await onThread { try server.kubeconfig(token: "canary-wrong-token") }
    let world = try await World.with([deployment()]).with { $0.kubeconfig = kubeconfig }
    for step in try Self.steps + [.secret()] {
      let failed = try #require(await world.failure(step))
      #expect(failed.code == "login-refused" && !failed.isTransient && !failed.text.contains("canary"), "\(step.kind): \(failed.text)")
      guard case .unreachable(let reason) = await world.observed(step).reach else { Issue.record("\(step.kind) was reached"); continue }
      #expect(reason.contains("refused the login"))
    }
  }

  @Test("a right that is missing is told with its verb, before the run and in it", arguments: ["deployments", "secrets"])
  func forbidden(plural: String) async throws {
    let world = try await World.with([deployment(), secret(["url": "old"])])
    try await world.deny("patch", plural)
    for step in plural == "secrets" ? [try .secret()] : [Step.scale(0), .rollout] {
      let change = try await world.compared(step)
      #expect(change.reason.hasPrefix("the step will fail: this login may not `patch \(plural)") && change.reason.contains(world.namespace), "\(change.reason)")
      let failed = try #require(await world.failure(step))
      #expect(failed.code == "cluster-forbidden" && !failed.isTransient && failed.message.contains("`patch \(plural)` in the namespace `\(world.namespace)`"), "\(failed.text)")
      #expect(failed.helps.first?.contains("auth can-i patch \(plural) -n \(world.namespace)") == true)
    }
  }

  @Test("what may not even be read fails at once and is not waited for") func unreadable() async throws {
    let world = try await World.with([deployment()])
    try await world.deny("get", "deployments")
    let began = ContinuousClock.now
    for step in Self.steps { #expect(await world.failure(step)?.code == "cluster-forbidden") }
    #expect(ContinuousClock.now - began < .seconds(15))
  }

  @Test("a conflict is read again and tried again, with a budget") func conflict() async throws {
    let world = try await World.with([deployment(3)])
    let conflict = #""method": "PATCH", "status": 409, "reason": "Conflict", "message": "Operation cannot be fulfilled: the object has been modified""#
    try await world.fault("deployments/api", conflict + #", "times": 2"#)
    try await world.perform(.scale(1))
    #expect(try await world.object("deployments", "api")?["spec"]?["replicas"] == 1)
    let other = try await World.with([deployment(3)])
    try await other.fault("deployments/api", conflict + #", "times": 100"#)
    let failed = try #require(await other.failure(.scale(1)))
    #expect(failed.code == "cluster-conflict" && failed.isTransient)
    #expect(try await other.changes().count == 5)
  }

  @Test("answers that are cut, 500, 503 and 429 in the middle of a wait cost one look each") func rough() async throws {
    let world = try await World.with([deployment(1, notes: ["test/ready-after": "1.5"])])
    for fault in [#""half": true"#, #""close": true"#, #""status": 500"#, #""status": 503, "reason": "ServiceUnavailable""#, #""status": 410, "reason": "Gone""#] {
      try await world.fault("deployments/api", #""method": "GET", "skip": 2, "# + fault)
    }
    try await world.perform(.scale(2))
    #expect(try await world.pods().count == 2)
  }

  @Test("one that does not answer within the step's time is told so, and nothing outlives it") func slow() async throws {
    let world = try await World.with([deployment()]).with { $0.timeout = .seconds(5) }
    try await world.fault("deployments/api", #""delay": 30, "times": 100"#)
    let began = ContinuousClock.now
    let failed = try #require(await world.failure(.scale(0)))
    #expect(failed.isTransient && ["cluster-timed-out", "cluster-unreachable"].contains(failed.code), "\(failed.text)")
    #expect(ContinuousClock.now - began < .seconds(12))
  }

  @Test("what is not there is told with how to list what there is") func missing() async throws {
    let world = try await World.with()
    #expect(await world.failure(.scale(0))?.code == "cluster-object-missing")
    #expect(try await world.compared(.scale(0)).action == .unknown)
    #expect(try await world.settle(.scale(0)) == .notDone)
    try await world.undo(.scale(0), nil)
  }

  @Test("an unknown context, an unusable kubeconfig, a missing kubectl and a foreign certificate are each told as what they are") func settings() async throws {
    let world = try await World.with([deployment()])
    let unknown = world.with { $0.kubeconfig = $0.kubeconfig.replacing("name: east", with: "name: west") }
    #expect(await unknown.failure(.scale(0))?.code == "context-unknown")
    let broken = try #require(await world.with { $0.kubeconfig = "token: canary-broken\n{{{" }.failure(.scale(0)))
    #expect(broken.code == "kubeconfig-unusable" && !broken.text.contains("canary-broken"), "\(broken.text)")
    #expect(await world.with { $0.path = "/var/empty" }.failure(.scale(0))?.code == "kubectl-missing")
    let other = try await onThread { try KubernetesServer.start() }
    let foreign = try await onThread { try other.kubeconfig(port: world.server.port) }
    #expect(await world.with { $0.kubeconfig = foreign }.failure(.scale(0))?.code == "cluster-certificate")
  }
}
