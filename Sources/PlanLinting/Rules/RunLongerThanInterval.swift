internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let runLongerThanInterval = LintRule(
    "run-longer-than-interval", .error, "A backup takes longer than the time until the next one is due.",
    explanation: """
      If dump, upload and copy together take the interval or more, runs queue up or are skipped, and the stated interval is fiction. The figures
      count with the interval that really results.
      """,
    formula: "resulting interval = max(interval, run); where runs are skipped: ⌈run / interval⌉ · interval",
    example: "every 15m, dump 9m, upload 4m, copy 5m: a run takes 18m, so points come every 18m, not every 15m.",
    source: "meilisearch/meilisearch issue 5266: a dump of 23h in a daily schedule",
    fix: "Make the interval longer than a run, or the run shorter."
  ) { context in
    context.assessment.protections.compactMap { protection in
      let backup = protection.backup
      guard backup.overruns else { return nil }
      let figure = Figure(backup.cycle)
      return Diagnostic(
        "run-longer-than-interval",
        "a backup of `\(protection.dataClass.name.value)` with its copies takes \(figure.total.rounded), the next is due after \(backup.rhythm.shortest.rounded)",
        at: backup.protection.schedule.span, label: "shorter than a run", notes: [figure.sum + "      (durations: \(figure.sources(in: context.plan.file.path)))"],
        helps: ["make the interval longer than \(figure.total.rounded), or give a realistic `estimate` if the time-out stands in for one"])
    }
  }
}
