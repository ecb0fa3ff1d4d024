internal import CanonicalJSON
internal import ChildProcess
internal import Hashing
internal import PlanModel
internal import ProviderInterface

/// What a step has found before it changed it, and what it made, kept in the cluster as a secret: manifests may hold secrets, and those never leave it.
/// Written before each file is applied, so that whatever comes to an end in between can be taken back.
struct AppliedRecord: Codable, Sendable, CustomStringConvertible {
  struct Entry: Codable, Sendable {
    var name: ObjectName
    /// Nil: it was not there.
    var former: ObjectTree?
    /// Of what was made; nil until it is known.
    var uid: String?
    /// Of what was applied last, as a digest; nil until it is known.
    var applied: SHA256Digest?
    /// Applying has changed nothing of it.
    var isUnchanged = false
  }
  var step: String
  var entries: [Entry] = []
  var description: String { "[record]" }

  subscript(_ name: ObjectName) -> Entry? {
    get { entries.first { $0.name == name } }
    set {
      let index = entries.firstIndex { $0.name == name }
      if let newValue, let index { entries[index] = newValue } else if let newValue { entries.append(newValue) } else if let index { entries.remove(at: index) }
    }
  }
}

/// Where the record of a step is: one for each step of a plan, in the namespace that every cluster has. The next run takes it over.
struct RecordPlace: Sendable {
  static let namespace = "default"
  /// The API takes secrets of up to 1 MiB, in base64.
  private static let largest = 700_000
  let cluster: Cluster
  let name: String

  init(_ cluster: Cluster, _ context: PerformingContext) {
    self.cluster = cluster
    // Names of plans and steps are nearly what the API takes.
    func plain(_ text: String) -> String {
      let kept = text.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }.prefix(100)
      return String(kept.drop { $0 == "-" }.reversed().drop { $0 == "-" }.reversed())
    }
    name = "sie-dr." + [context.plan, context.mark.step.rawValue].map(plain).filter { !$0.isEmpty }.joined(separator: ".")
  }

  func read() async throws(StepFailure) -> AppliedRecord? {
    let output = try await cluster.run(["get", "secrets/\(name)", "-n", Self.namespace, "--ignore-not-found", "-o", "go-template={{.data.record | base64decode}}"])
    guard !output.output.isEmpty else { return nil }
    do { return try CanonicalJSON.decode(AppliedRecord.self, from: output.output) } catch {
      throw StepFailure(
        "record-unreadable", "the record `\(Self.namespace)/\(name)` of what was before is not one of this version of sie-dr",
        helps: ["look at it, and delete the secret `\(name)` if it is of no use any more"])
    }
  }

  func write(_ record: AppliedRecord, hiding: [String]) async throws(StepFailure) {
    let text: String
    do { text = try CanonicalJSON.prettyText(record) } catch { throw StepFailure("not-writable", "the record of what was before cannot be written as JSON") }
    guard text.utf8.count <= Self.largest else {
      throw StepFailure(
        "too-much-to-keep", "what these manifests change is larger than \(Self.largest / 1_000) kB: it could not be kept for an undo, so nothing more is changed",
        helps: ["part the step into several, each with some of the `files`"])
    }
    let data = JSONValue.object(["record": .string(text)])
    if try await cluster.run(["get", "secrets/\(name)", "-n", Self.namespace, "--ignore-not-found", "-o", "name"]).output.isEmpty {
      let metadata: JSONValue = ["name": .string(name), "namespace": .string(Self.namespace), "labels": ["app.kubernetes.io/managed-by": "sie-dr"]]
      try await cluster.create(["apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "stringData": data], hiding: hiding)
    } else {
      try await cluster.patch("secrets/\(name)", in: Self.namespace, ["stringData": data], hiding: hiding)
    }
  }

  func remove() async throws(StepFailure) { try await cluster.delete("secrets/\(name)", in: Self.namespace) }
}
