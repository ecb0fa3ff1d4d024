import TestSupport
import Testing

/// `fmt` as a process: what it prints, checks and writes.
@Suite("fmt") struct FormatTests {
  static let untidy = "# a plan\napiVersion:   sie-dr/v1  \n\n\nmetadata:\n    name: x   # its name\n"
  static let tidy = "# a plan\napiVersion:   sie-dr/v1\n\nmetadata:\n  name: x   # its name\n"

  func inFolder(_ text: String, _ body: (String) async throws -> Void) async throws {
    let folder = try temporaryFolder("fmt")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", text)
    try await body(folder)
  }

  func fmt(_ arguments: String..., in folder: String) async throws -> ProgramResult {
    try await StartedProgram([BuiltProgram.sieDR, "fmt"] + arguments, in: folder).end()
  }

  @Test("prints the text in order and leaves the file alone") func prints() async throws {
    try await inFolder(Self.untidy) { folder in
      let result = try await fmt("plan.yaml", in: folder)
      #expect(result.status == 0 && result.output == Self.tidy && result.errors == "")
      #expect(try readFile("\(folder)/plan.yaml") == Self.untidy)
    }
  }

  @Test("--check names a file that is not in order and ends with 2") func check() async throws {
    try await inFolder(Self.untidy) { folder in
      let untidy = try await fmt("plan.yaml", "--check", in: folder)
      #expect(untidy.status == 2 && untidy.output == "plan.yaml\n")
      #expect(try readFile("\(folder)/plan.yaml") == Self.untidy)
      try writeFile("\(folder)/plan.yaml", Self.tidy)
      let tidy = try await fmt("plan.yaml", "--check", in: folder)
      #expect(tidy.status == 0 && tidy.output == "")
    }
  }

  @Test("--write rewrites the file, with its rights and through a link, and once is enough") func write() async throws {
    try await inFolder(Self.untidy) { folder in
      try runProgram(["chmod", "640", "\(folder)/plan.yaml"])
      try runProgram(["ln", "-s", "plan.yaml", "\(folder)/link.yaml"])
      let written = try await fmt("link.yaml", "--write", in: folder)
      #expect(written.status == 0 && written.output == "" && written.errors == "")
      #expect(try readFile("\(folder)/plan.yaml") == Self.tidy)
      #expect(try runProgram(["stat", "-c", "%a %F", "\(folder)/plan.yaml", "\(folder)/link.yaml"]).output == "640 regular file\n777 symbolic link\n")
      let inode = try runProgram(["stat", "-c", "%i", "\(folder)/plan.yaml"]).output
      #expect(try await fmt("plan.yaml", "--write", in: folder).status == 0)
      #expect(try runProgram(["stat", "-c", "%i", "\(folder)/plan.yaml"]).output == inode, "a file in order was written again")
    }
  }

  @Test("a file with tabs is refused with its place, and left alone") func tabs() async throws {
    try await inFolder("a:\n\tb: 1\n") { folder in
      let result = try await fmt("plan.yaml", "--write", in: folder)
      #expect(result.status == 1 && result.output == "" && result.errors.contains("plan.yaml:2:1") && result.errors.contains("tab"), "\(result.errors)")
      #expect(try readFile("\(folder)/plan.yaml") == "a:\n\tb: 1\n")
      for arguments in [["--check", "--write"], ["-", "--write"]] {
        let wrong = try await StartedProgram([BuiltProgram.sieDR, "fmt", "plan.yaml"].dropLast(arguments[0] == "-" ? 1 : 0) + arguments, in: folder).end()
        #expect(wrong.status == 64)
      }
    }
  }
}
