import CanonicalJSON
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("kubernetes.apply", .timeLimit(.minutes(5)), .serialized)
struct ApplyTests {
  /// A folder of manifests as the plan of SIE has them: a secret, a deployment and what leads to it.
  private func manifests(_ world: World, image: String = "api:2", value: String = "canary-manifest", notes: String = "") -> [String: String] {
    let place = "namespace: \(world.namespace)"
    return [
      "10-secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: { name: urls, \(place) }\nstringData: { url: \(value) }\n",
      "20-deployment.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata: { name: settings, \(place) }
        data: { level: "2" }
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: api, \(place) }
        spec:
          replicas: 2
          selector: { matchLabels: { app: api } }
          template:
            metadata: { labels: { app: api }, annotations: { made: by-hand\(notes) } }
            spec: { containers: [{ name: main, image: "\(image)", env: [{ name: URL, valueFrom: { secretKeyRef: { name: urls, key: url } } }] }] }

        """,
      "30-service.yml": "apiVersion: v1\nkind: Service\nmetadata: { name: api, \(place) }\nspec: { selector: { app: api }, ports: [{ port: 80 }] }\n",
      "README.md": "no manifest",
    ]
  }

  private func world(_ objects: [JSONValue] = [], _ files: (World) -> [String: String]) async throws -> World {
    let world = try await World.with(objects)
    // It goes with the server.
    let folder = "\(world.server.folder)/\(world.namespace)"
    _ = try await onThread { try runProgram(["mkdir", folder]) }
    for (name, text) in files(world) { try writeFile("\(folder)/\(name)", text) }
    return world.with { $0.folder = folder }
  }

  private func step(_ files: [String]? = nil, folder: String = ".") throws -> Step {
    var members: [String: JSONValue] = ["folder": try CanonicalJSON.value(InputValue.text(folder)), "servers": []]
    if let files { members["files"] = .array(files.map(JSONValue.string)) }
    return Step(kind: "kubernetes.apply", members: members)
  }

  private func withStep(_ body: (StepConformance<[JSONValue]>) async throws -> Void) async throws {
    let world = try await world { manifests($0) }
    try await body(world.with { $0.run = RunID(rawValue: "\($0.run)-a") }.conformance(step()))
  }

  @Test("performed twice is performed once") func twice() async throws { try await withStep { try await $0.performsTwiceAsOnce() } }
  @Test("undone it leaves no trace") func undone() async throws { try await withStep { try await $0.undoes() } }
  @Test("settles") func settled() async throws { try await withStep { try await $0.settles() } }
  @Test("can be planned without reach") func unreachable() async throws { try await withStep { try $0.plansWithoutReach() } }
  @Test("cancelled it does nothing") func cancelled() async throws { try await withStep { try await $0.honoursCancellation() } }

  @Test("makes all in order, each when the one before is ready; the plan knew what, and knows when nothing is left")
  func makes() async throws {
    let world = try await world { manifests($0, notes: ", test/ready-after: \"1\"") }
    let planned = try await world.compared(step())
    #expect(planned.action == .create && planned.reason == "makes `secret/urls`, `configmap/settings`, `deployment/api`, `service/api`", "\(planned)")
    let result = try await world.perform(step())
    #expect(result.summary.hasPrefix("4 objects of 3 files") && result.summary.hasSuffix("4 made, 0 changed"), "\(result.summary)")
    let made = try await world.server.log().compactMap { $0["method"] == "POST" && $0["path"]?.string?.contains("/\(world.namespace)/") == true ? $0["path"]?.string?.split(separator: "?").first?.split(separator: "/").last.map(String.init) : nil }
    #expect(made == ["secrets", "configmaps", "deployments", "services"])
    let pods = try await world.pods()
    #expect(pods.count == 2 && pods.allSatisfy { $0["status"]?["phase"] == "Running" })
    #expect(try await world.compared(step()).action == .none)
    guard case .done = try await world.settle(step()) else { Issue.record("it did not settle"); return }
  }

  @Test("changes what is there, and puts it back as it was: what was applied before, and what was not") func changes() async throws {
    let world = try await world([["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "settings"], "data": ["level": "1", "mine": "yes"]]]) { manifests($0, image: "api:1", value: "canary-before") }
    let first = try step(["10-secret.yaml", "20-deployment.yaml"])
    try await world.perform(first, as: "first")
    try await world.server.write([["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "api", "namespace": .string(world.namespace)], "spec": ["replicas": 3]]])
    for (name, text) in manifests(world, image: "api:2") { try writeFile("\(world.folder)/\(name)", text) }
    try await Task.sleep(for: .milliseconds(300))
    let before = try await world.lasting()
    let planned = try await world.compared(step())
    #expect(planned.action == .update && planned.reason == "makes `service/api`; changes `secret/urls`, `deployment/api`", "\(planned.reason)")
    let result = try await world.perform(step())
    #expect(result.summary.hasSuffix("1 made, 2 changed"), "\(result.summary)")
    #expect(try await world.object("deployments", "api")?["spec"]?["replicas"] == 2)
    try await world.undo(step(), result)
    let after = try await world.lasting()
    #expect(after == before, "\(after) after, \(before) before")
    #expect(try await world.object("deployments", "api")?["spec"]?["replicas"] == 3)
  }

  @Test("a file that fails in the middle leaves the first done, and the undo takes them back, also after a crash", arguments: [true, false])
  func partial(crashed: Bool) async throws {
    let world = try await world { manifests($0) }.with { $0.timeout = .seconds(30) }
    let before = try await world.lasting()
    try await world.fault("deployments", #""method": "POST", "close": true, "after": \#(crashed), "times": 3"#)
    let failed = try #require(await world.failure(step()))
    #expect(failed.message.hasPrefix("20-deployment.yaml: ") && failed.isTransient, "\(failed.text)")
    #expect(try await world.object("secrets", "urls") != nil)
    #expect(try await world.object("services", "api") == nil)
    #expect(try await world.settle(step()) == .notDone)
    try await world.undo(step(), nil)
    #expect(try await world.lasting() == before)
  }

  @Test("what never becomes ready stops before the next file, and says which it is") func neverReady() async throws {
    let world = try await world { manifests($0, notes: ", test/ready-after: never") }.with { $0.timeout = .seconds(15) }
    let failed = try #require(await world.failure(step()))
    #expect(failed.code == "not-ready-in-time" && failed.message.contains("what 20-deployment.yaml starts") && failed.message.contains("`deployment/api` has 0 of 2 pods ready"), "\(failed.text)")
    #expect(try await world.object("services", "api") == nil)
    try await world.with { $0.timeout = .seconds(40) }.undo(step(), nil)
    #expect(try await world.object("deployments", "api") == nil)
  }

  @Test("what somebody else has applied since stays, all else is taken back") func meddled() async throws {
    let world = try await world { manifests($0, image: "api:1") }
    try await world.perform(step(), as: "first")
    for (name, text) in manifests(world, image: "api:2", value: "canary-two") { try writeFile("\(world.folder)/\(name)", text) }
    let result = try await world.perform(step())
    for (name, text) in manifests(world, image: "api:3", value: "canary-two") { try writeFile("\(world.folder)/\(name)", text) }
    try await world.perform(step(["20-deployment.yaml"]), as: "other")
    let failed = await #expect(throws: StepFailure.self) { try await world.undo(step(), result) }
    #expect(failed?.code == "changed-meanwhile" && failed?.message == "somebody else has applied another `deployment/api` since, so it stays as it is", "\(failed?.text ?? "")")
    #expect(try await world.object("secrets", "urls")?["data"]?["url"] == "Y2FuYXJ5LW1hbmlmZXN0")
  }

  @Test("a namespace made by an earlier file, and what is in it, can be planned and made") func namespace() async throws {
    let world = try await World.with()
    let folder = try temporaryFolder("manifests")
    defer { removeFolder(folder) }
    let name = "\(world.namespace)-new"
    try writeFile("\(folder)/0.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: { name: \(name) }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c, namespace: \(name) }\n")
    let there = world.with { $0.folder = "/" }
    let it = try step(folder: folder)
    #expect(try await there.compared(it).reason == "makes `namespace/\(name)`, `configmap/c`")
    let result = try await there.perform(it)
    #expect(try await world.server.state().contains { $0["metadata"]?["namespace"]?.string == name })
    try await there.undo(it, result)
    #expect(try await !world.server.state().contains { $0["metadata"]?["name"]?.string == name })
  }

  @Test("no manifests, a folder that is not there, and a file that is none are each told before anything is changed") func wrong() async throws {
    let world = try await world { ["bad.yaml": "{ canary-broken", "ok-\($0.namespace).txt": ""] }
    for (it, code) in [(try step(["missing.yaml"]), "no-manifests"), (try step(folder: "nowhere"), "no-manifests"), (try step(), "kubectl-failed")] {
      let failed = try #require(await world.failure(it))
      #expect(failed.code == code && !failed.text.contains("canary"), "\(failed.text)")
      guard case .unreachable = await world.observed(it).reach else { Issue.record("observed"); continue }
    }
    #expect(try await world.changes().isEmpty)
  }

  @Test("a right that is missing is told before the run; values of manifests are in no failure, result or record outside of the cluster") func rightsAndCanaries() async throws {
    let world = try await world { manifests($0) }
    try await world.deny("create", "services")
    let change = try await world.compared(step())
    #expect(change.reason.hasPrefix("the step will fail: this login may not `create service`"), "\(change.reason)")
    let failed = try #require(await world.failure(step()))
    #expect(failed.code == "cluster-forbidden" && failed.message.contains("30-service.yml"), "\(failed.text)")
    try await world.fault("secrets/urls", #""method": "PATCH", "status": 400, "reason": "BadRequest", "message": "cannot handle canary-manifest""#)
    try writeFile("\(world.folder)/10-secret.yaml", manifests(world)["10-secret.yaml"]?.replacing("metadata: {", with: "metadata: { labels: { a: b },") ?? "")
    let quoted = try #require(await world.failure(step(), attempt: 2))
    #expect(quoted.text.contains("cannot handle ***"), "\(quoted.text)")
    let said = failed.text + quoted.text + change.reason + "\(await world.observed(try step()))"
    #expect(!said.contains("canary") && !said.contains("Y2FuYXJ5"))
    try await world.undo(step(), nil)
    #expect(try await world.state().allSatisfy { $0["metadata"]?["name"] != "urls" })
  }
}
