internal import Diagnostics
internal import Objectives
internal import ProviderInterface

extension LintRule {
  static let unorderedConflict = LintRule(
    "unordered-conflict", .error, "Two steps that may run at the same time touch the same thing.",
    explanation: """
      Steps without a path of `needs` between them run at the same time. If one of them writes what the other reads or writes, the outcome
      depends on chance.
      """,
    example: """
      `restore` writes the database of `pg-west` and `migrate` writes it too, with no `needs` between them: whichever comes last wins.
      """,
    source: """
      Oracle Full Stack DR, "Default order of DR plan groups": a wrong order is the user's risk there
      """,
    fix: "Say which one comes first: `needs: [FIRST]` on the second."
  ) { context in
    context.assessment.scenarios.flatMap { scenario -> [Diagnostic] in
      guard let network = scenario.recovery?.network else { return [] }
      let steps = scenario.typed.steps
      var findings: [Diagnostic] = []
      for b in steps.indices {
        for a in steps.indices.prefix(b) {
          guard let shared = conflict(steps[a].specification.footprint, steps[b].specification.footprint), !network.ordered(a, b) else { continue }
          let (first, second) = (steps[a].specification.name, steps[b].specification.name)
          findings.append(
            Diagnostic(
              "unordered-conflict", "`\(first)` and `\(second)` may run at the same time, and both touch \(shared)", at: steps[b].span,
              label: "no order between the two", related: [.init(span: steps[a].span, label: "the other step")],
              helps: ["add `needs: [\(first)]` to `\(second)`, or the other way round"]))
        }
      }
      return findings
    }
  }

  private static func conflict(_ a: Footprint, _ b: Footprint) -> Resource? {
    a.writes.intersection(b.reads.union(b.writes)).union(b.writes.intersection(a.reads)).min()
  }
}
