internal import CanonicalJSON
internal import ChangePlanning
internal import Journaling
internal import PlanModel
internal import ProviderInterface
public import Units

/// What `report` says of a run. `now` decides what is overdue; nil: nothing is said of it.
public func incidentReport(_ report: IncidentReport, now: Timestamp?, as format: OutputFormat, _ style: TextStyle) throws -> String {
  switch format {
  case .text: report.text(now: now, style)
  case .json: try CanonicalJSON.prettyText(report)
  case .markdown: report.markdown(now: now)
  }
}

extension IncidentReport {
  private var title: String { scenario.map { "Recovery from `\($0)`" } ?? "Protection" }

  /// What it is about, in two columns.
  private var facts: [[String]] {
    let people = timeline.compactMap { moment in moment.who.map { "\($0) on \(moment.host ?? "")" } }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    return [
      ["run", "\(run), of the plan \(plan.title), sie-dr \(toolVersion)"], ["disaster", disaster.map { "\($0)" } ?? "nobody said when; `--disaster TIME` does"],
      ["began", "\(started)"], ["last record", "\(ended)"], ["result", result], ["took", "\(took.rounded), predicted \(predicted.rounded)"],
      ["run by", people.joined(separator: ", ")],
    ]
  }

  private var objectiveTable: Table {
    var table = Table(("objective", .left), ("target", .right), ("computed", .right), ("measured", .right), ("", .left), ("how", .left))
    table.rows = objectives.map { objective in
      [
        "\(objective.kind.rawValue.uppercased()) of \(objective.dataClass?.rawValue ?? "the service")", objective.target?.rounded ?? "none",
        objective.computed?.rounded ?? "unbounded", objective.measured.map { (objective.isAtMost ? "≤ " : "") + $0.rounded } ?? "–",
        [objective.verdict?.rawValue, objective.isAsComputed == false ? "worse than computed" : nil].compactMap { $0 }.joined(separator: ", "), objective.how,
      ]
    }
    return table
  }

  private var stepTable: Table {
    var table = Table(("step", .left), ("state", .left), ("attempts", .right), ("took", .right), ("predicted", .right), ("", .left))
    table.rows = steps.map { step in
      let source = step.source == .timeout ? " (time-out)" : step.source == .measured ? " (measured)" : ""
      return [step.step.rawValue, step.state.rawValue, String(step.attempts), step.took?.rounded ?? "", step.predicted.rounded + source, Markdown.line(step.detail)]
    }
    return table
  }

  private func table(_ moments: [Moment]) -> Table {
    var table = Table(("time (UTC)", .left), ("since the beginning", .right), ("", .left), ("who", .left), ("what", .left))
    table.rows = moments.map { [$0.at.timeOfDay, "+" + $0.sinceStart.rounded, $0.kind.rawValue, $0.who ?? "", $0.text.split(separator: "\n").map { $0.trimmingSpaces() }.joined(separator: " ")] }
    return table
  }

  private var messageTable: Table {
    var table = Table(("message", .left), ("written", .left), ("text", .left), ("", .left))
    table.rows = messages.map { [$0.name, $0.posted.timeOfDay, Markdown.line($0.text), $0.outcome] }
    return table
  }

  private func dutyTable(_ now: Timestamp?) -> Table {
    var table = Table(("owed", .left), ("by", .left), ("in", .left), ("", .left))
    table.rows = duties.map { [$0.kind.words, $0.by ?? "", $0.place ?? "", $0.words(at: now)] }
    return table
  }

  private var lessonTable: Table {
    var table = Table(("step", .left), ("took", .right), ("predicted", .right), ("from", .left))
    table.rows = lessons.measured.map { [$0.step.rawValue, $0.took.rounded, $0.predicted.rounded, $0.source.rawValue] }
    return table
  }

  /// Title and table of each part that has something to say.
  private func parts(_ now: Timestamp?) -> [(title: String, table: Table)] {
    var parts: [(String, Table)] = []
    if !objectives.isEmpty { parts.append(("Objectives: asked for, computed, measured", objectiveTable)) }
    parts.append(("Steps", stepTable))
    parts.append(("Timeline", table(timeline)))
    if !decisions.isEmpty { parts.append(("Decisions", table(decisions))) }
    if !undo.isEmpty { parts.append(("Undo", table(undo))) }
    if !messages.isEmpty { parts.append(("Messages", messageTable)) }
    if !duties.isEmpty { parts.append(("Owed", dutyTable(now))) }
    return parts
  }

