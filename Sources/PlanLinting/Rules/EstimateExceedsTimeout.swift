internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import Units

extension LintRule {
  static let estimateExceedsTimeout = LintRule(
    "estimate-exceeds-timeout", .error, "A step is believed to take longer than it may.",
    explanation: """
      The time-out is for one attempt. A step whose estimate is longer is cancelled before it can be done, each time, and all its retries with it.
      """,
    formula: "estimate ≤ time-out of one attempt",
    example: "`estimate: 75m` with `timeout: 1h` and `retries: 2`: cancelled three times after 1h, and not done after 3h.",
    source: """
      docs/language.md, "A step"
      """,
    fix: "Make the time-out at least twice the estimate: it is there for what hangs, not for what is slow today."
  ) { context in
    let steps = context.typed.scenarios.flatMap { scenario in
      (scenario.steps + [scenario.rollbackBefore, scenario.rollbackAfter].compactMap { $0 }).compactMap {
        finding($0, "the step `\($0.specification.name)` of `\(scenario.scenario.name.value)`", context.plan)
      }
    }
    let protections = context.typed.protection.flatMap { protection in
      protection.steps.enumerated().compactMap { index, step in
        finding(step, "\(index == 0 ? "a backup" : "a copy") of `\(protection.dataClass.name.value)` by `\(protection.protection.name.value)`", context.plan)
      }
    }
    return steps + protections
  }

  /// Without a time-out of the author's there is nothing to compare with, and `timeout-missing` says so.
  private static func finding(_ step: TypedStep, _ what: String, _ plan: Plan) -> Diagnostic? {
    guard let estimated = step.estimated, let span = step.timeoutSpan, estimated.amount - (step.specification.approval?.longest ?? .zero) > step.specification.timeout else { return nil }
    let isMeasured = plan.measurements[estimated.span] != nil
    return Diagnostic(
      "estimate-exceeds-timeout", "\(what) \(isMeasured ? "took" : "is believed to take") \(estimated.amount.rounded), and may take \(step.specification.timeout.rounded)", at: span,
      label: "over before it is done", related: [.init(span: estimated.span, label: isMeasured ? "measured" : "the estimate")],
      helps: ["make the time-out longer, \((estimated.amount * 2).rounded) for example" + (isMeasured ? "" : ", or correct the estimate")])
  }
}
