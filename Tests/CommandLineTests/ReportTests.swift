import CanonicalJSON
import Glibc
import TestSupport
import Testing

/// The built program: what is told of a run when it is over, and what is told before anything happens.
@Suite("Report and status", .timeLimit(.minutes(3)))
struct ReportTests {
  private func inFolder(_ body: (_ folder: String, _ run: ([String]) async throws -> ProgramResult) async throws -> Void) async throws {
    let folder = try temporaryFolder("report")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: told, owner: sre }
      objectives: { rto: 1h }
      postIncident: { report: { within: 24h, by: commander }, runbook: { within: 3d }, postmortem: { within: 5d }, tickets: { within: 7d } }
      scenarios:
        lost:
          detect: { noticedWithin: 5m }
          onFailure: pause
          steps:
            first: { command.run: { run: [sleep, "0.3"], undo: ["true"] }, timeout: 10s, estimate: 100ms }
            second: { command.run: { run: [test, -e, there], undo: ["true"] }, needs: [first], timeout: 10s }
        slow:
          detect: { noticedWithin: 5m }
          steps: { wait: { command.run: { run: [sh, -c, "touch begun; while ! test -e go; do sleep 0.05; done"], undo: ["true"] }, timeout: 1m, estimate: 1s } }

      """)
    try await body(folder) { try await StartedProgram([BuiltProgram.sieDR] + $0, environment: ["SIE_DR_WHO": "tester"], in: folder).end() }
  }

  @Test("a run that failed, was resumed and is done: report, files, lessons that lint takes, duties until they are done") func whole() async throws {
    try await inFolder { folder, run in
      #expect(try await run(["apply", "--yes", "plan.yaml", "--scenario", "lost"]).status == 6)
      let id = try #require(names(in: "\(folder)/.sie-dr/runs").first)
      let open = try await run(["status", "plan.yaml"])
      #expect(open.status == 0 && open.output.contains("recovery from `lost`  paused") && open.output.contains("nobody holds the lock"), "\(open.output)")
      try writeFile("\(folder)/there", "")
      #expect(try await run(["resume", id, "--state", ".sie-dr"]).status == 0)

      let text = try await run(["report", id, "--state", ".sie-dr"])
      #expect(text.status == 0 && text.output.contains("second failed: ") && text.output.contains("the run is done") && text.output.contains("RTO of the service"), "\(text.output)")
      let json = try CanonicalJSON.decode(JSONValue.self, from: try await run(["report", id, "--format", "json"]).output.utf8)
      #expect(json["result"] == "done" && json["duties"]?.array?.count == 4 && json["lessons"]?["tickets"]?.array?.contains { $0["slug"] == "failed-second" } == true)

      // All of it into a folder; what people go on writing stays.
      let written = try await run(["report", id, "--out", "incident"])
      #expect(written.status == 0 && written.output.contains("-failed-second.md: written"), "\(written.output)")
      #expect(Set(names(in: "\(folder)/incident")) == ["report.md", "report.json", "postmortem.md", "tickets", "evidence.yaml", "lessons.overlay.yaml"])
      try writeFile("\(folder)/incident/postmortem.md", "Ours now.\n")
      let again = try await run(["report", id, "--out", "incident"])
      #expect(again.output.contains("incident/postmortem.md: is there already, and stays as it is"))
      #expect(try readFile("\(folder)/incident/postmortem.md") == "Ours now.\n")

      // The draft is a change that lint computes with, and the evidence is one that it takes.
      let before = try await run(["lint", "plan.yaml", "--format", "json"]), after = try await run(["lint", "plan.yaml", "--overlay", "incident/lessons.overlay.yaml", "--format", "json"])
      #expect(before.status == 0 && after.status == 0, "\(after.errors)")
      func computed(_ result: ProgramResult) throws -> JSONValue? {
        try CanonicalJSON.decode(JSONValue.self, from: result.output.utf8)["plans"]?.array?.first?["objectives"]?.array?.first { $0["scenario"] == "lost" }?["computed"]
      }
      let (believed, learnt) = (try computed(before), try computed(after))
      #expect(believed == "5m10s100ms" && learnt != believed, "\(believed ?? .null) \(learnt ?? .null)")
      try writeFile("\(folder)/with.yaml", readFile("\(folder)/plan.yaml") + "evidence: incident/evidence.yaml\n")
      let measured = try await run(["lint", "with.yaml", "--format", "json"])
      #expect(measured.status == 0 && !measured.output.contains("evidence-un"), "\(measured.output)")
      let told = try computed(measured)
      #expect(told == learnt, "\(told ?? .null)")

      // A day later the report is overdue, until somebody says that it is written.
      let tomorrow = "2099-01-01T00:00:00Z"
      let late = try await run(["status", "plan.yaml", "--now", tomorrow])
      #expect(late.status == 1 && late.output.contains("the incident report of run \(id) (`lost`) is overdue since"), "\(late.output)")
      #expect(try await run(["report", id, "--done", "report", "--note", "wiki/42"]).output.contains("by tester: wiki/42"))
      let then = try await run(["status", "plan.yaml", "--now", tomorrow])
      #expect(!then.output.contains("the incident report") && then.output.contains("the post-mortem of run \(id)"))
      for duty in ["runbook", "postmortem", "tickets"] { _ = try await run(["report", id, "--done", duty]) }
      #expect(try await run(["status", "plan.yaml", "--now", tomorrow]).status == 0)
    }
  }

  @Test("a post-mortem has blanks only where a person must judge") func postmortem() async throws {
    try await inFolder { folder, run in
      _ = try await run(["apply", "--yes", "plan.yaml", "--scenario", "lost"])
      let id = try #require(names(in: "\(folder)/.sie-dr/runs").first)
      let text = try await run(["report", id, "--postmortem", "--disaster", "2026-01-01T00:00:00Z"]).output
      #expect(text.contains("- **disaster**: 2026-01-01T00:00:00Z") && text.contains("second failed") && text.contains("[01-rto-service.md](tickets/01-rto-service.md)"), "\(text)")
      #expect(text.split(separator: "> **To fill in:**").count == 9, "\(text)")
    }
  }

  @Test("while a run is at work status names who holds the lock, and is not in the way") func lock() async throws {
    try await inFolder { folder, run in
      let program = try StartedProgram([BuiltProgram.sieDR, "apply", "--yes", "plan.yaml", "--scenario", "slow"], environment: ["SIE_DR_WHO": "worker"], in: folder)
      try await until("the step is at work") { names(in: folder).contains("begun") || !program.isRunning }
      for _ in 0..<3 {
        let seen = try await run(["status", "plan.yaml"])
        #expect(seen.status == 0 && seen.output.contains("the lock is held by worker on ") && seen.output.contains("recovery from `slow`  at work"), "\(seen.output)")
      }
      try writeFile("\(folder)/go", "")
      #expect(try await program.end().status == 0)
      #expect(try await run(["status", "plan.yaml"]).output.contains("nobody holds the lock"))
    }
  }

  @Test("a run that is not there, and a journal that was changed, end in words") func wrong() async throws {
    try await inFolder { folder, run in
      let none = try await run(["report", "20260101T000000Z-none"])
      #expect(none.status == 1 && none.errors.contains("error[no-such-run]"), "\(none.errors)")
      _ = try await run(["apply", "--yes", "plan.yaml", "--scenario", "lost"])
      let id = try #require(names(in: "\(folder)/.sie-dr/runs").first)
      let journal = "\(folder)/.sie-dr/runs/\(id)/journal.jsonl"
      try writeFile(journal, readFile(journal).replacing("\"intent\"", with: "\"indent\"", maxReplacements: 1))
      let damaged = try await run(["report", id, "--done", "report"])
      #expect(damaged.status == 1 && damaged.errors.contains("error[journal-damaged]"), "\(damaged.errors)")
      // Nothing is taken down of a run that nobody can read.
      #expect(!names(in: "\(folder)/.sie-dr/runs/\(id)").contains("duties"))
      let status = try await run(["status", "plan.yaml"])
      #expect(status.status == 1 && status.errors.contains("error[journal-damaged]"), "\(status.errors)")
    }
  }
}