  private var open: [String] { lessons.tickets.map(\.title) }

  fileprivate func text(now: Timestamp?, _ style: TextStyle) -> String {
    var facts = Table(("", .left), ("", .left))
    facts.rows = self.facts
    let head = style.paint(title, .bold) + "\n" + facts.text().split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
    var texts = [head] + parts(now).map { style.paint($0.title, .bold) + "\n" + $0.table.text(style) }
    if !byHand.isEmpty { texts.append(style.paint("To be done by hand", .red) + "\n" + byHand.map { "  \($0)\n" }.joined()) }
    if !open.isEmpty { texts.append(style.paint("What did not go as it should", .bold) + "\n" + open.map { "  \($0)\n" }.joined()) }
    return texts.joined(separator: "\n")
  }

  fileprivate func markdown(now: Timestamp?) -> String {
    var text = "# \(title)\n\n" + facts.map { "- **\($0[0])**: \(Markdown.line($0[1]))\n" }.joined()
    text += parts(now).map { "\n## \($0.title)\n\n" + $0.table.markdown() }.joined()
    if !byHand.isEmpty { text += "\n## To be done by hand\n\n" + byHand.map { "- \(Markdown.line($0))\n" }.joined() }
    if !open.isEmpty { text += "\n## What did not go as it should\n\n" + open.map { "- \($0)\n" }.joined() }
    return text
  }

  /// A post-mortem with what the journal knows filled in; the rest is marked for people to write.
  public func postmortem(now: Timestamp?) -> String {
    func blank(_ what: String) -> String { "> **To fill in:** \(what)\n" }
    var text = "# Post-mortem: \(title.prefix(1).lowercased() + title.dropFirst()), \(started.day)\n\n" + facts.map { "- **\($0[0])**: \(Markdown.line($0[1]))\n" }.joined()
    text += "\n## Summary\n\n" + blank("what happened, in three sentences that anybody understands.")
    text += "\n## Impact\n\n"
    if !objectives.isEmpty { text += objectiveTable.markdown() + "\n" }
    text += blank("who noticed it, and how; what it cost.")
    text += "\n## Root cause\n\n" + blank("why it happened; why it was not noticed before.")
    text += "\n## Detection\n\n" + blank("how it was noticed, and how long after the disaster\(disaster == nil ? " (the journal begins with the run, and nobody said when the disaster was)" : "").")
    text += "\n## Timeline\n\n" + table(timeline).markdown()
    text += "\n## Decisions\n\n" + (decisions.isEmpty ? "The journal knows of none besides the one to begin.\n" : table(decisions).markdown()) + "\n" + blank("what else was decided, by whom, on what grounds.")
    text += "\n## What went as it should\n\n"
    let good = steps.filter { step in step.took.map { $0 <= step.predicted } ?? false }
    text += "- \(good.count) of \(steps.count) steps were done within the time predicted for them\n" + blank("what else helped.")
    text += "\n## What did not\n\n" + (open.isEmpty ? "The journal knows of nothing.\n" : open.map { "- \($0)\n" }.joined()) + "\n" + blank("what else did not; where there was luck.")
    text += "\n## Actions\n\n| what | ticket | who | by when |\n| --- | --- | --- | --- |\n"
    text += zip(open, ticketFiles).map { title, file in "| \(title.replacing("|", with: "\\|")) | [\(file.name)](tickets/\(file.name)) | | |\n" }.joined() + "| | | | |\n"
    text += "\n## Lessons for the plan\n\n"
    if !lessons.measured.isEmpty { text += lessonTable.markdown() + "\n" }
    text += blank("what changes in the plan; `lessons.overlay.yaml` is a draft with what was measured.")
    if !duties.isEmpty { text += "\n## Owed\n\n" + dutyTable(now).markdown() }
    return text
  }
}

extension Substring {
  fileprivate func trimmingSpaces() -> Substring {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
  }
}
