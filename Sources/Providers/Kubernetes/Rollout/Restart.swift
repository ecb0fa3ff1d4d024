internal import CanonicalJSON
internal import ChildProcess
internal import ProviderInterface

/// Gives a deployment's template a note, so that the cluster replaces every pod. Each new pod carries the note and with it the versions of the secrets
/// as they were when the note was written: a pod that has it was started after they were.
struct Restart: Sendable {
  let cluster: Cluster
  let namespace: String
  let deployment: String
  let note: String

  struct Done: Sendable { var summary: String; var pods: Int }
  private var name: String { "`\(namespace)/\(deployment)`" }

  func perform(_ report: @Sendable (StepProgress) -> Void) async throws(StepFailure) -> Done {
    // A secret that is changed while the pods are replaced makes it begin again, and not for ever.
    for _ in 0..<3 {
      try await begin()
      try await cluster.wait(for: name, report) { () async throws(StepFailure) -> Progress in
        let workload = try await cluster.workload(deployment, in: namespace)
        guard workload.deployment.templateNote(Note.restarted) == note else { return .hopeless("somebody else has started another roll-out of it") }
        return workload.progress(carrying: (Note.restarted, note))
      }
      if let done = try await finished() { return done }
    }
    throw StepFailure(
      "secret-changed-meanwhile", "the secrets of \(name) were changed while its pods were replaced", details: ["some pods may have started with the former values"],
      helps: ["look who changes them, then resume the run"], transient: true)
  }

  /// Nil: not all of its pods are of this restart, ready, and started after the secrets as they are now.
  func finished() async throws(StepFailure) -> Done? {
    let workload = try await cluster.workload(deployment, in: namespace)
    let found = workload.deployment
    guard found.templateNote(Note.restarted) == note, workload.progress(carrying: (Note.restarted, note)) == .done else { return nil }
    let now = try await versions(found)
    let living = workload.pods.filter { !$0.isEnded }
    guard found.templateNote(Note.secrets) == now.text, living.allSatisfy({ $0.metadata.annotations?[Note.secrets] == now.text }) else { return nil }
    var summary = living.isEmpty ? "\(name) has no replicas, so no pod was restarted" : "all \(living.count) pods of \(name) are new and ready"
    if !now.names.isEmpty, !living.isEmpty { summary += ", each started after the last change of " + now.names.map { "`\($0)`" }.joined(separator: ", ") }
    if !now.isKnown { summary += "; WARNING: this login may not read the secrets that they take, so nothing is proved of those" }
    return Done(summary: summary, pods: living.count)
  }

  /// Does nothing where an earlier attempt has begun it.
  private func begin() async throws(StepFailure) {
    try await retryingConflicts { () async throws(StepFailure) in
      let found = try await cluster.deployment(deployment, in: namespace)
      let versions = try await versions(found)
      guard found.templateNote(Note.restarted) != note || found.templateNote(Note.secrets) != versions.text else { return }
      let notes: JSONValue = [Note.restarted: .string(note), Note.secrets: .string(versions.text)]
      let version = found.metadata.resourceVersion.map { ["resourceVersion": .string($0)] } ?? [String: JSONValue]()
      try await cluster.patch("deployments.apps/\(deployment)", in: namespace, ["metadata": .object(version), "spec": ["template": ["metadata": ["annotations": notes]]]])
    }
  }

  private struct Versions: Sendable {
    var names: [String]
    var text: String
    var isKnown: Bool
  }

  /// Their versions only: the values go no farther than kubectl.
  private func versions(_ found: Deployment) async throws(StepFailure) -> Versions {
    let names = found.spec.template.spec.secrets.sorted()
    guard !names.isEmpty else { return Versions(names: [], text: "", isKnown: true) }
    do throws(StepFailure) {
      let words = ["get"] + names.map { "secrets/\($0)" } + ["-n", namespace, "--ignore-not-found", "--no-headers"]
      let answer = try await cluster.run(words + ["-o", "custom-columns=:metadata.name,:metadata.resourceVersion"])
      let lines = answer.text.split(whereSeparator: \.isNewline).map { $0.split(separator: " ").joined(separator: "=") }
      return Versions(names: names, text: lines.sorted().joined(separator: " "), isKnown: true)
    } catch {
      guard error.code == KubectlFailure.forbidden else { throw error }
      return Versions(names: [], text: "unknown", isKnown: false)
    }
  }
}
