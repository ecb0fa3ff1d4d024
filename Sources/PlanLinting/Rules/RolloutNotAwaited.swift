internal import Diagnostics
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let rolloutNotAwaited = LintRule(
    "rollout-not-awaited", .error, "A roll-out is started and nobody waits for it.",
    explanation: """
      `kubectl rollout restart` ends when the order is given, not when the new pods are ready: the next step meets the old ones, and a roll-out that
      never gets ready goes unnoticed. It must be followed, in the same step or a later one, by `kubectl rollout status`, by `kubectl wait`, by a
      `kubernetes.wait` or by a `kubernetes.rollout`, which always waits.
      """,
    example: """
      `kubectl rollout restart deploy/sie-api -n sie` ends with 0 in a second; the new pods fail to pull their image; the scenario counts as done.
      """,
    source: "Kubernetes documentation, Deployments, \"Deployment status\"; docs/step-kinds.md, `kubernetes.rollout`",
    fix: "Follow it with `kubectl rollout status deploy/NAME --timeout=5m`, or write `kubernetes.rollout: { deployment: NAME }`."
  ) { context in
    context.orderedSteps.flatMap { ordered in
      ordered.indices(of: "command.run").compactMap { index -> Diagnostic? in
        let step = ordered.steps[index]
        let commands = Kubectl.commands(of: step)
        guard let last = commands.lastIndex(where: { Kubectl.isRollout($0, "restart") }) else { return nil }
        guard !commands[last...].contains(where: waits), !ordered.after(index).contains(where: waits) else { return nil }
        return Diagnostic(
          "rollout-not-awaited", "`\(step.name)` starts a roll-out, and neither it nor a later step waits for it", at: step.span,
          label: "ends before the new pods are ready",
          helps: ["follow it with `kubectl rollout status deploy/NAME --timeout=5m`, or write `kubernetes.rollout: { deployment: NAME }`, which waits"])
      }
    }
  }

  private static func waits(_ step: TypedStep) -> Bool {
    step.kind == "kubernetes.wait" || step.kind == "kubernetes.rollout" || Kubectl.commands(of: step).contains(where: waits)
  }

  private static func waits(_ command: [String]) -> Bool { Kubectl.isRollout(command, "status") || command.contains("wait") }
}
