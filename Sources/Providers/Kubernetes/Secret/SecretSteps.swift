internal import CanonicalJSON
internal import ChildProcess
public import ProviderInterface
internal import Units

public struct SecretObserver: StepObserver {
  public typealias Kind = KubernetesSecret
  private let host: KubernetesHost
  init(host: KubernetesHost) { self.host = host }

  public func observe(_ arguments: KubernetesSecret.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.timeout)
      let rights = ["get", "patch"].map { Right(verb: $0, resource: "secrets/\(arguments.name)") } + [Right(verb: "create", resource: "secrets")]
      let missing = try await cluster.missing(rights, in: arguments.namespace)
      guard !missing.contains("get secrets/\(arguments.name)") else { return RightsFact.adding(missing, to: Observation()) }
      let found = try await cluster.get(ClusterSecret.self, ["secrets/\(arguments.name)", "-n", arguments.namespace])
      var observation = Observation(facts: [SecretFact.exists: .bool(found != nil)])
      var values: [String: SecretValue] = [:]
      for (key, input) in arguments.set {
        switch input {
        case .text(let text): values[key] = SecretValue(text)
        case .secret(let reference): values[key] = try await context.secrets.resolve(reference)
        case .output: return RightsFact.adding(missing, to: observation)
        }
      }
      observation.facts[SecretFact.differing] = .array(SecretValues(values).differing(from: found).map(JSONValue.string))
      return RightsFact.adding(missing, to: observation)
    } catch {
      return .unreachable(error.message)
    }
  }
}

public struct SecretPerformer: StepPerformer {
  public typealias Kind = KubernetesSecret
  private let host: KubernetesHost
  init(host: KubernetesHost) { self.host = host }

  public func perform(_ arguments: KubernetesSecret.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let work = try await work(arguments, context)
    let changed = try await retryingConflicts { () async throws(StepFailure) -> [String] in try await work.set() }
    let left = work.values.differing(from: try await work.look())
    guard left.isEmpty else {
      throw StepFailure(
        "secret-not-set", "the secret \(work.shown) does not have the new values of " + left.map { "`\($0)`" }.joined(separator: ", "),
        details: ["the cluster took them, and something has changed them at once: another controller may own this secret"], helps: ["set them where that controller takes them from"])
    }
    let keys = changed.map { "`\($0)`" }.joined(separator: ", ")
    let set = "\(keys) of the secret \(work.shown) set; pods take the new values when they are started next"
    return StepResult(summary: changed.isEmpty ? "the secret \(work.shown) had these values already" : set)
  }

