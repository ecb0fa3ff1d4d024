internal import Diagnostics
internal import PlanModel

extension LintRule {
  static let siteMissing = LintRule(
    "site-missing", .warning, "Nobody can tell whether a store is lost with a site.",
    explanation: """
      A scenario that loses a site takes along what is there. A store that says no `site` is lost in none, and every figure that rests on it hopes that it is
      somewhere else. A bucket is in a region even if nobody has written down which.
      """,
    example: """
      `backups: { s3: { bucket: backups } }` without `site`, and a scenario `loses: { sites: [us-east-1] }`: if the bucket is in us-east-1, nothing is left to restore from.
      """,
    source: "docs/language.md, \"Sections\"",
    fix: "Add `site: SITE` to the store; define a site of its own if it is in none of those that the plan has."
  ) { context in
    let losing = context.plan.scenarios.first { !$0.loses.sites.isEmpty }
    guard let losing, let site = losing.loses.sites.first else { return [] }
    return context.plan.stores.filter { $0.site == nil }.map { store in
      Diagnostic(
        "site-missing", .warning, "`\(store.name.value)` is in no site, so nobody can tell whether `\(losing.name.value)` takes it along", at: store.name.span,
        label: "counts as one that survives", related: [.init(span: site.span, label: "what is there is lost")], helps: ["add `site: SITE` to it"])
    }
  }
}
