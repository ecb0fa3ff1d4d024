internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let triggerFragile = LintRule(
    "trigger-fragile", .warning, "What starts recovery misses a disaster that is not total, or starts for nothing.",
    explanation: """
      A rule "failing for 5m" begins anew with every success: a service that answers one request in a hundred is down, and never noticed. That is no
      harm where somebody may start recovery by hand (`trigger`). Where nobody decides either, a rule that looks from one place takes a broken line
      for a disaster, and one without a pause starts again and again while things flap.
      """,
    formula: """
      m of n at worst: period + time-out + (m − 1) · period + evaluation;  failing for w: period + time-out + w + evaluation;  a rule fires only if as many
      places survive as must agree
      """,
    example: """
      `failing: 5m` with a probe every 15s needs twenty failures in a row; `failures: { atLeast: 18, of: 20 }` takes as long, and two lucky successes do not matter.
      """,
    source: "design of alerts on m of n samples: Amazon CloudWatch, \"Evaluating an alarm\"; Prometheus, `for` and `keep_firing_for`",
    fix: """
      `detect: { probe: PROBE, failures: { atLeast: 9, of: 10 }, from: [SITE, SITE], agreeing: 2, coolDown: 30m }`, or `trigger: { by: [PERSON] }` besides.
      """
  ) { context in
    context.assessment.scenarios.flatMap { assessed -> [Diagnostic] in
      guard let rule = assessed.scenario.detection?.rule else { return [] }
      return [deaf(rule, assessed), fragile(rule, assessed.scenario)].compactMap { $0 }
    }
  }

  private static func deaf(_ rule: ProbeRule, _ assessed: ScenarioAssessment) -> Diagnostic? {
    let left = rule.from.filter { !assessed.survival.sites.contains($0.value) }
    guard let first = rule.from.first, left.count < rule.agreeing else { return nil }
    return Diagnostic(
      "trigger-fragile", .error, "`\(assessed.scenario.name.value)` is never noticed: too few of the places that ask survive it", at: first.span,
      label: "\(rule.agreeing) must agree, \(left.count) survive\(left.count == 1 ? "s" : "")", related: [.init(span: assessed.scenario.name.span, label: "the scenario")],
      helps: ["ask from a site that is not lost, or let fewer agree"])
  }

  private static func fragile(_ rule: ProbeRule, _ scenario: Scenario) -> Diagnostic? {
    var weak: [String] = []
    if case .failing = rule.condition, scenario.triggeredBy.isEmpty {
      weak.append("one success begins it anew, and nobody may start recovery by hand: a service that answers now and then stays down")
    }
    if scenario.decide == nil, scenario.approval == nil {
      if rule.from.count < 2 { weak.append("one place asks, and nobody decides: if its own line is down, recovery starts for nothing") }
      if rule.coolDown == nil { weak.append("it may start again at once, and nobody decides: what flaps is recovered again and again") }
    }
    guard !weak.isEmpty else { return nil }
    return Diagnostic(
      "trigger-fragile", .warning, "the rule that notices `\(scenario.name.value)` is fragile", at: rule.span, label: "\(weak.count == 1 ? "a weakness" : "\(weak.count) weaknesses")",
      notes: weak, helps: ["add `trigger: { by: [NAME] }`, or write `failures: { atLeast: 9, of: 10 }`, with `from`, `agreeing` and `coolDown` where nobody decides"])
  }
}
