import CanonicalJSON
import ChildProcess
import KubernetesProvider
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// A namespace of one test on the API server that the tests share, and steps over it by the real kubectl.
struct World: Sendable {
  var server: KubernetesServer
  var namespace = "t\(UInt32.random(in: 0 ... .max))"
  var run = RunID(rawValue: "20261124T120000Z-\(UInt32.random(in: 0 ... .max))")
  var kubeconfig: String
  var folder: String
  var timeout = TimeSpan.seconds(40)
  var path = "\(KubernetesServer.programs):/usr/bin:/bin"
  /// Of secrets of the plan.
  var value = canary

  static func with(_ objects: [JSONValue] = [], server: KubernetesServer? = nil) async throws -> World {
    let server = try await onThread { try server ?? .shared() }
    let kubeconfig = try await onThread { try server.kubeconfig() }
    let world = World(server: server, kubeconfig: kubeconfig, folder: server.folder)
    try await server.write([["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(world.namespace)]]])
    if !objects.isEmpty { try await world.write(objects) }
    return world
  }

  func with(_ change: (inout World) -> Void) -> World {
    var world = self
    change(&world)
    return world
  }

  // MARK: Steps

  var host: KubernetesHost {
    KubernetesHost(
      children: ChildRunner(supervisor: Supervisor(executable: BuiltProgram.sieDR)), environment: ["PATH": path, "HOME": server.folder], folder: folder,
      pause: .milliseconds(50))
  }
  var performers: StepPerformers { StepPerformers(KubernetesProvider.performers(on: host)) }
  var observers: StepObservers { StepObservers(KubernetesProvider.observers(on: host)) }
  static let kinds = StepKinds(KubernetesProvider.kinds)

  func arguments(_ members: [String: JSONValue]) -> StepArguments {
    let cluster = KubernetesReference(server: "k8s", context: "east", kubeconfig: SecretReference(name: "kubeconfig", source: .env("UNUSED")))
    var members = members
    members["cluster"] = try? CanonicalJSON.value(cluster)
    members["namespace"] = .string(namespace)
    return StepArguments(.object(members))
  }

  func context(step: StepName = "it", attempt: Int = 1, undoing: Bool = false) -> PerformingContext {
    PerformingContext(
      mark: StepMark(run: run, step: step, attempt: attempt), earlierMarks: (1..<attempt).map { StepMark(run: run, step: step, attempt: $0) }, plan: namespace, planDigest: "d",
      toolVersion: "1.0.0", timeout: timeout, secrets: self, stores: NoStores(), outputs: ["before": ["line": .text("from-before")]], now: systemTime, report: { _ in })
  }

  @discardableResult
  func perform(_ step: Step, as name: StepName = "it", attempt: Int = 1) async throws -> StepResult {
    try await performers.perform(step.kind, arguments(step.members), in: context(step: name, attempt: attempt))
  }
  func undo(_ step: Step, as name: StepName = "it", _ result: StepResult?) async throws {
    try await performers.undo(step.kind, arguments(step.members), result: result, in: context(step: name))
  }
  func settle(_ step: Step, as name: StepName = "it") async throws -> Settlement { try await performers.settle(step.kind, arguments(step.members), in: context(step: name)) }
  func observed(_ step: Step) async -> Observation {
    await observers.observe(step.kind, arguments(step.members), in: ObservingContext(secrets: self, stores: NoStores(), timeout: .seconds(20), now: systemTime))
  }
  func compared(_ step: Step) async throws -> Change { try #require(Self.kinds[step.kind]).compare(arguments(step.members), await observed(step), systemTime()) }
  /// The failure that it must end with.
  func failure(_ step: Step, attempt: Int = 1) async -> StepFailure? {
    do { try await perform(step, attempt: attempt) } catch { return error as? StepFailure }
    return nil
  }

  func conformance(_ step: Step) throws -> StepConformance<[JSONValue]> {
    let world = self
    return StepConformance(try #require(Self.kinds[step.kind]), arguments(step.members).json, performers, context(), world: { try await world.lasting() })
  }

  // MARK: The cluster

  func write(_ objects: [JSONValue]) async throws { try await server.write(objects.map { placed($0) }) }

  private func placed(_ object: JSONValue) -> JSONValue {
    guard var members = object.object, var metadata = members["metadata"]?.object else { return object }
    metadata["namespace"] = .string(namespace)
    members["metadata"] = .object(metadata)
    return .object(members)
  }

  func state() async throws -> [JSONValue] { try await server.state().filter { $0["metadata"]?["namespace"]?.string == namespace } }
  func object(_ plural: String, _ name: String) async throws -> JSONValue? { try await state().first { $0["plural"]?.string == plural && $0["metadata"]?["name"]?.string == name } }
  func pods() async throws -> [JSONValue] { try await state().filter { $0["plural"] == "pods" } }

  /// What a step leaves: without what counts up by itself, and without the pods' names.
  func lasting() async throws -> [JSONValue] {
    try await state().compactMap { object in
      guard object["plural"] != "pods", var members = object.object, var metadata = members["metadata"]?.object else { return nil }
      for name in ["resourceVersion", "generation", "uid", "creationTimestamp"] { metadata[name] = nil }
      if metadata["annotations"]?.object?.isEmpty == true { metadata["annotations"] = nil }
      members["metadata"] = .object(metadata)
      members["status"] = nil
      return .object(members)
    }
  }

  /// Requests to this namespace that change something.
  func changes() async throws -> [String] {
    try await server.log().filter { $0["method"] != "GET" && $0["path"]?.string?.contains("/\(namespace)/") == true && $0["path"]?.string?.contains("dryRun") != true }
      .map { ($0["method"]?.string ?? "") + " " + ($0["path"]?.string ?? "") }
  }

  func deny(_ verb: String, _ plural: String) async throws { try await server.configure(#"{"denied": [["\#(verb)", "\#(plural)", "\#(namespace)"]]}"#) }
  /// A fault of requests to this namespace: members of it, as JSON, such as `"method": "PATCH", "status": 500`.
  func fault(_ path: String, _ members: String) async throws {
    try await server.configure(#"{"faults": [{"path": "/\#(namespace)/\#(path)", \#(members)}]}"#)
  }
}

/// A step by its kind and its fields but for the cluster and the namespace.
struct Step: Sendable {
  var kind: StepKindName
  var members: [String: JSONValue]

  static func scale(_ replicas: Int64) -> Step { Step(kind: "kubernetes.scale", members: ["deployment": "api", "replicas": .int(replicas)]) }
  static let rollout = Step(kind: "kubernetes.rollout", members: ["deployment": "api"])
  static func secret(_ set: [String: InputValue] = ["url": .secret(SecretReference(name: "url", source: .env("UNUSED")))]) throws -> Step {
    Step(kind: "kubernetes.secret", members: ["name": "urls", "set": try CanonicalJSON.value(set)])
  }
  static func wait(_ resource: String, _ condition: String = "available") -> Step { Step(kind: "kubernetes.wait", members: ["resource": .string(resource), "condition": .string(condition)]) }
}

let canary = "postgres://u:canary-8e1b@east/orders"

/// A deployment `api` whose pods take `url` of the secret `urls`. `notes` are on its pods: `test/ready-after`, `test/end-after`.
func deployment(_ replicas: Int64 = 2, notes: [String: JSONValue] = [:], _ more: [String: JSONValue] = [:]) -> JSONValue {
  let variable: JSONValue = ["name": "URL", "valueFrom": ["secretKeyRef": ["name": "urls", "key": "url"]]]
  let template: JSONValue = ["metadata": ["labels": ["app": "api"], "annotations": .object(notes)], "spec": ["containers": [["name": "main", "image": "api:1", "env": [variable]]]]]
  let spec: [String: JSONValue] = ["replicas": .int(replicas), "selector": ["matchLabels": ["app": "api"]], "template": template]
  return ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "api"], "spec": .object(spec.merging(more) { _, given in given })]
}

func secret(_ values: [String: JSONValue]) -> JSONValue { ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "urls"], "stringData": .object(values)] }

extension World: SecretResolving {
  func resolve(_ secret: SecretReference) async throws(StepFailure) -> SecretValue { SecretValue(secret.name == "kubeconfig" ? kubeconfig : value) }
}

struct NoStores: StoreOpening {
  func reading(_ store: StoreReference) async throws(StepFailure) -> any ObjectReading { throw StepFailure("none", "there are no stores here") }
  func opening(_ store: StoreReference) async throws(StepFailure) -> any ObjectStore { throw StepFailure("none", "there are no stores here") }
}

extension StepFailure {
  /// Everything a person would read.
  var text: String { ([code, message] + details + helps).joined(separator: "\n") }
}
