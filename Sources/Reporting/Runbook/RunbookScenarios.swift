internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import Units

extension Runbook {
  /// Disasters first; then, as in most such documents, the scenarios in which a standby takes over have a section of their own.
  var scenarios: String {
    var text = "## Disaster scenarios\n"
    if assessment.scenarios.isEmpty { text += "\nThe plan prepares for none.\n" }
    let disasters = assessment.scenarios.filter { !isFailover($0) }
    for (index, scenario) in disasters.enumerated() { text += section("Scenario \(index + 1): \(scenario.scenario.name.value)", scenario) }
    guard disasters.count < assessment.scenarios.count else { return text }
    text += "\n## Failover procedures\n"
    for scenario in assessment.scenarios where isFailover(scenario) { text += section(scenario.scenario.name.value.rawValue, scenario) }
    return text
  }

  /// Not where it is one way of several to bring the data back.
  private func isFailover(_ scenario: ScenarioAssessment) -> Bool {
    scenario.typed.steps.contains { $0.specification.branch == nil && $0.specification.kind.rawValue.hasSuffix(".promote") }
  }

  private func section(_ title: String, _ scenario: ScenarioAssessment) -> String {
    var text = "\n### \(title)\n"
    if let description = scenario.scenario.description { text += "\n\(Markdown.line(description))\n" }
    return text + "\n" + circumstances(scenario).map { "- \($0)\n" }.joined() + response(scenario)
  }

  private func circumstances(_ assessed: ScenarioAssessment) -> [String] {
    let (scenario, survival) = (assessed.scenario, assessed.survival)
    var lines: [String] = []
    func list<Of>(_ what: String, _ all: [Name<Of>], _ lost: Set<Name<Of>>, isLost: Bool) -> String? {
      let names = all.filter { lost.contains($0) == isLost }.map { "`\($0)`" }
      return names.isEmpty ? nil : "\(what) " + names.joined(separator: ", ")
    }
    for (title, isLost) in [("Lost", true), ("What survives", false)] {
      let parts = [
        list("sites", plan.sites.map(\.name.value), survival.sites, isLost: isLost), list("servers", plan.servers.map(\.name.value), survival.servers, isLost: isLost),
        list("stores", plan.stores.map(\.name.value), survival.stores, isLost: isLost), list("secrets", plan.secrets.map(\.name.value), survival.secrets, isLost: isLost),
      ].compactMap { $0 }
      if !parts.isEmpty || isLost && scenario.corrupts == nil { lines.append("**\(title)**: " + (parts.isEmpty ? "nothing" : parts.joined(separator: "; "))) }
    }
    if let corruption = scenario.corrupts {
      lines.append("**Wrong**: data of " + corruption.dataClasses.map { "`\($0.value)`" }.joined(separator: ", ") + ", noticed within \(corruption.noticedWithin.value.rounded)")
    }
    switch scenario.detection {
    case .probe(let rule): lines.append("**Detection**: the probe `\(rule.probe.value)`\(plan.probe(rule.probe.value).map(probe) ?? "") \(rule.description)")
    case .alert(let name, let within, _): lines.append("**Detection**: the alert \(Markdown.code(name.value)), at the latest after \(within.value.rounded)")
    case .person(let within): lines.append("**Detection**: a person notices, at the latest after \(within.value.rounded)")
    case nil: lines.append("**Detection**: the plan does not say")
    }
    if let decide = scenario.decide { lines.append("**Decision**: people take up to \(decide.value.rounded)") }
    func people(_ all: [Located<String>]) -> String { all.map { Markdown.line($0.value) }.joined(separator: ", ") }
    if !scenario.triggeredBy.isEmpty { lines.append("**Trigger by hand**: \(people(scenario.triggeredBy)), at any time") }
    if let approval = scenario.approval {
      lines.append("**Approval**: \(approval.atLeast) of \(people(approval.approvers)), within \(approval.within.value.rounded)" + (approval.breakGlass.map { "; then \(people($0.people)) alone, within \($0.within.value.rounded)" } ?? ""))
    }
    if let provisional = scenario.provisional?.value {
      lines.append("**Provisional** for \(provisional.duration.rounded) after the last step: look at it, and commit it or roll it back; then \(provisional.ending.rawValue). What is written meanwhile is lost by a rollback")
    }
    for data in assessed.classes {
      switch data.loss {
      case .bounded(let figure):
        let best = data.candidates.first.map { ", from `\($0.protection.name)` in `\($0.place)`" } ?? ""
        lines.append("**Loses** of `\(data.dataClass.name.value)`: at most \(figure.total.rounded)\(best)")
      case .exempt(let instead): lines.append("**Loses** of `\(data.dataClass.name.value)`: what is under way; \(instead)")
      case .unbounded(let reason): lines.append("**Loses** of `\(data.dataClass.name.value)`: all; \(reason)")
      }
    }
    if let recovery = assessed.recovery {
      lines.append("**Back** after \(recovery.expected.total.rounded) (\(recovery.expected.sum)); guaranteed after \(recovery.guaranteed.rounded)")
    }
    return lines
  }

  private func probe(_ probe: Probe) -> String {
    let what =
      switch probe.check {
      case .http(let request): Markdown.code(request.url)
      case .tcp(let host, let port): Markdown.code("\(host):\(port)")
      case .sql(let server, let query, _): "\(Markdown.code(Markdown.line(query))) on `\(server.value)`"
      case .dns(let question): "\(Markdown.code("\(question.name) \(question.kind.rawValue)")) at \(question.server)"
      case .prometheus(let query): "\(Markdown.code(Markdown.line(query.query))) at \(query.url)"
      }
    return " (\(what) every \(probe.every.rounded))"
  }

  private func response(_ assessed: ScenarioAssessment) -> String {
    guard assessed.recovery != nil, let chart = try? StepChart("", assessed.typed.steps) else { return "\nThe plan has no steps for it.\n" }
    let name = assessed.scenario.name.value
    var text = """

      **Response.** One command shows all of this as the world is then, asks, and does it:

      ```console
      $ sie-dr apply \(path) --scenario \(name)
      ```

      """
    text += "\nBy hand, in this order; each begins when those that it needs are done:\n"
    for (index, node) in chart.nodes.enumerated() { text += "\n" + RunbookStep(node.step, typed.kinds).text(number: index + 1, node) }
    text += "\n" + failure(assessed.typed)
    return text
  }

  private func failure(_ scenario: TypedScenario) -> String {
    let policy =
      switch scenario.scenario.onFailure {
      case .pause: "the run pauses: mend what is in the way and `sie-dr resume RUN`, or go back with `sie-dr rollback RUN`"
      case .rollback: "everything that was done is undone, the last first"
      case .continue: "what does not need it goes on"
      }
    var text = "**If a step fails**, \(policy).\n"
    for (when, step) in [("Before", scenario.rollbackBefore), ("After", scenario.rollbackAfter)] {
      if let step { text += "\n\(when) a rollback:\n\n" + RunbookStep(step, typed.kinds).text(number: 1, nil) }
    }
    return text
  }
}
