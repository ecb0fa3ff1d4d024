internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let newestPointAfterCorruption = LintRule(
    "newest-point-after-corruption", .warning, "Where data is wrong, a restore takes the newest point, which is as wrong.",
    explanation: """
      When wrong data is noticed, backups have been made of it: the newest point holds the wrong rows, and its restore succeeds. What is computed for such a scenario is the loss from the last
      point before the fault; only a restore that chooses that one keeps to it. Found are `postgresql.restore` and `rds.restore` steps of a data class that the scenario corrupts, with `point: latest` or no `point`.
      """,
    formula: "RPO of a corruption = T + noticed within, from the newest point that was read before the first bad record",
    example: """
      `bad-release` corrupts `orders`, noticed within 6h, points every 30m: twelve points hold the wrong rows, and `latest` is the worst of them.
      """,
    source: """
      docs/language.md, "When data is wrong"
      """,
    fix: """
      Ask for the first bad record, and take the point from before it: `scope: { postgresql.findCorruption: { server: SERVER, queries: ["select at, id from orders where not valid order by at limit 1"] } }`
      and `point: { before: { output: scope.time } }`.
      """
  ) { context in
    context.typed.scenarios.flatMap { scenario -> [Diagnostic] in
      guard let corruption = scenario.scenario.corrupts else { return [] }
      return scenario.steps.compactMap { step in
        guard ["postgresql.restore", "rds.restore"].contains(step.kind), let data = step.written("data"), corruption.dataClasses.contains(where: { $0.value.rawValue == data }),
          !step.has("point") || step.written("point") == "latest"
        else { return nil }
        return Diagnostic(
          "newest-point-after-corruption", .warning, "`\(step.name)` restores the newest point of `\(data)`, which `\(scenario.scenario.name.value)` has made wrong", at: step.span(of: "point"),
          label: "holds the wrong rows", related: [.init(span: corruption.noticedWithin.span, label: "points made until it is noticed hold them")],
          helps: ["add a step `scope: { postgresql.findCorruption: { … } }`, and write `point: { before: { output: scope.time } }`"])
      }
    }
  }
}
