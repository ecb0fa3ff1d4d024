internal import CanonicalJSON
internal import ChildProcess
internal import ProviderInterface

/// What a step needs to be allowed: asked of the cluster before the run, in the words of `kubectl auth can-i`.
struct Right: Sendable {
  var verb: String
  /// `deployments/api`, or a kind alone.
  var resource: String
}

extension Cluster {
  /// Those that this login does not have, as whoever grants them writes them: `patch deployments/api`.
  func missing(_ rights: [Right], in namespace: String) async throws(StepFailure) -> [String] {
    var missing: [String] = []
    for right in rights {
      let answer = try await run(["auth", "can-i", right.verb, right.resource, "-n", namespace], endings: [0, 1])
      let said = answer.text.split(whereSeparator: \.isWhitespace).first
      if answer.succeeded { continue }
      // The same status stands for a question that could not be put.
      guard said == "no" else { throw KubectlFailure.of(answer, ["auth"], reference) }
      missing.append("\(right.verb) \(right.resource)")
    }
    return missing
  }
}

/// An observation of a step that changes something: the facts, and what this login may not do of it.
enum RightsFact {
  static let name = "missingRights"

  static func adding(_ missing: [String], to observation: Observation) -> Observation {
    var observation = observation
    if !missing.isEmpty { observation.facts[name] = .array(missing.map(JSONValue.string)) }
    return observation
  }

  /// Why the step would fail.
  static func reason(_ observation: Observation, _ cluster: KubernetesReference, _ namespace: String) -> String? {
    guard let missing = observation.facts[name]?.array?.compactMap(\.string), !missing.isEmpty else { return nil }
    return "the step will fail: this login may not " + missing.map { "`\($0)`" }.joined(separator: ", ") + " in the namespace `\(namespace)` of `\(cluster.server)`"
  }
}
