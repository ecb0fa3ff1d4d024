internal import Diagnostics
internal import Objectives
internal import PlanModel

extension LintRule {
  static let replicaAgainstCorruption = LintRule(
    "replica-against-corruption", .error, "Only a replica protects data against a corruption that it takes part in.",
    explanation: """
      A replica does what its primary does, within seconds: it drops the table that somebody dropped, and holds the rows that a bad release wrote.
      Against the loss of a server it is the best there is; against a mistake it is nothing.
      """,
    formula: "RPO of a corruption with replicas alone = unbounded",
    example: """
      `bad-release` corrupts `orders`, noticed within 6h; a replica follows with a lag of 30s. Six hours later both hold the same wrong rows.
      """,
    source: "GitLab.com database incident of 2017-01-31: replicas did not help against a wrong command",
    fix: "Add points or WAL: `protect: { hourly: { logical: {}, every: 1h, to: [STORE], keep: { for: 30d } } }`."
  ) { context in
    context.assessment.scenarios.flatMap { scenario in
      scenario.classes.compactMap { data in
        guard case .corrupted = data.cause, let replica = data.protections.first, data.protections.allSatisfy({ $0 is Replica }) else { return nil }
        return Diagnostic(
          "replica-against-corruption", "only a replica protects `\(data.dataClass.name.value)`, and `\(scenario.scenario.name.value)` corrupts it there too",
          at: replica.places.first?.span ?? replica.span, label: "holds what its primary holds",
          related: [.init(span: scenario.scenario.name.span, label: "the scenario that corrupts it")], notes: ["everything is lost: the RPO of this scenario is unbounded"],
          helps: ["add points or a WAL archive, and keep them until a corruption has been noticed and repaired"])
      }
    }
  }
}
