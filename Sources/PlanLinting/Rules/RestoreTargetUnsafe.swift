internal import CanonicalJSON
internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface

extension LintRule {
  static let restoreTargetUnsafe = LintRule(
    "restore-target-unsafe", .error, "Data is restored into a server that holds other data, or the same data still.",
    explanation: """
      A restore wants an empty place. Two kinds of place are not, as the plan itself says: a Redis server where the data still is, because the scenario does not lose it; and a Redis or search
      server where another class lives that this scenario does not lose either. What a restore finds there it refuses, mixes or overwrites. PostgreSQL points
      go into a database of their own, which the step itself looks at before it begins.
      """,
    example: "`redis.restore` into `cache`, where the sessions of everybody live: either it refuses, or everybody is logged out.",
    source: "Smana/cloud-native-ref issue 1904, cloudnative-pg/cloudnative-pg issue 6470",
    fix: "Restore into a server that is empty, or that the scenario loses."
  ) { context in
    context.assessment.scenarios.flatMap { scenario in
      scenario.typed.steps.compactMap { step in
        guard ["redis.restore", "meilisearch.restore"].contains(step.kind.rawValue), let name = (step.argument("server")?["server"] ?? step.argument("server"))?.string.map(ServerName.init(rawValue:)),
          !scenario.survival.servers.contains(name),
          let holder = context.plan.dataClasses.first(where: { $0.servers.first?.value == name })
        else { return nil }
        let isSame = step.specification.footprint.recovers == holder.name.value.rawValue
        // Meilisearch is started beside the data that was there.
        if isSame, step.kind == "meilisearch.restore" { return nil }
        return Diagnostic(
          "restore-target-unsafe", "`\(step.name)` restores into `\(name)`, which \(isSame ? "still holds" : "holds") `\(holder.name.value)`", at: step.span(of: "server"),
          label: "not empty", related: [.init(span: holder.servers.first?.span ?? holder.name.span, label: "what lives there")],
          helps: ["restore into a server that is empty, or say under `loses` that this one is lost"])
      }
    }
  }
}
