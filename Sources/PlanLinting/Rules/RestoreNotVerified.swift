internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import Scheduling

extension LintRule {
  static let restoreNotVerified = LintRule(
    "restore-not-verified", .error, "Restored data goes into service without anybody looking at it.",
    explanation: """
      A restore proves that the bytes are the ones that were saved, not that the service can use them. After a step that brings data back there
      must be one that looks at it. What counts is a `postgresql.query` of the database that was restored, or an `http.check` of the probe that the
      scenario is detected by (`detect: { probe: NAME }`): what told that the service was down tells that it is back. Any other probe or URL may
      well answer without the data, so it does not count.
      """,
    example: """
      `restore` brings `orders` back, then `http.check` asks a page that does not need the database: it answers 200 over an empty one.
      """,
    source: "docs/step-kinds.md, `postgresql.query` and `http.check`",
    fix: """
      Add a step that needs the restore: `postgresql.query: { server: SERVER, sql: "select count(*) > 0 from TABLE", expect: t }`.
      """
  ) { context in
    context.assessment.scenarios.flatMap { scenario -> [Diagnostic] in
      guard let network = scenario.recovery?.network else { return [] }
      return scenario.typed.steps.indices.compactMap { index in
        let step = scenario.typed.steps[index]
        guard let data = step.specification.footprint.recovers else { return nil }
        var proofs = step.specification.footprint.writes
        // A program's `writes` are any names; those of servers mean the servers.
        proofs.formUnion(context.plan.servers.map(\.name.value).filter { proofs.contains(.named($0.rawValue)) }.map(Resource.server))
        if let rule = scenario.scenario.detection?.rule { proofs.insert(.probe(rule.probe.value)) }
        let later = network.graph.descendants(of: index).map { network.steps[$0].footprint }
        guard !later.contains(where: { !$0.verifies.isDisjoint(with: proofs) }) else { return nil }
        return Diagnostic(
          "restore-not-verified", "nothing looks at `\(data)` after `\(step.specification.name)` has restored it", at: step.span,
          label: "not verified by a later step",
          helps: ["add a step with `needs: [\(step.specification.branch?.choice ?? step.specification.name)]`, such as `postgresql.query: { server: …, sql: \"select count(*) > 0 from …\", expect: t }`"])
      }
    }
  }
}
