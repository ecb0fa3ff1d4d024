internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let headroomLow = LintRule(
    "headroom-low", .warning, "An objective is met with less than a quarter to spare.",
    explanation: """
      Below 1.25 a little growth breaks the target: databases grow, and estimates are not evidence.
      """,
    formula: "headroom = target / computed",
    example: "a target of 1h and a computed 56m: 60 / 56 = 1.07. A dump that takes 5m longer breaks it.",
    source: """
      docs/language.md, "A data class": an estimate is what you believe
      """,
    fix: "Plan for growth: make it shorter, or look at it again when there is evidence."
  ) { context in
    context.assessment.scenarios.flatMap { scenario in
      var findings = scenario.classes.compactMap { data -> Diagnostic? in
        guard !data.repeatsItsSource, let target = data.lossTarget, let best = data.best else { return nil }
        return finding("`\(data.dataClass.name.value)` can lose \(best.figure.total.rounded) in `\(scenario.scenario.name.value)`", best.figure, target, at: best.protection.span)
      }
      if let recovery = scenario.recovery, let target = context.plan.objectives.rto,
        let warning = finding("`\(scenario.scenario.name.value)` takes \(recovery.expected.total.rounded)", recovery.expected, target, at: scenario.scenario.name.span)
      {
        findings.append(warning)
      }
      return findings
    }
  }

  private static func finding(_ what: String, _ figure: Figure, _ target: Located<TimeSpan>, at span: SourceSpan) -> Diagnostic? {
    let computed = figure.total
    guard computed <= target.value, computed > .zero, computed * 5 > target.value * 4 else { return nil }
    return Diagnostic(
      "headroom-low", .warning, "\(what) of the \(target.value.rounded) allowed", at: span, label: "less than a quarter to spare",
      notes: [figure.sum], helps: ["plan for growth: make it shorter, or look at it again when there is evidence"])
  }
}
