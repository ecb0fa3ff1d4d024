import CanonicalJSON
import Concurrency
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("kubernetes.secret", .timeLimit(.minutes(5)), .serialized)
struct SecretTests {
  private func world(_ more: [JSONValue] = []) async throws -> World { try await World.with([secret(["url": "old", "other": "kept"])] + more) }
  private func url(_ world: World) async throws -> String? { try await world.object("secrets", "urls")?["data"]?["url"]?.string }
  private static let old = "b2xk"

  @Test("performed twice is performed once") func twice() async throws { try await world().conformance(.secret()).performsTwiceAsOnce() }
  @Test("undone it leaves no trace, where the secret was and where it was not", arguments: [true, false])
  func undone(wasThere: Bool) async throws { try await (wasThere ? world() : World.with()).conformance(.secret()).undoes() }
  @Test("settles") func settled() async throws { try await world().conformance(.secret()).settles() }
  @Test("can be planned without reach") func unreachable() async throws { try await world().conformance(.secret()).plansWithoutReach() }
  @Test("cancelled it does nothing") func cancelled() async throws { try await world().conformance(.secret()).honoursCancellation() }

  @Test("sets its keys, also from an output, and leaves the others; the plan says which keys, and sees when they are set") func sets() async throws {
    let world = try await world()
    let step = try Step.secret(["url": .secret(SecretReference(name: "url", source: .env("UNUSED"))), "line": .text("ä\"\n")])
    #expect(try await world.compared(step).reason.hasPrefix("sets `line`, `url` of the secret"))
    try await world.perform(step)
    let data = try #require(await world.object("secrets", "urls")?["data"])
    #expect(data["other"] == "a2VwdA==" && data["line"] == "w6QiCg==" && data["url"] != .string(Self.old))
    #expect(try await world.compared(step).action == .none)
    #expect(try await world.perform(step, as: "again").summary.hasSuffix("had these values already"))
    let output = try Step.secret(["url": .output(step: "before", name: "line")])
    #expect(try await world.compared(output).reason.contains("an earlier step gives the values"))
    try await world.perform(output, as: "output")
    #expect(try await url(world) == "ZnJvbS1iZWZvcmU=")
  }

  @Test("its undo also rolls out again what this run has restarted with the new value, and nothing else") func rollsBack() async throws {
    let world = try await world([deployment(2)])
    try await Task.sleep(for: .milliseconds(200))
    let before = try await world.pods().compactMap { $0["metadata"]?["name"]?.string }
    let result = try await world.perform(.secret(), as: "secret")
    try await world.undo(.secret(), as: "secret", result)
    #expect(try await world.pods().compactMap { $0["metadata"]?["name"]?.string } == before)
    let again = try await world.perform(.secret(), as: "secret")
    try await world.perform(.rollout, as: "roll")
    #expect(try await world.pods().allSatisfy { $0["env"]?["URL"]?.string != Self.old })
    try await world.undo(.secret(), as: "secret", again)
    #expect(try await world.pods().compactMap { $0["env"]?["URL"]?.string } == [Self.old, Self.old])
    #expect(try await world.object("secrets", "urls.sie-dr") == nil)
  }

  @Test("killed between keeping and setting, or before the answer, it is taken back all the same", arguments: ["before", "after"])
  func killed(when: String) async throws {
    let world = try await world()
    try await world.fault("secrets/urls", #""method": "PATCH", "close": true, "after": \#(when == "after")"#)
    #expect(try await world.failure(.secret())?.isTransient == true)
    #expect(try await world.object("secrets", "urls.sie-dr") != nil)
    #expect(try await (url(world) == Self.old) == (when == "before"))
    // A second attempt must not take the new value for the former one.
    try await world.perform(.secret(), attempt: 2)
    try await world.undo(.secret(), nil)
    #expect(try await url(world) == Self.old)
    #expect(try await world.object("secrets", "urls.sie-dr") == nil)
  }

  @Test("what somebody else has set since stays, and the undo says so without a value") func meddled() async throws {
    let world = try await world()
    let result = try await world.perform(.secret())
    try await world.write([secret(["url": "canary-theirs"])])
    let failed = await #expect(throws: StepFailure.self) { try await world.undo(.secret(), result) }
    #expect(failed?.code == "changed-meanwhile" && failed?.message.contains("`url`") == true && failed?.text.contains("canary") == false, "\(failed?.text ?? "")")
    #expect(try await url(world) == "Y2FuYXJ5LXRoZWlycw==")
  }

  @Test("a later run that has changed it again must be taken back first") func later() async throws {
    let world = try await world()
    let first = try await world.perform(.secret())
    let next = world.with { $0.run = RunID(rawValue: "20261125T120000Z-next"); $0.value = "another" }
    let second = try await next.perform(.secret())
    try await world.undo(.secret(), first)
    #expect(try await url(world) == "YW5vdGhlcg==")
    try await next.undo(.secret(), second)
    #expect(try await url(world) != Self.old)
  }

  @Test("no value, former or new, and no token is in a result, an observation, a failure, a progress, an argument list or a file") func canaries() async throws {
    let world = try await world([deployment(1)])
    try await world.write([secret(["url": "canary-former"])])
    let hidden = ["canary", "Y2FuYXJ5", "cG9zdGdyZXM6Ly91OmNhbmFyeS"]
    let seen = Lock<Set<String>>([])
    let watcher = Task {
      while !Task.isCancelled {
        let found = SeenProcess.all().map(\.arguments).filter { $0.contains("kubectl") }
        seen.withLock { $0.formUnion(found) }
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    var said = "\(await world.observed(try .secret()))" + "\(try await world.compared(.secret()))"
    let result = try await world.perform(.secret())
    said += "\(result)\(try await world.settle(.secret()))\(try world.arguments(Step.secret().members).json)"
    // A server that quotes what it was given.
    for path in ["secrets/urls", "secrets"] {
      try await world.fault(path, #""method": "PATCH", "status": 400, "reason": "BadRequest", "message": "cannot handle \#(canary)\#(path) nor \#(KubernetesServer.token)""#)
      let failed = try #require(await world.with { $0.run = RunID(rawValue: "20261126T120000Z-\(path.count)"); $0.value = canary + path }.failure(.secret()))
      #expect(failed.text.contains("cannot handle ***") && failed.code == "kubectl-failed", "\(failed.text)")
      said += failed.text
    }
    watcher.cancel()
    _ = try? await watcher.value
    let lines = seen.withLock { $0 }
    #expect(lines.contains { $0.contains("patch") && $0.contains("--patch-file=/dev/stdin") }, "\(lines)")
    for text in hidden { #expect(!said.contains(text) && !lines.contains { $0.contains(text) }, "\(text)") }
    // Nor did kubectl write any into its cache.
    let folder = world.server.folder
    let kept = try await onThread { try files(below: "\(folder)/.kube").values.map { String(decoding: $0, as: UTF8.self) }.joined() }
    #expect(!kept.isEmpty)
    for text in hidden { #expect(!kept.contains(text)) }
  }
}
