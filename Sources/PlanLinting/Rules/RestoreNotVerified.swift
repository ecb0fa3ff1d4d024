internal import Diagnostics
internal import Objectives
internal import ProviderInterface
internal import Scheduling

extension LintRule {
  static let restoreNotVerified = LintRule(
    "restore-not-verified", .error, "Restored data goes into service without anybody looking at it.",
    explanation: """
      A restore proves that the bytes are the ones that were saved, not that the service can use them. After a step that brings data back there
      must be one that looks at it: a `postgresql.query` with an expected result on that server, or an `http.check`.
      """
  ) { context in
    context.assessment.scenarios.flatMap { scenario -> [Diagnostic] in
      guard let network = scenario.recovery?.network else { return [] }
      return scenario.typed.steps.indices.compactMap { index in
        let step = scenario.typed.steps[index]
        guard let data = step.specification.footprint.recovers else { return nil }
        let later = network.graph.descendants(of: index).map { network.steps[$0].footprint }
        let verified = later.contains { !$0.verifies.isEmpty && ($0.verifies.contains { $0.rawValue.hasPrefix("probe:") } || !$0.verifies.isDisjoint(with: step.specification.footprint.writes)) }
        guard !verified else { return nil }
        return Diagnostic(
          "restore-not-verified", "nothing looks at `\(data)` after `\(step.specification.name)` has restored it", at: step.span, label: "not verified by a later step",
          helps: ["add a step with `needs: [\(step.specification.name)]`, such as `postgresql.query: { server: …, sql: \"select count(*) > 0 from …\", expect: t }`"])
      }
    }
  }
}
