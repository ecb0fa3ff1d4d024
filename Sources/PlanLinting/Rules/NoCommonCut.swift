internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let noCommonCut = LintRule(
    "no-common-cut", .error, "Data that must be from one moment may have no points from one moment.",
    explanation: """
      Two classes that are backed up at times of their own have points at times of their own. Restored, orders name files that are not there, and
      files belong to orders that nobody knows. A common cut is guaranteed where all classes but one can be brought to any moment, where one calendar
      makes all of them in one run, or where what each has newest is never further behind than the tolerance.
      """,
    formula: "at most one class of a group with points only; or the same `cron`, `zone` and no misses; or the RPO of each ≤ `within`",
    example: "`orders` every 30m and `files` every 1h, `within: 5m`: the newest points may be 29m apart, and so may all that are older.",
    source: "Pardon, Pautasso, Zimmermann: Consistent Disaster Recovery for Microservices, the BAC theorem (IEEE Cloud Computing 5(1), 2018)",
    fix: "Archive the WAL of all but one (`wal`), or give them the same `cron` and `zone` with `misses: 0`."
  ) { context in
    context.plan.consistency.compactMap { group in
      let found = context.assessment.scenarios.flatMap { scenario in scenario.groups.map { (scenario, $0) } }
      guard let (scenario, bad) = found.first(where: { $0.1.group.name.value == group.name.value && !$0.1.apart.isEmpty }) else { return nil }
      let related = bad.apart.map { Diagnostic.Related(span: $0.protection.span, label: "made at times of its own") }
      return Diagnostic(
        "no-common-cut", "`\(group.name.value)` may have no common point to go back to in `\(scenario.scenario.name.value)`", at: group.name.span,
        label: "within \(group.within.value.rounded)", related: related, notes: [bad.loss.explanation],
        helps: ["archive the WAL of all but one, give them the same `cron` and `zone`, or state under `within` how far apart they may be"])
    }
  }
}
