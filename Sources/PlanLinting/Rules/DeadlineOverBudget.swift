internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let deadlineOverBudget = LintRule(
    "deadline-over-budget", .warning, "The RTO holds only as long as the preferred branch works: its deadline leaves no room for the next one.",
    explanation: """
      A choice is worth its second branch only if there is time for it: when the first is given up at its deadline, the rest must still fit into the target.
      """,
    formula: "detection + decision + deadlines of the branches before the last + the last branch + the rest ≤ RTO",
    example: """
      `replica` with `until: 30m`, else a restore of 3h 40m, noticed within 10m: 4h 20m with a target of 4h. With `until: 5m` it is 3h 55m.
      """,
    source: "docs/language.md, \"Branches\"",
    fix: "Give the earlier branches up sooner, or make the last one faster."
  ) { context in
    guard let target = context.plan.objectives.rto else { return [] }
    return context.assessment.scenarios.compactMap { scenario in
      guard let recovery = scenario.recovery, let late = recovery.fallback, recovery.expected.total <= target.value, late.total > target.value else { return nil }
      let deadlines = scenario.scenario.choices.flatMap(\.branches).compactMap(\.until)
      return Diagnostic(
        "deadline-over-budget", .warning, "`\(scenario.scenario.name.value)` takes \(late.total.rounded) if its preferred branches are given up at their deadlines",
        at: deadlines.max { $0.value < $1.value }?.span ?? recovery.span, label: "leaves too little of the target, \(target.value.rounded)",
        related: [.init(span: target.span, label: "the target")], notes: [late.sum],
        helps: ["give the branch up \((late.total - target.value).rounded) earlier, or make the steps after it faster"])
    }
  }
}