  public func settle(_ arguments: KubernetesSecret.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let work = try await work(arguments, context)
      guard work.values.differing(from: try await work.look()).isEmpty else { return .notDone }
      return .done(StepResult(summary: "the secret \(work.shown) has the new values"))
    } catch {
      return .unknown(error.message)
    }
  }

  public func undo(_ arguments: KubernetesSecret.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
    let kept = KeptSecret(cluster: cluster, namespace: arguments.namespace, of: arguments.name)
    let shown = "`\(arguments.namespace)/\(arguments.name)`"
    guard let content = try await kept.read() else {
      let note = try await cluster.get(ClusterSecret.self, ["secrets/\(arguments.name)", "-n", arguments.namespace])?.note(Note.set)
      guard note != context.note else {
        throw StepFailure(
          "former-values-lost", "somebody has removed `\(kept.name)`, where the former values of the secret \(shown) were kept",
          helps: ["set them by hand from where they come from"])
      }
      return
    }
    guard content.step == context.note else {
      // Nothing was changed by this step, or a later run has changed it again.
      let note = try await cluster.get(ClusterSecret.self, ["secrets/\(arguments.name)", "-n", arguments.namespace])?.note(Note.set)
      guard note == context.note else { return }
      throw StepFailure("changed-meanwhile", "a later run keeps its own former values of the secret \(shown)", helps: ["take that run back first"])
    }
    try await retryingConflicts { () async throws(StepFailure) in try await putBack(content, arguments, cluster, context) }
    try await rollOutAgain(arguments, cluster, context)
    try await kept.remove()
  }

  private func putBack(
    _ content: KeptSecret.Content, _ arguments: KubernetesSecret.Arguments, _ cluster: Cluster, _ context: PerformingContext
  ) async throws(StepFailure) {
    let shown = "`\(arguments.namespace)/\(arguments.name)`"
    let found = try await cluster.get(ClusterSecret.self, ["secrets/\(arguments.name)", "-n", arguments.namespace])
    let now = found?.data ?? [:]
    // It was never set, or is put back already.
    if found?.note(Note.set) != context.note, content.set.keys.allSatisfy({ now[$0] == content.former[$0] }) { return }
    let changed = content.set.keys.filter { now[$0] != content.set[$0] && now[$0] != content.former[$0] }.sorted()
    guard let found, changed.isEmpty else {
      if found == nil, !content.existed { return }
      let keys = changed.map { "`\($0)`" }.joined(separator: ", ")
      let kept = KeptSecret(cluster: cluster, namespace: arguments.namespace, of: arguments.name).name
      throw StepFailure(
        "changed-meanwhile",
        found == nil ? "somebody has deleted the secret \(shown) meanwhile" : "somebody else has changed \(keys) of the secret \(shown), so they stay",
        details: ["its former values are kept in `\(arguments.namespace)/\(kept)`"],
        helps: ["compare the two and set by hand what is right"])
    }
    if !content.existed, Set(now.keys).isSubset(of: content.set.keys) {
      try await cluster.delete("secrets/\(arguments.name)", in: arguments.namespace)
      return
    }
    var data: [String: JSONValue] = [:]
    for key in content.set.keys { data[key] = content.former[key].map(JSONValue.string) ?? .null }
    var metadata: [String: JSONValue] = ["annotations": [Note.set: .null]]
    if let version = found.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
    let hiding = Array(content.former.values) + Array(content.set.values)
    try await cluster.patch("secrets/\(arguments.name)", in: arguments.namespace, ["metadata": .object(metadata), "data": .object(data)], hiding: hiding)
  }

  /// Those that this run has restarted have started with the values that are gone now.
  private func rollOutAgain(_ arguments: KubernetesSecret.Arguments, _ cluster: Cluster, _ context: PerformingContext) async throws(StepFailure) {
    let all = try await cluster.get(Items<Deployment>.self, ["deployments.apps", "-n", arguments.namespace])
    let ours = "\(context.mark.run)."
    for found in all?.items ?? [] where found.spec.template.spec.secrets.contains(arguments.name) {
      guard let note = found.templateNote(Note.restarted), note.hasPrefix(ours) else { continue }
      _ = try await Restart(cluster: cluster, namespace: arguments.namespace, deployment: found.metadata.name, note: "\(context.note)/undo").perform(context.report)
    }
  }

  private func work(_ arguments: KubernetesSecret.Arguments, _ context: PerformingContext) async throws(StepFailure) -> SettingOfSecret {
    if Task.isCancelled { throw .cancelled }
    var values: [String: SecretValue] = [:]
    for key in arguments.set.keys.sorted() { if let input = arguments.set[key] { values[key] = try await context.resolve(input) } }
    let cluster = try await Cluster.open(arguments.cluster, on: host, context.secrets, within: context.patience)
    return SettingOfSecret(cluster: cluster, arguments: arguments, values: SecretValues(values), note: context.note)
  }
}

/// First the former values are kept, then the new ones set: whenever it ends in between, an undo finds what it needs.
struct SettingOfSecret: Sendable {
  let cluster: Cluster
  let arguments: KubernetesSecret.Arguments
  let values: SecretValues
  let note: String

  var shown: String { "`\(arguments.namespace)/\(arguments.name)`" }

  func look() async throws(StepFailure) -> ClusterSecret? { try await cluster.get(ClusterSecret.self, ["secrets/\(arguments.name)", "-n", arguments.namespace]) }

  /// The keys that it set; none where all were as they should be.
  func set() async throws(StepFailure) -> [String] {
    let found = try await look()
    let isOurs = found?.note(Note.set) == note
    let differing = values.differing(from: found)
    if differing.isEmpty { return isOurs ? values.base64.keys.sorted() : [] }
    let kept = KeptSecret(cluster: cluster, namespace: arguments.namespace, of: arguments.name)
    var content = KeptSecret.Content(step: note, existed: found != nil, former: (found?.data ?? [:]).filter { values.base64[$0.key] != nil }, set: values.base64)
    // An earlier attempt of this step has changed it: what was before that one counts.
    if isOurs, let earlier = try await kept.read(), earlier.step == note { (content.existed, content.former) = (earlier.existed, earlier.former) }
    try await kept.write(content, hiding: values.hiding)
    var metadata: [String: JSONValue] = ["annotations": [Note.set: .string(note)]]
    let data = JSONValue.object(values.base64.mapValues(JSONValue.string))
    if let found {
      if let version = found.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
      try await cluster.patch("secrets/\(arguments.name)", in: arguments.namespace, ["metadata": .object(metadata), "data": data], hiding: values.hiding)
    } else {
      metadata["name"] = .string(arguments.name)
      metadata["namespace"] = .string(arguments.namespace)
      try await cluster.create(["apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": .object(metadata), "data": data], hiding: values.hiding)
    }
    return values.base64.keys.sorted()
  }
}
