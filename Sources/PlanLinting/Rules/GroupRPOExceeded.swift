internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let groupRPOExceeded = LintRule(
    "group-rpo-exceeded", .error, "A data class meets its RPO alone, and loses more when it goes back together with others.",
    explanation: """
      Data that must be from one moment goes back to a common cut, and a common cut loses what its oldest member loses. A class that is
      archived by the second and belongs to one that is dumped every hour loses an hour with it. Each class's own figure does not show that.
      """,
    formula: "RPO of the group = that of its oldest member at the newest common cut; each member is held to its own target",
    example: "`orders` by WAL loses 65s, `files` every 1h: together, within 5m, `orders` loses up to 55m more than alone.",
    source: "Pardon, Pautasso, Zimmermann: Consistent Disaster Recovery for Microservices, the BAC theorem (IEEE Cloud Computing 5(1), 2018)",
    fix: "Protect the oldest member more often, allow them to be further apart (`within`), or state the target that can be met."
  ) { context in
    context.plan.consistency.compactMap { group in
      context.assessment.scenarios.lazy.compactMap { finding(group, in: $0, context.plan) }.first
    }
  }

  private static func finding(_ group: ConsistencyGroup, in scenario: ScenarioAssessment, _ plan: Plan) -> Diagnostic? {
    guard let found = scenario.groups.first(where: { $0.group.name.value == group.name.value }), let figure = found.loss.figure else { return nil }
    // What a class misses by itself has its own finding.
    let missed = found.members.compactMap { member -> (name: String, loss: Figure, target: Located<TimeSpan>)? in
      guard let loss = member.loss.figure, let target = member.dataClass.objectives.rpo ?? plan.objectives.rpo, loss.total > target.value else { return nil }
      let alone = scenario.classes.first { $0.dataClass.name.value == member.dataClass.name.value }?.loss.figure?.total ?? .zero
      return alone > target.value ? nil : (member.dataClass.name.value.rawValue, loss, target)
    }
    guard let worst = missed.max(by: { $0.loss.total - $0.target.value < $1.loss.total - $1.target.value }) else { return nil }
    let others = missed.count > 1 ? ", as others do" : ""
    return Diagnostic(
      "group-rpo-exceeded",
      "`\(worst.name)` can lose \(worst.loss.total.rounded) in `\(scenario.scenario.name.value)` when `\(group.name.value)` goes back together, its target is \(worst.target.value.rounded)\(others)",
      at: group.name.span, label: "the newest common cut can be \(figure.total.rounded) old", related: [.init(span: worst.target.span, label: "the target")], notes: [worst.loss.sum],
      helps: ["protect the oldest of them more often, state under `within` how far apart they may be, or state the target that can be met"])
  }
}
