internal import Diagnostics
internal import PlanModel

extension LintRule {
  static let postIncidentMissing = LintRule(
    "post-incident-missing", .note, "The plan says who is told during an incident, and not what is owed after it.",
    explanation: """
      What went wrong is forgotten within days. A plan that has a `communication` section says by when the report is written, the runbook mended, the post-mortem held and the tickets
      made; `runbook` prints it where people look during the incident.
      """,
    example: "`postIncident: { report: { within: 24h }, postmortem: { within: 5d } }`",
    source: "NIST SP 800-61 Rev. 2, section 3.4, Post-Incident Activity",
    fix: "Add `postIncident: { report: { within: 24h }, runbook: { within: 3d }, postmortem: { within: 5d }, tickets: { within: 7d } }`."
  ) { context in
    guard let audience = context.plan.communication.first else { return [] }
    let report = context.plan.postIncident?.duties.first { $0.kind == .report }
    guard report?.within == nil else { return [] }
    return [
      Diagnostic(
        "post-incident-missing", .note, "the plan does not say by when an incident is reported", at: audience.name.span, label: "told during it; and after it?",
        helps: ["add `postIncident: { report: { within: 24h } }`"])
    ]
  }
}
