@testable import Commands
import TestSupport
import Testing

/// What is printed of a plan for editors and for people: `schema`, `graph`, `runbook`. Pure: no server takes part.
@Suite("Documents") struct DocumentTests {
  static let fixtures = "Tests/CommandLineTests/Snapshots"

  /// In the repository's root, so that paths in what is printed are the same everywhere.
  func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> ProgramResult {
    try await StartedProgram([BuiltProgram.sieDR] + arguments, environment: environment, in: Repository.root).end()
  }

  /// The output, the same when asked twice.
  func output(_ arguments: [String]) async throws -> String {
    let first = try await StartedProgram([BuiltProgram.sieDR] + arguments, in: Repository.root).end()
    let second = try await StartedProgram([BuiltProgram.sieDR] + arguments, in: Repository.root).end()
    #expect(first.status == 0 && first.errors == "", "\(first.errors)")
    #expect(first.output == second.output)
    return first.output
  }

  // MARK: schema

  @Test("schema prints the very text of schemas/", arguments: ["plan", "changeset", "journal-record", "recovery-point"])
  func schema(_ name: String) async throws {
    #expect(try await output(["schema", name]) == readFile(Repository.root + "schemas/\(name).v1.json"))
  }

  @Test("schema alone is the plan's, and an unknown one is answered with those that there are")
  func schemaNames() async throws {
    #expect(try await output(["schema"]) == readFile(Repository.root + "schemas/plan.v1.json"))
    let unknown = try await run("schema", "journal")
    #expect(unknown.status == 64 && unknown.errors.contains("journal-record"), "\(unknown.errors)")
    #expect(names(in: Repository.root + "schemas").sorted() == SchemaDocument.allCases.map { "\($0.rawValue).v1.json" }.sorted())
  }
}
