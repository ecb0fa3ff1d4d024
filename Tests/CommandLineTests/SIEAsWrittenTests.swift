import CanonicalJSON
import TestSupport
import Testing

/// `examples/sie-as-written.yaml`: what the document says, literally, and what is wrong with it.
struct SIEAsWrittenTests {
  /// What a reader of the document should find: where the plan says it, and which rule speaks there.
  struct Fault: Sendable, CustomTestStringConvertible {
    var number: Int
    var what: String
    /// A part of the line that the finding points at.
    var line: String
    var rules: [String]
    var testDescription: String { "\(number). \(what)" }
  }

  static let faults = [
    Fault(number: 1, what: "hourly backups cannot give an RPO of 1 h, and the script is daily", line: "every: 1d", rules: ["rpo-exceeded"]),
    Fault(number: 2, what: "one bucket, in no stated region", line: "sie-backups: { s3:", rules: ["site-missing"]),
    Fault(number: 2, what: "and no second one", line: "to: [sie-backups]", rules: ["single-copy"]),
    Fault(number: 3, what: "the commands of the cluster failure never restore the database", line: "cluster-failure:", rules: ["data-not-recovered"]),
    Fault(number: 4, what: "promotion without fencing the old primary", line: "promote:", rules: ["promote-without-fence"]),
    Fault(number: 5, what: "retention must outlast detection", line: "keep: { for: 30d }", rules: ["retention-too-short"]),
    Fault(number: 5, what: "ingestion is stopped and never started again", line: "stop-ingestion:", rules: ["freeze-without-release"]),
    Fault(number: 6, what: "no verification after the restore", line: "restore:", rules: ["restore-not-verified"]),
    Fault(number: 6, what: "a roll-out nobody waits for", line: "restart-pods:", rules: ["rollout-not-awaited"]),
    Fault(number: 7, what: "no TTL, which is part of the RTO", line: "dns-failover:", rules: ["dns-ttl-missing"]),
    Fault(number: 8, what: "an index with an RPO of a day below a service with one of an hour", line: "every: 1d", rules: ["rpo-exceeded"]),
    Fault(number: 9, what: "a dump through a pipe that nobody looks at, under a name that collides, with credentials in arguments", line: "pg_dump $DATABASE_URL",
      rules: ["unchecked-pipe", "colliding-file-name", "secret-in-arguments"]),
    Fault(number: 9, what: "`psql` that goes on after errors", line: "gunzip -c", rules: ["sql-errors-ignored"]),
    Fault(number: 10, what: "queues whose lost messages nobody queues again", line: "ephemeral: {}", rules: ["ephemeral-unsettled"]),
    Fault(number: 11, what: "drills never done", line: "failover-drill:", rules: ["drill-never-done"]),
    Fault(number: 12, what: "no undo for any step", line: "update-secret:", rules: ["undo-missing"]),
  ]

  private static let path = "examples/sie-as-written.yaml"
  private static func lint(_ format: String) async throws -> ProgramResult {
    try await StartedProgram([BuiltProgram.sieDR, "lint", path, "--now", "2026-11-24", "--format", format], environment: ["COLUMNS": "140"], in: Repository.root).end()
  }

  @Test("each of its twelve faults is found at its place, with a way out", arguments: faults)
  func found(_ fault: Fault) async throws {
    let result = try await Self.lint("json")
    #expect(result.status == 3)
    let report = try CanonicalJSON.decode(JSONValue.self, from: Array(result.output.utf8))
    let findings = report["findings"]?.array ?? []
    let lines = try readFile(Repository.root + Self.path).split(separator: "\n", omittingEmptySubsequences: false)
    for rule in fault.rules {
      let there = findings.filter { finding in
        guard finding["code"]?.string == rule, let line = finding["span"]?["start"]?["line"]?.int else { return false }
        return lines[Int(line) - 1].contains(fault.line) && finding["helps"]?.array?.isEmpty == false
      }
      #expect(!there.isEmpty, "\(rule) at `\(fault.line)`")
    }
  }

  @Test("what lint says of it is what the page shows, and the same bytes twice")
  func page() async throws {
    let (first, second) = (try await Self.lint("text"), try await Self.lint("text"))
    #expect(first.output == second.output && first.status == 3)
    try expectSnapshot(first.output, "Tests/CommandLineTests/Snapshots/sie-as-written.txt")
  }
}
