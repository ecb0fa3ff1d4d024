internal import Diagnostics
internal import Objectives
internal import PlanModel

extension LintRule {
  static let dataUnprotected = LintRule(
    "data-unprotected", .error, "A data class that a scenario destroys has no protection.",
    explanation: """
      A data class that can be lost needs at least one entry under `protect`, else its RPO is unbounded.
      """,
    example: """
      `orders` has no `protect`, and `database-failure` loses its only server: everything is lost, whatever the target says.
      """,
    source: "NIST SP 800-34 Rev. 1, section 3.2.1, for what RPO and RTO mean",
    fix: "Add a protection: `protect: { hourly: { logical: {}, every: 1h, to: [STORE], keep: { for: 30d } } }`."
  ) { context in
    context.plan.dataClasses.compactMap { dataClass in
      guard !dataClass.isProtected, !dataClass.comesBackByItself else { return nil }
      let scenarios = context.assessment.scenarios.filter { scenario in scenario.classes.contains { $0.dataClass.name.value == dataClass.name.value } }
      guard let scenario = scenarios.first else { return nil }
      return Diagnostic(
        "data-unprotected", "nothing protects `\(dataClass.name.value)`, and `\(scenario.scenario.name.value)` destroys it", at: dataClass.name.span,
        label: "has no `protect`", related: [.init(span: scenario.scenario.name.span, label: "the scenario")],
        helps: ["add `protect: { hourly: { logical: {}, every: 1h, to: [STORE], keep: { for: 30d } } }`"])
    }
  }
}
