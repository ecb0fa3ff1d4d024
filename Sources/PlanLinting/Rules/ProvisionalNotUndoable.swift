internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import Units

extension LintRule {
  static let provisionalNotUndoable = LintRule(
    "provisional-not-undoable", .error, "A recovery that is only tried at first has a step that nobody can take back.",
    explanation: """
      `provisional` promises that what was done can be looked at and taken back. A step that is irreversible, or whose undo nobody wrote, breaks the promise at
      the very moment at which it is needed. While it lasts, what is written on the new side is lost by a rollback.
      """,
    formula: "exposure = provisional.for: what is written meanwhile is lost if it ends in a rollback; it is not part of the RTO",
    example: """
      `provisional: { for: 30m, then: rollback }` around a promotion that says `irreversible`: after half an hour it cannot be taken back, and is not.
      """,
    source: "Zerto, failover with a commit policy; H. Garcia-Molina, K. Salem, Sagas (1987)",
    fix: "Write an `undo` for the step, or commit the recovery at once: leave `provisional` out."
  ) { context in
    context.assessment.scenarios.flatMap { assessed -> [Diagnostic] in
      guard let provisional = assessed.scenario.provisional else { return [] }
      return assessed.typed.steps.compactMap { step in
        let why: String
        switch step.specification.undo {
        case .irreversible: why = "is irreversible"
        case .unknown: why = "has no undo"
        case .nothingToUndo, .byKind, .step: return nil
        }
        return Diagnostic(
          "provisional-not-undoable", "`\(assessed.scenario.name.value)` is provisional, and its step `\(step.name)` \(why)", at: step.span, label: "cannot be taken back",
          related: [.init(span: provisional.span, label: "tried for \(provisional.value.duration.rounded), then \(provisional.value.ending.rawValue)")],
          helps: ["add `undo: { … }` to the step, or leave `provisional` out"])
      }
    }
  }
}
