internal import Diagnostics
internal import PlanModel

extension LintRule {
  static let derivedWithoutRebuild = LintRule(
    "derived-without-rebuild", .error, "Derived data comes back from nowhere: nothing says how it is made anew.",
    explanation: """
      Data that is derived from other data, such as a search index, is right only if it is made from what its source is after the restore. A
      point of its own is of another moment: it holds documents that the database no longer has, or lacks some that it has.
      """,
    formula: "recovery of a derived class = recovery of its source + rebuild",
    example: """
      `search` is `derivedFrom: insights`, insights is back after 2h, and a rebuild takes 3h: search is back after 5h. Without `rebuild` nobody can
      say, and nobody has tried.
      """,
    source: "meilisearch/meilisearch issues 4087 and 4158: an import that takes days",
    fix: "Add `rebuild: { estimate: 2h }` with how long it takes to make it anew, or remove `derivedFrom` and protect it like any other data."
  ) { context in
    context.plan.dataClasses.compactMap { dataClass in
      guard let derivation = dataClass.derivation, derivation.rebuild == nil else { return nil }
      return Diagnostic(
        "derived-without-rebuild", "`\(dataClass.name.value)` is derived from `\(derivation.source.value)`, and the plan does not say how it is rebuilt",
        at: derivation.source.span, label: "made from this", helps: ["add `rebuild: { estimate: 2h }`: how long it takes to make it anew"])
    }
  }
}
