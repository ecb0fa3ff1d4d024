internal import CanonicalJSON
internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let promoteWithoutFence = LintRule(
    "promote-without-fence", .error, "A replica becomes the primary while the old primary may still take writes.",
    explanation: """
      Whoever cannot reach the old primary does not know that it is down: a part of its clients may still write to it. Two primaries take writes
      that nobody can bring together again. So a step that promotes must come after one that fences another server where the data can live: one that
      the scenario loses, if it loses any.
      """,
    example: """
      `east` is cut off from the operators, not from its users: they go on writing to `pg-east` while `pg-west` is promoted. When the line is back,
      both have rows that the other lacks.
      """,
    source: "cloudnative-pg/cloudnative-pg issue 7407; docs/step-kinds.md, `postgresql.fence`",
    fix: "Add `fence: { postgresql.fence: { server: OLD-PRIMARY } }`, and `needs: [fence]` to the step that promotes."
  ) { context in
    context.orderedSteps.flatMap { ordered in
      ordered.indices(of: "postgresql.promote").compactMap { finding($0, ordered, context.plan) }
    }
  }

  private static func finding(_ index: Int, _ ordered: OrderedSteps, _ plan: Plan) -> Diagnostic? {
    let step = ordered.steps[index]
    guard let promoted = step.server else { return nil }
    let data = (step.written("data") ?? step.argument("data")?.string).flatMap { plan.dataClass(DataClassName(rawValue: $0)) }
    let others = (data?.servers.map(\.value) ?? plan.servers(of: .postgresql).map(\.name.value)).filter { $0 != promoted }
    let lost = others.filter { ordered.assessed.survival.servers.contains($0) }
    let old = lost.isEmpty ? others : lost
    func isFence(_ step: TypedStep) -> Bool {
      step.kind == "postgresql.fence" && (old.isEmpty || step.server.map(old.contains) == true)
    }
    guard !ordered.before(index).contains(where: isFence) else { return nil }
    let unordered = ordered.steps.first(where: isFence)
    let what = old.count == 1 ? "`\(old[0])`" : "the old primary"
    return Diagnostic(
      "promote-without-fence", "`\(step.name)` makes `\(promoted)` a primary, and nothing fences \(what) before", at: step.span,
      label: "both may take writes", related: unordered.map { [.init(span: $0.span, label: "the fence, in no order with it")] } ?? [],
      helps: [
        unordered.map { "add `needs: [\($0.name)]` to `\(step.name)`" }
          ?? "add `fence: { postgresql.fence: { server: \(old.first?.rawValue ?? "SERVER") } }`, and `needs: [fence]` to `\(step.name)`"
      ])
  }
}
