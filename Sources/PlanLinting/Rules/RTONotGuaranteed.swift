internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import Units

extension LintRule {
  static let rtoNotGuaranteed = LintRule(
    "rto-not-guaranteed", .warning, "A step that hangs could break the RTO by itself.",
    explanation: """
      The guaranteed recovery time holds for every duration up to each step's time-out with all its retries. Where it exceeds the target, the
      plan meets the RTO only if nothing hangs.
      """,
    formula: """
      guaranteed = detection + decision + an upper bound over the steps, each with (retries + 1) · time-out and its pauses
      """,
    example: """
      a restore believed to take 1h with `timeout: 6h` counts 1h for the RTO and 6h for the guarantee; a target of 4h holds only if it does
      not hang.
      """,
    source: """
      docs/language.md, "A step"; R. L. Graham, Bounds on multiprocessing timing anomalies (1969), for the bound of a schedule
      """,
    fix: "Shorten time-outs to what a step can really need."
  ) { context in
    guard let target = context.plan.objectives.rto else { return [] }
    return context.assessment.scenarios.compactMap { scenario in
      guard let recovery = scenario.recovery, recovery.expected.total <= target.value, recovery.guaranteed > target.value else { return nil }
      let steps = scenario.typed.steps
      let worst = steps.max { $0.specification.longest < $1.specification.longest }
      let hint = worst.map { "the longest is `\($0.specification.name)`: \($0.specification.longest.rounded) with all its attempts" }
      return Diagnostic(
        "rto-not-guaranteed", .warning,
        "`\(scenario.scenario.name.value)` should take \(recovery.expected.total.rounded), but up to \(recovery.guaranteed.rounded) if steps hang until they time out",
        at: scenario.scenario.name.span, label: "the target is \(target.value.rounded)", related: [.init(span: target.span, label: "the target")],
        notes: [hint].compactMap { $0 }, helps: ["shorten time-outs or retries until their sum fits the target"])
    }
  }
}
