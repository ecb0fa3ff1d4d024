import CanonicalJSON
import Glibc
import TestSupport
import Testing

/// Steps that this version only plans, as every command meets them: said openly, and refused before anything is begun.
@Suite("Steps that are only planned") struct PlannedStepTests {
  private static let plan = """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: planned }
    servers:
      cluster: { kubernetes: { context: east } }
      queue: { redis: { url: { secret: queue-url } } }
    secrets: { queue-url: { env: QUEUE_URL } }
    scenarios:
      failover:
        detect: { noticedWithin: 5m }
        rollback: { after: { terraform.apply: { folder: after }, timeout: 1m } }
        steps:
          mark: { command.run: { run: [touch, begun], undo: [rm, -f, begun] }, timeout: 10s, estimate: 1s }
          stop: { terraform.apply: { folder: stop }, needs: [mark], timeout: 2m, estimate: 10s }
          start:
            terraform.apply: { folder: start }
            needs: [stop]
            timeout: 2m
            estimate: 10s
          switch:
            command.run: { run: [touch, switched] }
            undo: { terraform.apply: { folder: infra }, timeout: 1m }
            needs: [start]
            timeout: 10s
            estimate: 1s
      by-hand:
        detect: { noticedWithin: 5m }
        steps:
          mark: { command.run: { run: [touch, begun], undo: [rm, -f, begun] }, timeout: 10s, estimate: 1s }

    """

  private func inFolder(_ body: (_ folder: String, _ run: ([String]) async throws -> ProgramResult) async throws -> Void) async throws {
    let folder = try temporaryFolder("planned")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", Self.plan)
    try await body(folder) { arguments in
      try await StartedProgram([BuiltProgram.sieDR] + arguments, environment: ["QUEUE_URL": "redis://localhost"], in: folder).end()
    }
  }

  private func isUntouched(_ folder: String) -> Bool { !names(in: folder).contains { ["begun", "switched", ".sie-dr"].contains($0) } }

  @Test("lint works wholly with them") func lint() async throws {
    try await inFolder { _, run in
      let result = try await run(["lint", "plan.yaml"])
      #expect(result.status == 0, "\(result.output)")
    }
  }

  @Test("plan says that they cannot be observed, and still times them") func plan() async throws {
    try await inFolder { folder, run in
      let text = try await run(["plan", "plan.yaml", "--scenario", "failover"])
      #expect(text.status == 0, "\(text.errors)")
      #expect(text.output.contains("* stop  terraform.apply\n      cannot be observed by this version of sie-dr, and `apply` refuses to run it\n"), "\(text.output)")
      #expect(text.output.contains("! `stop` could not be observed: this version of sie-dr has no provider for `terraform.apply`"))
      #expect(text.output.contains("critical path: mark → stop → start → switch"))
      // Also where an earlier step changes the same thing.
      let json = try await run(["plan", "plan.yaml", "--scenario", "failover", "--format", "json"])
      let steps = try CanonicalJSON.decode(JSONValue.self, from: Array(json.output.utf8))["steps"]?.array ?? []
      #expect(steps.map { $0["change"]?["action"] } == ["run", "unknown", "unknown", "run"])
      #expect(isUntouched(folder))
    }
  }

  @Test("apply refuses the whole run and names the steps and their kinds, also of an undo and of a hook, also from a changeset") func refused() async throws {
    try await inFolder { folder, run in
      #expect(try await run(["plan", "plan.yaml", "--scenario", "failover", "--out", "saved.json"]).status == 0)
      for arguments in [["apply", "--yes", "plan.yaml", "--scenario", "failover"], ["apply", "plan.yaml", "--scenario", "failover"], ["apply", "--yes", "saved.json"]] {
        let result = try await run(arguments)
        #expect(result.status == 1 && result.output == "", "\(result.output)")
        let expected = """
          error[provider-missing]: this version of sie-dr cannot carry out `terraform.apply`: nothing was begun
            = `terraform.apply`: `stop`, `start`, `switch`, `rollback-after`
            = help: do the scenario by hand, step by step, as `sie-dr runbook PLAN` prints it, or write these steps as `command.run`
            = help: `docs/step-kinds.md` says which kinds this version carries out

          """
        #expect(result.errors == expected, "\(result.errors)")
        #expect(isUntouched(folder))
      }
    }
  }

  @Test("a scenario of the same plan without them is carried out") func others() async throws {
    try await inFolder { folder, run in
      let result = try await run(["apply", "--yes", "plan.yaml", "--scenario", "by-hand"])
      #expect(result.status == 0 && names(in: folder).contains("begun"), "\(result.errors)")
    }
  }

  @Test("doctor says which are missing and who needs them, and that it cannot look at such servers") func doctor() async throws {
    try await inFolder { _, run in
      let result = try await run(["doctor", "plan.yaml", "--format", "json"])
      #expect(result.status == 1)
      let systems = try CanonicalJSON.decode(JSONValue.self, from: Array(result.output.utf8))["systems"]?.array ?? []
      func checks(_ name: String) -> [JSONValue] { systems.first { $0["name"]?.string == name }?["checks"]?.array ?? [] }
      #expect(checks("step kinds").map { $0["name"] } == ["terraform.apply"])
      #expect(checks("step kinds").first?["verdict"] == "failed")
      let who = ["stop", "start", "switch", "rollback-after"].map { "`\($0)` of `failover`" }.joined(separator: ", ")
      #expect(checks("step kinds").first?["message"] == .string("this version cannot carry it out, so `apply` refuses: needed by \(who)"))
      #expect(checks("server cluster").first?["verdict"] == "not-checked")
      #expect(checks("server cluster").first?["message"] == "this version of sie-dr cannot look at a Kubernetes cluster")
    }
  }

  @Test("the runbook says that they are done by hand") func runbook() async throws {
    try await inFolder { _, run in
      let result = try await run(["runbook", "plan.yaml"])
      let marked = result.output.split(separator: "\n").filter { $0.contains("By hand: this version of sie-dr cannot carry it out") }
      #expect(result.status == 0 && marked.count == 3, "\(result.output)")
    }
  }
}
