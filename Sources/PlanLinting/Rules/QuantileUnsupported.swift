internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let quantileUnsupported = LintRule(
    "quantile-unsupported", .warning, "A percentile of the recovery time is asked for, and too few runs were measured to say it.",
    explanation: """
      The slowest of n runs bounds the quantile q with confidence 1 − qⁿ, whatever their distribution, and no more can be known from them. What was computed from
      estimates is no percentile of anything.
      """,
    formula: "percentile of n runs = the largest q with 1 − qⁿ ≥ 95 %:  1 run 5, 4 runs 47, 12 runs 77, 29 runs 90, 59 runs 95, 299 runs 99",
    example: """
      `rto: 4h, percentile: 95` and twelve monthly drills, the slowest of 58m: they say that 77 of 100 recoveries take no longer than 58m, and nothing of the rest.
      """,
    source: "S. S. Wilks, Determination of sample sizes for setting tolerance limits (1941)",
    fix: "Ask for the percentile that the runs carry, or measure more of them: drills that run by themselves are the cheapest."
  ) { context in
    guard let target = context.plan.objectives.rto, let percentile = context.plan.objectives.percentile else { return [] }
    let needed = SupportedPercentile.needed(for: percentile.value)
    return context.plan.scenarios.compactMap { scenario in
      let took = context.plan.recoveries(from: scenario.name.value)
      let slowest = took.max() ?? .zero
      guard took.count < needed || slowest > target.value else { return nil }
      let have = took.isEmpty ? "no recovery from it was measured"
        : "the slowest of \(took.count) run\(took.count == 1 ? "" : "s") took \(slowest.rounded), which bounds p\(SupportedPercentile.of(runs: took.count)) at 95 %"
      return Diagnostic(
        "quantile-unsupported", .warning, "what was measured of `\(scenario.name.value)` does not carry p\(percentile.value) of the RTO", at: percentile.span,
        label: took.count < needed ? "takes \(needed) runs, there \(took.count == 1 ? "is" : "are") \(took.count)" : "the slowest run is over the target",
        related: [.init(span: scenario.name.span, label: "the scenario")], notes: [have],
        helps: ["drill it more often, or ask for \(took.isEmpty ? "no percentile yet" : "`percentile: \(SupportedPercentile.of(runs: took.count))`")"])
    }
  }
}
