internal import CanonicalJSON
internal import ChildProcess
internal import ProviderInterface

/// The values that a step has replaced, and those that it has set, in a second secret beside the first: they never leave the cluster. There is one for
/// each secret; the next run that changes it takes it over, and an undo removes it.
struct KeptSecret: Sendable {
  let cluster: Cluster
  let namespace: String
  /// The secret whose values are kept.
  let of: String

  /// Names have a limit of 253 characters.
  var name: String { String(of.prefix(240)) + ".sie-dr" }

  struct Content: Sendable, CustomStringConvertible {
    var step: String
    var existed: Bool
    var former: [String: String]
    var set: [String: String]
    var description: String { "[secret]" }
  }

  func read() async throws(StepFailure) -> Content? {
    guard let found = try await cluster.get(ClusterSecret.self, ["secrets/\(name)", "-n", namespace]), let step = found.note(Note.kept) else { return nil }
    func values(_ prefix: String) -> [String: String] {
      Dictionary(uniqueKeysWithValues: (found.data ?? [:]).filter { $0.key.hasPrefix(prefix) }.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    }
    return Content(step: step, existed: found.note(Note.existed) == "true", former: values("former."), set: values("set."))
  }

  func write(_ content: Content, hiding: [String]) async throws(StepFailure) {
    try await retryingConflicts { () async throws(StepFailure) in
      let old = try await cluster.get(ClusterSecret.self, ["secrets/\(name)", "-n", namespace])
      var data: [String: JSONValue] = [:]
      // What an earlier run has kept goes.
      for key in (old?.data ?? [:]).keys { data[key] = .null }
      for (key, value) in content.former { data["former.\(key)"] = .string(value) }
      for (key, value) in content.set { data["set.\(key)"] = .string(value) }
      let hiding = hiding + Array(content.former.values)
      var metadata: [String: JSONValue] = ["annotations": [Note.kept: .string(content.step), Note.existed: .string(content.existed ? "true" : "false")]]
      if let version = old?.metadata.resourceVersion {
        metadata["resourceVersion"] = .string(version)
        try await cluster.patch("secrets/\(name)", in: namespace, ["metadata": .object(metadata), "data": .object(data)], hiding: hiding)
      } else {
        metadata["name"] = .string(name)
        metadata["namespace"] = .string(namespace)
        metadata["labels"] = ["app.kubernetes.io/managed-by": "sie-dr"]
        try await cluster.create(["apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": .object(metadata), "data": .object(data)], hiding: hiding)
      }
    }
  }

  func remove() async throws(StepFailure) { try await cluster.delete("secrets/\(name)", in: namespace) }
}
