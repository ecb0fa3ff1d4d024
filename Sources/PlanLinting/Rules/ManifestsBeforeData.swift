internal import CanonicalJSON
internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let manifestsBeforeData = LintRule(
    "manifests-before-data", .error, "Deployments may start before the data that they read is back.",
    explanation: """
      A service that starts over an empty database may fill it, migrate it or answer from it. A `kubernetes.apply` that can start something must come
      after each step that brings data back. Manifests whose file names say that they start nothing (name spaces, secrets, configuration, services,
      roles, policies, volumes, …) may come at any time; so may those that make the very server that is restored to, which `servers` says.
      A step that applies a whole folder counts as one that starts something.
      """,
    example: """
      `deployment.yaml` is applied while the dump is still loading: the API sees no tables, its migration makes them, and the restore fails on them.
      """,
    source: "Velero documentation, Restore reference, \"Restore order\": volumes and claims come before the pods that use them",
    fix: "Add the restoring step to the `needs` of the one that applies; apply what the restore needs in a step of its own, with `files:`."
  ) { context in
    context.orderedSteps.flatMap { ordered -> [Diagnostic] in
      let restores = ordered.steps.filter { $0.specification.footprint.recovers != nil }
      return ordered.indices(of: "kubernetes.apply").compactMap { index in
        let (step, before) = (ordered.steps[index], ordered.before(index).map(\.name))
        guard let restore = restores.first(where: { !before.contains($0.name) && !step.writes($0.specification.footprint.writes) }),
          let started = starting(step)
        else { return nil }
        let isBefore = ordered.before(ordered.steps.firstIndex { $0.name == restore.name } ?? index).contains { $0.name == step.name }
        return Diagnostic(
          "manifests-before-data",
          "`\(step.name)` applies \(started), and `\(restore.name)` may not have brought `\(restore.specification.footprint.recovers ?? "")` back by then",
          at: step.span, label: "may start what reads the data", related: [.init(span: restore.span, label: "brings it back")],
          helps: [
            isBefore
              ? "apply in `\(step.name)` only what `\(restore.name)` needs, listed under `files`, and the rest in a step with `needs: [\(restore.name)]`"
              : "add `needs: [\(restore.name)]` to `\(step.name)`"
          ])
      }
    }
  }

  /// What may start something; nil where the names of all files say that nothing does.
  private static func starting(_ step: TypedStep) -> String? {
    guard let files = step.written(list: "files") else { return "a whole folder" }
    return files.first { file in !harmless.contains { file.lowercased().contains($0) } }.map { "`\($0)`" }
  }

  private static let harmless = [
    "namespace", "secret", "config", "service", "ingress", "gateway", "rbac", "role", "account", "crd", "hpa", "autoscal", "policy", "policies",
    "quota", "limit", "volume", "storage", "network", "cert", "issuer", "budget",
  ]
}
