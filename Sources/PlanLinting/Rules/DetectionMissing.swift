internal import Diagnostics
internal import Objectives
internal import PlanModel

extension LintRule {
  static let detectionMissing = LintRule(
    "detection-missing", .warning, "A scenario does not say how long it takes to notice it.",
    explanation: """
      The RTO begins at the disaster. A plan that leaves detection out counts machine time only, which is the commonest way to deceive oneself.
      """,
    formula: "RTO = detection + decision + the critical path of the steps",
    example: """
      steps of 3h 50m meet a target of 4h only if somebody notices within 10m; a probe that must fail for 15m already breaks it.
      """,
    source: "NIST SP 800-34 Rev. 1, section 3.2.1, for what RPO and RTO mean",
    fix: "Add `detect: { probe: PROBE, failing: 5m }`, or `detect: { noticedWithin: 15m }` where a person notices."
  ) { context in
    context.plan.scenarios.compactMap { scenario in
      guard scenario.detection == nil, scenario.corrupts == nil else { return nil }
      return Diagnostic(
        "detection-missing", .warning, "`\(scenario.name.value)` does not say how it is noticed", at: scenario.name.span, label: "has no `detect`",
        notes: ["its recovery time counts from `apply`, not from the disaster"],
        helps: ["add `detect: { probe: PROBE, failing: 5m }`, or `detect: { noticedWithin: 15m }` where a person notices"])
    }
  }
}
