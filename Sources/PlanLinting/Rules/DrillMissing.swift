internal import Diagnostics
internal import PlanModel

extension LintRule {
  static let drillMissing = LintRule(
    "drill-missing", .note, "A scenario is in no drill.",
    explanation: """
      A recovery that nobody has ever tried is a hope. Each scenario belongs to a drill that is held again and again; talking it through (`kind:
      tabletop`) restores nothing, so it does not count here. A drill also measures: what it measured takes the place of the estimates.
      """,
    example: """
      `region-loss` is in no drill: that the copy in the other region can be restored, and how long it takes, shows on the day it must.
      """,
    source: "NIST SP 800-34 Rev. 1, section 3.5, Plan Testing, Training, and Exercises",
    fix: "Add `drills: { restore: { kind: restore, scenarios: [SCENARIO], every: 90d } }`, with `first: DAY` if it has not been held yet."
  ) { context in
    let plan = context.plan
    guard !plan.drills.isEmpty else {
      return plan.scenarios.first.map { first in
        [
          Diagnostic(
            "drill-missing", .note, "nothing exercises what this plan prepares for: it has no `drills`", at: first.name.span, label: "never tried",
            helps: ["add `drills: { restore: { kind: restore, scenarios: [\(first.name.value)], every: 90d } }`"])
        ]
      } ?? []
    }
    return plan.scenarios.compactMap { scenario in
      let drills = plan.drills.filter { $0.scenarios.contains { $0.value == scenario.name.value } }
      guard !drills.contains(where: \.isPractical) else { return nil }
      return Diagnostic(
        "drill-missing", .note, "no drill exercises `\(scenario.name.value)`", at: scenario.name.span, label: drills.isEmpty ? "in no drill" : "only talked through",
        related: drills.map { .init(span: $0.name.span, label: "restores nothing") }, helps: ["add `\(scenario.name.value)` to `scenarios` of a drill"])
    }
  }
}
