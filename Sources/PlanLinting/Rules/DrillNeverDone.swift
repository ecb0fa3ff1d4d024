internal import Diagnostics
internal import PlanModel

extension LintRule {
  static let drillNeverDone = LintRule(
    "drill-never-done", .warning, "There is no evidence that a drill was ever held.",
    explanation: """
      A schedule of drills is a promise; what counts is a run that was passed, in a file that `evidence` names. A drill that is still to come says
      by which day (`first`); until then it is owed nothing. Whether that day is over depends on `--now`.
      """,
    example: """
      `backup-restore` is monthly by the plan, and the column "Last tested" is empty: nobody knows whether the backup can be restored.
      """,
    source: "docs/evidence.md",
    fix: "Hold it, and write the run into a file of evidence. If it is still to come, say by when: `first: DAY`.",
    needsDay: { plan in plan.drills.contains { $0.first != nil && plan.passedRuns(of: $0.name.value).isEmpty } }
  ) { context in
    context.plan.drills.compactMap { drill in
      guard context.plan.passedRuns(of: drill.name.value).isEmpty else { return nil }
      if let first = drill.first {
        guard let now = context.now, now >= first.value else { return nil }
      }
      let failed = context.plan.runs.filter { $0.origin == .drill(drill.name.value) }.max { $0.date.value < $1.date.value }
      return Diagnostic(
        "drill-never-done", .warning, "the drill `\(drill.name.value)` was never passed", at: (drill.first?.span ?? drill.name.span),
        label: drill.first == nil ? "no evidence of it" : "that day is over", related: failed.map { [.init(span: $0.date.span, label: "failed, the last time")] } ?? [],
        helps: ["hold it and add the run to a file of `evidence`" + (drill.first == nil ? ", or say by when it will be held: `first: DAY`" : "")])
    }
  }
}
