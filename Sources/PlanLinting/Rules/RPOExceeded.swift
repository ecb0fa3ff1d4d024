internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let rpoExceeded = LintRule(
    "rpo-exceeded", .error, "A data class can lose more than its RPO allows.",
    explanation: """
      The worst moment for a disaster is the instant before the next recovery point becomes usable: everything since the last usable
      point's consistent moment is lost. That is the interval, plus the run that is under way, plus the copy to whatever store survives.
      An interval equal to the target can therefore never meet it.
      """,
    formula: "RPO = (missed runs + 1) · interval + late start + dump + upload + copy; of WAL: archive time-out + upload; of a replica: its lag",
    example: """
      every 1h, dump 9m, upload 3m, copy 2m: 1h + 9m + 3m + 2m = 1h 14m, with a target of 1h. Every 30m: 30m + 14m = 44m.
      """,
    source: "NIST SP 800-34 Rev. 1, section 3.2.1, for what RPO and RTO mean",
    fix: "Back up more often, make the dump or the copy faster, or name a store that survives without a copy."
  ) { context in
    context.assessment.scenarios.flatMap { scenario in
      scenario.classes.compactMap { finding($0, in: scenario) }
    }
  }

  private static func finding(_ data: ClassAssessment, in scenario: ScenarioAssessment) -> Diagnostic? {
    guard !data.repeatsItsSource, let target = data.lossTarget, let best = data.best, best.figure.total > target.value else { return nil }
    let name = "`\(data.dataClass.name.value)`"
    let sources = best.figure.sources(in: scenario.scenario.name.span.path)
    return Diagnostic(
      "rpo-exceeded", "\(name) can lose \(best.figure.total.rounded) in `\(scenario.scenario.name.value)`, its target is \(target.value.rounded)", at: best.protection.span,
      label: label(data.cause, best), related: [.init(span: target.span, label: "the target")],
      notes: [best.figure.sum + (sources.isEmpty ? "" : "      (durations: \(sources))")] + [data.counterexample?.note].compactMap { $0 },
      helps: helps(best, data, target.value))
  }

  private static func label(_ cause: ClassAssessment.Cause, _ best: ClassAssessment.Candidate) -> String {
    if best.protection is Replica || best.protection is GitHistory { return "what it has not received is lost" }
    return switch cause {
    case .lost where best.protection is WALArchive: "what is committed is safe only after up to \(best.figure.total.rounded)"
    case .lost: "the next point becomes usable up to \(best.figure.total.rounded) after the last consistent moment"
    case .corrupted(let corruption): "the last good point can be \(best.figure.total.rounded) old when this is noticed after \(corruption.noticedWithin.value.rounded)"
    }
  }

  /// The longest interval from the usual ones that meets the target, with what it comes to.
  private static func helps(_ best: ClassAssessment.Candidate, _ data: ClassAssessment, _ target: TimeSpan) -> [String] {
    let usual: [TimeSpan] = [
      .days(1), .hours(12), .hours(6), .hours(4), .hours(2), .hours(1), .minutes(30), .minutes(20), .minutes(15), .minutes(10), .minutes(5), .minutes(2),
      .minutes(1), .seconds(30), .seconds(10), .seconds(5), .seconds(2), .seconds(1),
    ]
    guard let backup = best.backup else { return [help(best, usual, target)] }
    let protection = backup.protection
    let rest = best.figure.total - backup.rhythm.total
    let fitting = usual.first { $0 < backup.rhythm.interval.amount && $0 > backup.cycleTime && $0 * Int64(protection.misses + 1) + rest <= target }
    if let fitting { return ["back up every \(fitting) (computed \((fitting * Int64(protection.misses + 1) + rest).rounded))"] }
    let isGuess = best.figure.terms.contains { if case .timeout = $0.source { true } else { false } }
    let cure = isGuess ? "say how long they take under `estimate` of the data class, since without it they count with their time-out" : "make them faster"
    return ["no interval meets this target while dump, upload and copy take \(rest.rounded): \(cure), or state the target that can be met"]
  }

  /// Where one of the times that the plan states is too long.
  private static func help(_ best: ClassAssessment.Candidate, _ usual: [TimeSpan], _ target: TimeSpan) -> String {
    guard let archive = best.protection as? WALArchive else { return "keep the lag within \(target.rounded), or state the target that can be met" }
    let hasBreak = archive.archiving.allowsBreak != nil
    let knob = hasBreak ? archive.archiving.base.value : archive.archiving.timeout.value
    let rest = best.figure.total - knob * Int64(hasBreak ? archive.archiving.misses + 1 : 1)
    let fitting = usual.first { $0 < knob && (!hasBreak || $0 > archive.base.amount) && $0 * Int64(hasBreak ? archive.archiving.misses + 1 : 1) + rest <= target }
    guard let fitting else { return "nothing that the plan states can be short enough while the rest takes \(rest.rounded): make that faster, or state the target that can be met" }
    return hasBreak ? "make a base backup every \(fitting)" : "write `timeout: \(fitting)`, and set `archive_timeout` to it"
  }
}
