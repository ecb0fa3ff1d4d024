internal import Objectives
internal import PlanModel
internal import Units

/// What people do besides: who is told, what is exercised, what is owed afterwards.
extension Runbook {
  var people: [String] { [communication, drills, postIncident] }

  private var communication: String {
    let title = "## Communication plan\n\n"
    guard !plan.communication.isEmpty else { return title + "The plan does not say who is told.\n" }
    var table = Table(("audience", .left), ("channel", .left), ("update frequency", .left), ("told by", .left))
    table.rows = plan.communication.map { ["`\($0.name.value)`", Self.channel($0), Self.frequency($0.updates), $0.ways.isEmpty ? "people" : "the run"] }
    let templates = plan.communication.compactMap { audience in
      audience.template.map { "\nTo `\(audience.name.value)`:\n\n" + $0.value.split(separator: "\n", omittingEmptySubsequences: false).map { ("> " + $0).trimmingEnd() + "\n" }.joined() }
    }
    return title + table.markdown() + templates.joined()
  }

  private static func channel(_ audience: Audience) -> String {
    let name: String? =
      switch audience.channel {
      case .slack: "Slack"
      case .teams: "Teams"
      case .email: "email"
      case .phone: "phone"
      case .statusPage: "status page"
      case .other: nil
      }
    return [name, Markdown.line(audience.place.value)].compactMap { $0 }.joined(separator: " ")
  }

  private static func frequency(_ updates: Audience.Updates) -> String {
    switch updates {
    case .every(let span): "every \(span.value.rounded)"
    case .on(.majorChanges): "on major changes"
    case .on(.startAndEnd): "at the start and at the end"
    }
  }

  private var drills: String {
    let title = "## DR testing schedule\n\n"
    guard !plan.drills.isEmpty else { return title + "The plan has no drills.\n" }
    var table = Table(("drill", .left), ("kind", .left), ("scenarios", .left), ("frequency", .left), ("last tested", .left))
    table.rows = plan.drills.map { drill in
      let scenarios = drill.scenarios.map { "`\($0.value)`" }.joined(separator: ", ")
      return ["`\(drill.name.value)`", drill.kind.rawValue, scenarios, "every \(drill.every.value.rounded)", lastTested(drill)]
    }
    let descriptions = plan.drills.compactMap { drill in drill.description.map { "- `\(drill.name.value)`: \(Markdown.line($0))\n" } }
    return title + table.markdown() + (descriptions.isEmpty ? "" : "\n" + descriptions.joined())
  }

  private func lastTested(_ drill: Drill) -> String {
    guard let last = plan.passedRuns(of: drill.name.value).first else { return "-" + (drill.first.map { "; the first by \($0.value.day)" } ?? "") }
    return last.date.value.day + (last.recovery.map { ", recovered in \($0.rounded)" } ?? "")
  }

  private var postIncident: String {
    let title = "## Post-incident\n\n"
    guard let duties = plan.postIncident?.duties, !duties.isEmpty else { return title + "The plan does not say what is owed when an incident is over.\n" }
    return title + duties.enumerated().map { index, duty in "\(index + 1). \(Self.duty(duty))\n" }.joined()
  }

  private static func duty(_ duty: PostIncident.Duty) -> String {
    let what =
      switch duty.kind {
      case .report: "Complete the incident report"
      case .runbook: "Update the plan and this runbook with the lessons learned"
      case .postmortem: "Hold the post-mortem"
      case .tickets: "Create tickets for preventive measures"
      }
    return what + (duty.within.map { " within \($0.rounded)" } ?? "") + (duty.place.map { ", in \(Markdown.line($0))" } ?? "")
      + (duty.by.map { " (\(Markdown.line($0)))" } ?? "") + "."
  }
}
