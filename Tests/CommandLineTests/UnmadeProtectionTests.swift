import TestSupport
import Testing

/// What a plan states and nothing here makes.
@Suite("Protections without a provider") struct UnmadeProtectionTests {
  @Test("are named by plan and apply, which do the rest, and by nothing else", arguments: [["plan"], ["apply", "--yes"]]) func named(_ command: [String]) async throws {
    let folder = try temporaryFolder("unmade")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: unmade }
      secrets: { url: { env: URL } }
      servers: { pg: { postgresql: { url: { secret: url } } }, two: { postgresql: { url: { secret: url } } } }
      stores: { near: { directory: { path: near } } }
      data:
        orders:
          on: [pg, two]
          protect:
            archive: { wal: { base: 1d, timeout: 60s }, to: [near] }
            standby: { replica: { server: two, maxLag: 30s } }
            dump: { dump: {}, every: 1d, to: [near], copy: [], keep: { for: 30d } }
      scenarios: { drill: { steps: {} } }

      """)
    let result = try await StartedProgram([BuiltProgram.sieDR] + command + ["plan.yaml"], in: folder).end()
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    for (name, method) in [("archive", "wal"), ("standby", "replica"), ("dump", "dump")] {
      #expect(result.errors.contains("warning[provider-missing]: this version neither makes nor observes `\(name)` of `orders`, a protection by `\(method)`"))
    }
    let scenario = try await StartedProgram([BuiltProgram.sieDR] + command + ["plan.yaml", "--scenario", "drill"], in: folder).end()
    #expect(!scenario.errors.contains("provider-missing"))
  }
}
