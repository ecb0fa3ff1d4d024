internal import Diagnostics
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let undoMissing = LintRule(
    "undo-missing", .error, "A step changes the world and nobody said how to take it back.",
    explanation: """
      A rollback can only be as good as its worst step. Where a step's kind cannot know how to undo it, the author must say so.
      """,
    example: """
      `command.run: { run: [switch-dns, west] }` fails two steps later: nobody wrote that `switch-dns east` takes it back.
      """,
    source: "H. Garcia-Molina, K. Salem, Sagas (1987): each step with its compensation",
    fix: "Write `undo:` with a step of its own, or `irreversible: REASON`, which the plan shows before anything runs."
  ) { context in
    context.typed.scenarios.flatMap { scenario in
      scenario.steps.compactMap { step in
        guard case .unknown = step.specification.undo, step.step?.undo == nil else { return nil }
        return Diagnostic(
          "undo-missing", "the step `\(step.specification.name)` of `\(scenario.scenario.name.value)` has no undo", at: step.span, label: "`\(step.specification.kind)` cannot know how to take it back",
          helps: ["add `undo: { command.run: { run: [program, argument, …] } }`, or `irreversible: why it cannot be taken back`"])
      }
    }
  }
}
