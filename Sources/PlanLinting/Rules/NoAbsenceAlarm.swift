internal import Diagnostics
internal import PlanModel

extension LintRule {
  static let noAbsenceAlarm = LintRule(
    "no-absence-alarm", .note, "Nobody would notice if a protection stopped running.",
    explanation: """
      A backup that fails says so; one that is never started says nothing: the host is down, the timer was turned off, the container is gone. Whoever
      waits for a call (`ping`), or for a series that must not grow old (`metrics`), hears of that. The computed loss holds only while runs do start.
      """,
    example: "`every: 30m` promises a loss of 43m; a timer that somebody stopped in May makes it months, and no run fails.",
    source: """
      docs/language.md, "A data class" and "Metrics"
      """,
    fix: "Add `ping: { secret: NAME }` to the protection, or `metrics: FOLDER` to the plan, with an alarm on what does not come."
  ) { context in
    guard context.plan.metrics == nil else { return [] }
    return context.plan.dataClasses.flatMap { dataClass in
      dataClass.protections.filter { $0.ping == nil }.map { protection in
        Diagnostic(
          "no-absence-alarm", .note, "nobody hears of it if `\(protection.name.value)` of `\(dataClass.name.value)` is no longer run", at: protection.name.span,
          label: "has no `ping`, and the plan no `metrics`",
          helps: ["add `ping: { secret: NAME }`, a URL of whoever raises the alarm when no call comes, or `metrics: FOLDER` to the plan"])
      }
    }
  }
}
