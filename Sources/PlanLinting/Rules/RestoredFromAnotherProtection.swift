internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import Units

extension LintRule {
  static let restoredFromAnotherProtection = LintRule(
    "restored-from-another-protection", .warning, "The steps bring data back from a protection that loses more than another one that survives.",
    explanation: """
      What is lost is decided by what the steps restore. A WAL archive that survives is of no help to a scenario whose step restores a logical point.
      The figures are computed from what the steps use; this says what the better protection would come to. A program of the author's does not say
      what it uses: there, the best that survives counts. Nothing is said where the target is met with what the steps use.
      """,
    formula: "RPO = that of the protection that the steps use; the other figure is that of the best one that survives and that no step uses",
    example: """
      `orders` has a WAL archive (1m 5s) and half-hourly dumps (44m). `region-loss` restores with `postgresql.restore`, which takes points: 44m are
      lost, and the WAL archive lies beside it, unused.
      """,
    source: "docs/decisions/0023-figures-from-what-the-steps-use.md",
    fix: "Bring the data back from the better protection with a step of its own (`command.run` with `recovers`), or remove the protection that nothing restores."
  ) { context in
    context.assessment.scenarios.flatMap { scenario in
      scenario.classes.compactMap { data in
        guard let other = data.unused.first, data.loss.figure.map({ $0.total > other.figure.total }) ?? true,
          data.lossTarget.map({ data.loss.total > $0.value }) ?? true
        else { return nil }
        let name = data.dataClass.name.value
        let steps = scenario.typed.steps.filter { $0.specification.footprint.recovers == name.rawValue }
        let used = data.candidates.first.map { "\($0.title): \($0.figure.total.rounded) = \($0.figure.sum)" } ?? "nothing that survives: all of it"
        return Diagnostic(
          "restored-from-another-protection", .warning,
          "`\(scenario.scenario.name.value)` brings `\(name)` back from \(data.candidates.first.map { "`\($0.protection.name)`" } ?? "nothing that survives"), though `\(other.protection.name)` would lose less",
          at: steps.last?.span ?? scenario.scenario.name.span, label: "does not use `\(other.protection.name)`",
          related: [.init(span: other.protection.span, label: "survives, and no step uses it")],
          notes: ["lost with what the steps use, \(used)", "lost with \(other.title): \(other.figure.total.rounded) = \(other.figure.sum)"],
          helps: ["bring it back from `\(other.protection.name)` with a step of its own (`command.run` with `recovers: \(name)`), or say by which protection the target is to be met"])
      }
    }
  }
}
