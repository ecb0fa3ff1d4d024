internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let freezeWithoutRelease = LintRule(
    "freeze-without-release", .error, "Something is stopped and never started again.",
    explanation: """
      What is scaled to nothing so that it does no further harm has to come back before the scenario is over: nobody thinks of it at the end of such a
      night, and a service that takes no new data looks well from outside. Found are `kubernetes.scale` to 0 and `kubectl scale --replicas=0`.
      A later step must scale the same thing up again; a later `kubernetes.apply` in its cluster counts too. Recovery points that a `recovery-point.hold` keeps
      from expiring want a later `recovery-point.release`: else they stay for ever, and stores fill.
      """,
    example: """
      `kubectl scale deploy/sie-worker-ingestion --replicas=0` stops ingestion while the data is repaired. The scenario ends with a check that is
      green, and with queues that grow until Monday.
      """,
    source: "velero-io/velero issue 2113: the worker dies, and what it had frozen stays so",
    fix: "Add a step at the end of the scenario that scales it up again."
  ) { context in
    context.orderedSteps.flatMap { ordered in
      ordered.steps.indices.flatMap { index in
        stopped(by: ordered.steps[index]).filter { what in !ordered.after(index).contains { starts($0, what) } && !startsItself(ordered.steps[index], what) }
          .map { finding(ordered.steps[index], $0, ordered.scenario) }
      }
    }
  }

  /// What a step sets to no replicas: its name, and what stands for it in the world if that is known.
  private struct Stopped { var name: String; var resources: Set<Resource> = []; var step: TypedStep?; var isHold = false }

  private static func stopped(by step: TypedStep) -> [Stopped] {
    if step.kind == "kubernetes.scale", step.written("replicas").flatMap({ Int($0) }) == 0, let name = step.written("deployment") {
      return [Stopped(name: name, resources: step.specification.footprint.writes, step: step)]
    }
    if step.kind == "recovery-point.hold", let data = step.written("data") { return [Stopped(name: data, isHold: true)] }
    return Kubectl.commands(of: step).compactMap(Kubectl.scaling).filter { $0.replicas == 0 }.map { Stopped(name: $0.name) }
  }

  private static func starts(_ step: TypedStep, _ what: Stopped) -> Bool {
    guard !what.isHold else { return step.kind == "recovery-point.release" && step.written("data") == what.name }
    return switch step.kind {
    case "kubernetes.apply": what.step.map { step.isIn(clusterOf: $0) } ?? true
    case "kubernetes.scale":
      step.written("replicas").flatMap({ Int($0) }) != 0 && (what.resources.isEmpty ? step.written("deployment") == what.name : step.writes(what.resources))
    default: Kubectl.commands(of: step).compactMap(Kubectl.scaling).contains { $0.name == what.name && $0.replicas != 0 }
    }
  }

  /// A text for a shell can stop and start in one step.
  private static func startsItself(_ step: TypedStep, _ what: Stopped) -> Bool {
    Kubectl.commands(of: step).compactMap(Kubectl.scaling).last { $0.name == what.name }.map { $0.replicas != 0 } ?? false
  }

  private static func finding(_ step: TypedStep, _ what: Stopped, _ scenario: ScenarioName) -> Diagnostic {
    if what.isHold {
      return Diagnostic(
        "freeze-without-release", "`\(step.name)` of `\(scenario)` holds the points of `\(what.name)`, and no later step releases them", at: step.span, label: "held for ever",
        helps: ["add `release: { recovery-point.release: { data: \(what.name) }, needs: [LAST-STEP] }`"])
    }
    let start =
      what.step == nil
      ? "add a later step that runs `kubectl scale deploy/\(what.name) --replicas=N`"
      : "add `start: { kubernetes.scale: { deployment: \(what.name), replicas: N }, needs: [LAST-STEP] }`"
    return Diagnostic(
      "freeze-without-release", "`\(step.name)` of `\(scenario)` stops `\(what.name)`, and no later step starts it again", at: step.span, label: "stays stopped",
      helps: [start])
  }
}
