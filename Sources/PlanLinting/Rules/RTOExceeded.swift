internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let rtoExceeded = LintRule(
    "rto-exceeded", .error, "Recovery can take longer than the RTO allows.",
    explanation: """
      The clock starts at the disaster, not at `apply`. A step without an estimate counts with its time-out and all its retries, never with zero.
      """,
    formula: "RTO = detection + decision + the critical path of the steps",
    example: """
      noticed within 10m, restore 3h, then a check of 5m beside a notice of 2m: 10m + 3h + 5m = 3h 15m; the notice is not on the critical
      path.
      """,
    source: "NIST SP 800-34 Rev. 1, section 3.2.1, for what RPO and RTO mean",
    fix: "Shorten the steps on the critical path, run them in parallel, or detect sooner."
  ) { context in
    context.assessment.scenarios.flatMap { scenario -> [Diagnostic] in
      guard let recovery = scenario.recovery else { return [] }
      let name = scenario.scenario.name
      var findings: [Diagnostic] = []
      if let target = context.plan.objectives.rto, recovery.expected.total > target.value {
        findings.append(
          finding("the service takes \(recovery.expected.total.rounded) to come back in `\(name.value)`", recovery.expected, target, scenario.counterexample(target: target.value), at: name.span))
      }
      for data in scenario.classes {
        guard let target = data.dataClass.objectives.rto ?? (data.rebuild == nil ? nil : context.plan.objectives.rto), let time = data.recoveryTime, time.total > target.value else { continue }
        findings.append(
          finding("`\(data.dataClass.name.value)` takes \(time.total.rounded) to come back in `\(name.value)`", time, target, scenario.counterexample(of: data, target: target.value), at: name.span))
      }
      return findings
    }
  }

  private static func finding(
    _ what: String, _ figure: Figure, _ target: Located<TimeSpan>, _ counterexample: Counterexample?, at span: SourceSpan
  ) -> Diagnostic {
    let sources = figure.sources(in: span.path)
    let longest = figure.terms.max { $0.amount < $1.amount }
    return Diagnostic(
      "rto-exceeded", "\(what), its target is \(target.value.rounded)", at: span, label: "takes \(figure.total.rounded) from the disaster on",
      related: [.init(span: target.span, label: "the target")], notes: [figure.sum + (sources.isEmpty ? "" : "      (durations: \(sources))")] + [counterexample?.note].compactMap { $0 },
      helps: longest.map { ["the longest part is \($0.name) with \($0.amount.rounded): shorten it, or give an estimate if its time-out stands in for one"] } ?? [])
  }
}
