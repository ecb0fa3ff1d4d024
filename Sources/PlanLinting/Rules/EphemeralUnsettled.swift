internal import Diagnostics
internal import Objectives
internal import PlanModel

extension LintRule {
  static let ephemeralUnsettled = LintRule(
    "ephemeral-unsettled", .warning, "Data that may be lost is lost, and nobody has settled what becomes of what was under way.",
    explanation: """
      That a queue is ephemeral says that nobody restores it, not that nothing was in it. Jobs that were accepted and not yet done are lost with it:
      either something queues them again, from data that survives or comes back, or somebody has accepted that they are gone.
      """,
    example: """
      `queues` lives on `redis`, which `cluster-loss` loses: the orders that were accepted in the last minute are in the database, and nobody ever
      ships them.
      """,
    source: "redis.io, \"Redis persistence\": what is lost without it",
    fix: """
      Write `ephemeral: { onLoss: { requeueFrom: CLASS } }`, and a step that does it; or `{ onLoss: { accepted: REASON } }`.
      """
  ) { context in
    context.assessment.scenarios.flatMap { scenario in
      scenario.classes.compactMap { data in
        guard let ephemeral = data.dataClass.ephemeral else { return nil }
        let name = "`\(data.dataClass.name.value)`"
        let related = [Diagnostic.Related(span: scenario.scenario.name.span, label: "the scenario that loses it")]
        switch ephemeral.onLoss {
        case .accepted: return nil
        case nil:
          return Diagnostic(
            "ephemeral-unsettled", .warning, "`\(scenario.scenario.name.value)` loses \(name), and nothing says what becomes of what was in it", at: ephemeral.span,
            label: "nobody queues it again", related: related,
            helps: ["write `ephemeral: { onLoss: { requeueFrom: CLASS } }`", "or `ephemeral: { onLoss: { accepted: REASON } }`"])
        case .requeue(let source):
          guard let lost = scenario.classes.first(where: { $0.dataClass.name.value == source.value }), case .unbounded = lost.loss else { return nil }
          return Diagnostic(
            "ephemeral-unsettled", .warning, "what was in \(name) is queued again from `\(source.value)`, of which nothing survives `\(scenario.scenario.name.value)`",
            at: source.span, label: "lost as well", related: related, helps: ["protect `\(source.value)`, or say that the loss is accepted: `accepted: REASON`"])
        }
      }
    }
  }
}
