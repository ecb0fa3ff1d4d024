internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import Scheduling

extension LintRule {
  static let dependencyCycle = LintRule(
    "dependency-cycle", .error, "Steps need each other in a circle, so none of them can begin.",
    explanation: """
      `needs` and the outputs that a step takes decide the order. A circle has no beginning; the finding shows it as a path.
      """,
    example: """
      `promote` needs `fence`, `fence` needs `stop`, `stop` takes an output of `promote`: fence → promote → stop → fence.
      """,
    source: "A. B. Kahn, Topological sorting of large networks (1962)",
    fix: "Remove one of the `needs`, or one of the outputs taken, on the path that is shown.", looksAtIncompletePlans: true
  ) { context in
    context.assessment.scenarios.compactMap { scenario in
      guard let cycle = scenario.cycle else { return nil }
      let steps = scenario.typed.steps
      let path = cycle.path.map { steps[$0].specification.name.rawValue }.joined(separator: " → ")
      guard let first = cycle.path.first else { return nil }
      return Diagnostic(
        "dependency-cycle", "steps of `\(scenario.scenario.name.value)` need each other in a circle: \(path)", at: steps[first].span,
        label: "comes before itself",
        related: cycle.path.dropFirst().dropLast().map { .init(span: steps[$0].span, label: "on the way") },
        helps: ["remove one of the `needs` on this path"])
    }
  }
}
