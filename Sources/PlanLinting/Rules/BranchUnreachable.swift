internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import Units

extension LintRule {
  static let branchUnreachable = LintRule(
    "branch-unreachable", .warning, "A branch of a choice can never be taken, or never be done.",
    explanation: """
      The branches of `firstOf` are tried in their order. One without `until` is not given up for the time it takes, so nothing after it is ever begun; one whose
      own estimates exceed its `until` is always given up, and only costs its time. A branch that needs what a scenario loses is skipped there: that is what the
      other branches are for, so it is only a note.
      """,
    formula: "time of a choice ≤ Σ until of the branches before the last + the last branch;  a branch is of use only if its steps ≤ its until",
    example: """
      `replica` with `until: 10m` and a promotion that is believed to take 12m, else `backup` in 1h: never a promotion, and always 1h 10m.
      """,
    source: "docs/language.md, \"Branches\"",
    fix: "Give each branch but the last an `until` that its steps can meet, or remove the branch."
  ) { context in
    context.assessment.scenarios.flatMap { assessed -> [Diagnostic] in
      assessed.scenario.choices.flatMap { choice in afterTheLast(choice) + lost(choice, assessed, context.plan) + tooSlow(choice, assessed) }
    }
  }

  private static func afterTheLast(_ choice: Choice) -> [Diagnostic] {
    guard let endless = choice.branches.firstIndex(where: { $0.until == nil }) else { return [] }
    return choice.branches[(endless + 1)...].map { branch in
      Diagnostic(
        "branch-unreachable", .warning, "the branch `\(branch.name.value)` of `\(choice.name.value)` is never begun", at: branch.name.span,
        label: "comes after one that is never given up", related: [.init(span: choice.branches[endless].name.span, label: "has no `until`")],
        helps: ["add `until: 10m` to `\(choice.branches[endless].name.value)`, or remove `\(branch.name.value)`"])
    }
  }

  private static func lost(_ choice: Choice, _ assessed: ScenarioAssessment, _ plan: Plan) -> [Diagnostic] {
    let losses = choice.branches.map { branch in
      assessed.typed.steps.first { branch.steps.contains($0.name) && assessed.survival.loses($0.specification, in: plan) }
    }
    guard losses.contains(where: { $0 == nil }) else { return [] }
    return zip(choice.branches, losses).compactMap { branch, step in
      guard let step, let why = step.specification.footprint.requires.compactMap({ assessed.survival.loss(of: $0, in: plan) }).min() else { return nil }
      return Diagnostic(
        "branch-unreachable", .note, "the branch `\(branch.name.value)` of `\(choice.name.value)` is not tried in `\(assessed.scenario.name.value)`", at: branch.name.span,
        label: "skipped in this scenario", notes: ["`\(step.name)` needs \(why)"])
    }
  }

  private static func tooSlow(_ choice: Choice, _ assessed: ScenarioAssessment) -> [Diagnostic] {
    guard let recovery = assessed.recovery else { return [] }
    let steps = assessed.typed.steps
    return choice.branches.dropLast().compactMap { branch in
      let members = steps.indices.filter { branch.steps.contains(steps[$0].name) }
      let takes = recovery.network.graph.longestPath(among: members, steps.map { $0.estimated?.amount ?? $0.specification.longest })
      guard let until = branch.until, takes > until.value, !members.contains(where: { steps[$0].estimated == nil }) else { return nil }
      return Diagnostic(
        "branch-unreachable", .warning, "the branch `\(branch.name.value)` of `\(choice.name.value)` is always given up", at: until.span,
        label: "its steps take \(takes.rounded) by their estimates", helps: ["allow it \(takes.rounded) and more, or remove the branch"])
    }
  }
}
