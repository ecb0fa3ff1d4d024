internal import CanonicalJSON
internal import Diagnostics
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let secretWithoutRollout = LintRule(
    "secret-without-rollout", .error, "A secret in a cluster is changed, and no pod is made to take it.",
    explanation: """
      Pods read their environment when they start, so those that run keep the old value until they are restarted. After a `kubernetes.secret` there
      must be a step in the same cluster that starts pods with it: a `kubernetes.rollout` or the scaling up of what was scaled to nothing before,
      in the same namespace, or a `kubernetes.apply`.
      """,
    example: """
      `database-url` is pointed to the restored database; the pods of `sie-api` go on connecting to the lost one until somebody thinks of them.
      """,
    source: "kubernetes/kubernetes issue 22368",
    fix: "Add `roll: { kubernetes.rollout: { deployment: NAME }, needs: [SECRET-STEP] }` for each deployment that uses it."
  ) { context in
    context.orderedSteps.flatMap { ordered in
      ordered.indices(of: "kubernetes.secret").compactMap { index -> Diagnostic? in
        let step = ordered.steps[index]
        guard !ordered.after(index).contains(where: { $0.startsPods(inPlaceOf: step, ordered) }) else { return nil }
        return Diagnostic(
          "secret-without-rollout", "`\(step.name)` changes the secret `\(step.argument("name")?.string ?? "")`, and no later step restarts what uses it",
          at: step.span, label: "running pods keep the old value",
          helps: ["add `roll: { kubernetes.rollout: { namespace: \(step.argument("namespace")?.string ?? "default"), deployment: NAME }, needs: [\(step.name)] }`"])
      }
    }
  }
}

extension TypedStep {
  /// Whether pods start by it that take the secret that the other step sets.
  fileprivate func startsPods(inPlaceOf secret: TypedStep, _ ordered: OrderedSteps) -> Bool {
    guard isIn(clusterOf: secret) else { return false }
    if kind == "kubernetes.apply" { return true }
    guard argument("namespace") == secret.argument("namespace") else { return false }
    if kind == "kubernetes.rollout" { return true }
    let stopped = ordered.steps.contains { $0.kind == kind && $0.written("replicas").flatMap { Int($0) } == 0 && $0.writes(specification.footprint.writes) }
    return kind == "kubernetes.scale" && written("replicas").flatMap { Int($0) } != 0 && stopped
  }
}
