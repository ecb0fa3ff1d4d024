internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let dataNotRecovered = LintRule(
    "data-not-recovered", .error, "A scenario loses data that none of its steps brings back.",
    explanation: """
      A scenario that loses or corrupts a data class must hold a step that restores it; else the service comes back without its data. Scripts
      that recreate the servers and forget the database are a classic.
      """
  ) { context in
    context.assessment.scenarios.flatMap { scenario in
      scenario.classes.compactMap { data in
        let name = data.dataClass.name.value
        guard !scenario.typed.steps.contains(where: { $0.specification.footprint.recovers == name.rawValue }) else { return nil }
        return Diagnostic(
          "data-not-recovered", "no step of `\(scenario.scenario.name.value)` brings `\(name)` back", at: scenario.scenario.name.span,
          label: "loses `\(name)`", related: [.init(span: data.dataClass.name.span, label: "the data class")],
          helps: ["add a step `restore: { postgresql.restore: { data: \(name), point: latest, server: SERVER } }`"])
      }
    }
  }
}
