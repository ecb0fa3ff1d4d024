internal import ChangePlanning
internal import PlanModel
internal import ProviderInterface
internal import Units

extension IncidentReport {
  /// What was measured as a file of evidence, for the plan's `evidence`. Nil where nothing was measured, or it was no recovery.
  public var evidence: String? {
    guard let scenario, !lessons.measured.isEmpty else { return nil }
    var text = """
      # Measured in the run \(run). Add this file to `evidence` of the plan.
      apiVersion: sie-dr/v1
      kind: RecoveryEvidence
      plan: \(plan.name)
      runs:
        - date: \(started)
          incident: run \(run)
          outcome: \(result == "done" ? "passed" : "failed")
          scenario: \(scenario)

      """
    if result == "done" { text += "    recovery: \(max(took, .milliseconds(1)))\n" }
    text += "    steps:\n" + lessons.measured.map { "      \($0.step): \($0.took)\n" }.joined()
    return text
  }

  /// A draft change of the plan as an overlay: measured durations in the place of what the plan believes. Nil where there is nothing to change.
  public var overlay: String? {
    let changes = lessons.measured.filter { $0.took != $0.predicted }
    guard let scenario, !changes.isEmpty else { return nil }
    // A mode has the steps of its scenario.
    let name = scenario.rawValue.prefix { $0 != "/" }
    var text = """
      # What the run \(run) taught, as a draft: `sie-dr lint \(plan.file) --overlay FILE` computes with it. Take over into the plan what you agree with.
      apiVersion: sie-dr/v1
      kind: PlanOverlay
      description: Durations as measured in the run \(run)
      merge:
        scenarios:
          \(name):
            steps:

      """
    func line(_ lesson: Lessons.Measured) -> String {
      let source = lesson.source == .timeout ? "no estimate; its time-outs counted, \(lesson.predicted.rounded)" : "was \(lesson.predicted.rounded), \(lesson.source.rawValue)"
      return "\(lesson.step): { estimate: \(lesson.took) }  # \(source)\n"
    }
    for lesson in changes where lesson.choice == nil { text += "        " + line(lesson) }
    let choices = changes.compactMap(\.choice).reduce(into: [StepName]()) { if !$0.contains($1) { $0.append($1) } }
    for choice in choices {
      text += "        \(choice):\n          firstOf:\n"
      let mine = changes.filter { $0.choice == choice }
      for branch in mine.compactMap(\.branch).reduce(into: [BranchName](), { if !$0.contains($1) { $0.append($1) } }) {
        text += "            \(branch):\n              steps:\n" + mine.filter { $0.branch == branch }.map { "                " + line($0) }.joined()
      }
    }
    return text
  }

  /// One Markdown file a ticket: its name, and what is in it.
  public var ticketFiles: [(name: String, text: String)] {
    lessons.tickets.enumerated().map { index, ticket in
      let number = index + 1 < 10 ? "0\(index + 1)" : "\(index + 1)"
      let facts = ticket.facts.map { "- \(Markdown.line($0))\n" }.joined()
      let text = """
        # \(ticket.title)

        From the run `\(run)`\(scenario.map { " of the scenario `\($0)`" } ?? "") of the plan `\(plan.name)`, \(started).

        ## What is known

        \(facts)
        ## To fill in

        - Why it happened:
        - What prevents it:
        - Who does it, by when:

        """
      return ("\(number)-\(ticket.slug).md", text)
    }
  }
}
