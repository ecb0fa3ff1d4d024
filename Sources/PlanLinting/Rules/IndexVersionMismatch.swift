internal import CanonicalJSON
internal import Diagnostics
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let indexVersionMismatch = LintRule(
    "index-version-mismatch", .error, "A snapshot of a search server is to be read by another version of it.",
    explanation: """
      A snapshot is the server's own files: only the version that wrote them reads them. A dump is text that later versions read too. `version` of a server says which one it runs; a step
      that restores the snapshots of a class into a server of another version cannot work. Nothing is said where a version is not stated.
      """,
    example: "`search-east` runs 1.11 and makes snapshots; `search-west` was set up last month with 1.13 and does not start from them.",
    source: "Meilisearch documentation, \"Snapshots and dumps\": snapshots are not compatible between versions",
    fix: "Run the same version on both, or protect the class by `dump: {}`."
  ) { context in
    context.typed.scenarios.flatMap { scenario in
      scenario.steps.compactMap { step in
        guard step.kind == "meilisearch.restore", let data = step.specification.footprint.recovers.flatMap({ context.plan.dataClass(DataClassName(rawValue: $0)) }),
          let target = (step.argument("server")?["server"] ?? step.argument("server"))?.string.flatMap({ context.plan.server(ServerName(rawValue: $0)) }), let there = target.version,
          let snapshot = data.protections.first(where: { if case .snapshot = $0.method { true } else { false } }),
          let other = data.servers.lazy.compactMap({ context.plan.server($0.value)?.version }).first(where: { $0.value != there.value })
        else { return nil }
        return Diagnostic(
          "index-version-mismatch", "`\(step.name)` restores a snapshot of `\(data.name.value)` into `\(target.name.value)`, which runs another version", at: step.span(of: "server"),
          label: "does not read it", related: [.init(span: there.span, label: "the version here"), .init(span: other.span, label: "the version that writes the snapshots")],
          helps: ["run one version on both, or write `dump: {}` instead of `snapshot` in `\(snapshot.name.value)`"])
      }
    }
  }
}
