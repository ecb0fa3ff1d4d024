import Glibc
import TestSupport
import Testing

/// `lint --fix` as a process.
@Suite("lint --fix") struct LintFixTests {
  @Test("changes the file once, keeps its rights, and says what; --dry-run only says") func fix() async throws {
    let folder = try temporaryFolder("fix")
    defer { removeFolder(folder) }
    let path = "\(folder)/plan.yaml"
    let plan = try readFile(Repository.root + "examples/logical-only.yaml")
    let wrong = plan.replacing("  every: 30m", with: "  evry: 30m", maxReplacements: 1)
    try writeFile(path, wrong)
    chmod(path, 0o640)
    func lint(_ options: String...) async throws -> ProgramResult { try await StartedProgram([BuiltProgram.sieDR, "lint", "plan.yaml", "--fix"] + options, in: folder).end() }
    let dry = try await lint("--dry-run")
    #expect(dry.status == 1 && dry.errors.contains("would have written `every` for `evry` (unknown-key)") && dry.output.contains("unknown-key"))
    #expect(try readFile(path) == wrong)
    let made = try await lint()
    #expect(made.status == 0 && made.errors.hasSuffix(": written `every` for `evry` (unknown-key)\n") && !made.output.contains("unknown-key"))
    #expect(try readFile(path) == plan)
    var info = stat()
    #expect(stat(path, &info) == 0 && info.st_mode & 0o777 == 0o640)
    let again = try await lint()
    #expect(again.status == 0 && again.errors == "")
  }

  @Test("is for files") func usage() async throws {
    for arguments in [["-", "--fix"], ["plan.yaml", "--dry-run"]] {
      #expect(try await StartedProgram([BuiltProgram.sieDR, "lint"] + arguments, in: "/").end().status == 64)
    }
  }
}
