internal import Diagnostics
internal import PlanModel
internal import Units

extension LintRule {
  static let triggerFragile = LintRule(
    "trigger-fragile", .warning, "One bad answer of a probe is enough to raise the alarm.",
    explanation: """
      `failing` that is shorter than the interval of the probe is over before the probe is asked again: one lost packet, one restart, one slow answer and the
      disaster is declared. Who is woken for nothing three times looks late the fourth time.
      """,
    formula: "answers that must fail = failing / every, rounded down, + 1; at least 3 say more than an accident does",
    example: "`every: 30s` and `detect: { probe: ready, failing: 10s }`: a single time-out is the alarm. With `failing: 1m` three answers in a row must fail.",
    source: "patroni/patroni pull request 3453; Prometheus, alerting rules: `for`",
    fix: "Make `failing` at least twice the probe's `every`, or ask more often."
  ) { context in
    context.plan.scenarios.compactMap { scenario -> Diagnostic? in
      guard case .probe(let name, let failing) = scenario.detection, let probe = context.plan.probe(name.value), failing.value < probe.every else { return nil }
      return Diagnostic(
        "trigger-fragile", .warning, "one bad answer of `\(name.value)` is enough to declare `\(scenario.name.value)`", at: failing.span,
        label: "over before the probe is asked again", related: [.init(span: probe.name.span, label: "asked every \(probe.every)")],
        helps: ["write `failing: \(probe.every * 2)`, so that three answers in a row must fail, or ask more often"])
    }
  }
}
