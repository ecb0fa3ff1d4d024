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
      var earlier = Touched()
      var findings: [Diagnostic] = []
      for b in steps.indices {
        let conflicts = earlier.conflicts(with: steps[b].specification.footprint).sorted { $0.key < $1.key }
        earlier.add(b, steps[b].specification.footprint)
        for (a, shared) in conflicts where !network.ordered(a, b) {
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

  /// Which steps read and write what: most plans have many steps and few that share anything.
  private struct Touched {
    private var readers: [Resource: [Int]] = [:]
    private var writers: [Resource: [Int]] = [:]

    mutating func add(_ step: Int, _ footprint: Footprint) {
      for resource in footprint.reads { readers[resource, default: []].append(step) }
      for resource in footprint.writes { writers[resource, default: []].append(step) }
    }

    /// The steps that one of them must be ordered with, each with the first thing that both touch.
    func conflicts(with footprint: Footprint) -> [Int: Resource] {
      var found: [Int: Resource] = [:]
      func note(_ steps: [Int]?, _ resource: Resource) { for step in steps ?? [] { found[step] = found[step].map { min($0, resource) } ?? resource } }
      for resource in footprint.writes {
        note(readers[resource], resource)
        note(writers[resource], resource)
      }
      for resource in footprint.reads { note(writers[resource], resource) }
      return found
    }
  }
}
