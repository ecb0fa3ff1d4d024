internal import Diagnostics
internal import PlanModel
internal import Units

extension LintRule {
  static let drillOverdue = LintRule(
    "drill-overdue", .warning, "A drill was last passed longer ago than its interval.",
    explanation: """
      Backups, keys, tools and people change; a drill shows what was true on its day. The day it is must be said with `--now`; without it the rule is
      listed as not judged.
      """,
    formula: "overdue = now − the last run that was passed > every",
    example: "monthly, last passed on 2026-10-02: on 2026-11-24 it is 53d ago, 23d too long.",
    source: "NIST SP 800-34 Rev. 1, section 3.5, Plan Testing, Training, and Exercises",
    fix: "Hold the drill and add its run to a file of evidence; a run that failed does not count.",
    needsDay: { plan in plan.drills.contains { !plan.passedRuns(of: $0.name.value).isEmpty } }
  ) { context in
    guard let now = context.now else { return [] }
    return context.plan.drills.compactMap { drill in
      guard let last = context.plan.passedRuns(of: drill.name.value).first, now - last.date.value > drill.every.value else { return nil }
      return Diagnostic(
        "drill-overdue", .warning, "the drill `\(drill.name.value)` was last passed on \(last.date.value.day), \((now - last.date.value).rounded) ago", at: drill.every.span,
        label: "overdue since \((last.date.value + drill.every.value).day)", related: [.init(span: last.date.span, label: "the last run that was passed")],
        helps: ["hold it and add the run to a file of `evidence`"])
    }
  }
}
