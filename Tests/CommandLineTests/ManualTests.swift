@testable import Commands
import Glibc
import TestSupport
import Testing

/// `--help`, `--version`, wrong usage, and the one table of exit statuses.
struct ManualTests {
  static func tool(_ arguments: String...) async throws -> ProgramResult {
    try await StartedProgram([BuiltProgram.sieDR] + arguments, environment: ["COLUMNS": "120"], in: "/").end()
  }

  static let commands = [
    "", "lint", "test", "explain", "plan", "observe", "apply", "watch", "resume", "rollback", "approve", "skip", "retry", "commit", "runs", "report", "status", "points", "points list", "points show", "points hold", "points release",
    "points accept", "expire", "doctor", "runbook", "graph", "schema", "fmt", "render", "init",
  ]

  /// Generated here and nowhere else: `SIE_DR_REWRITE=1 swift test --filter ManualTests` writes it anew.
  static let manual = "docs/cli.md"

  @Test("docs/cli.md is what every command says of itself")
  func manualIsFresh() async throws {
    var pages: [String] = []
    for command in Self.commands {
      let words = command.split(separator: " ").map(String.init)
      let program = try StartedProgram([BuiltProgram.sieDR] + words + ["--help"], environment: ["COLUMNS": "120"], in: "/")
      let result = try await program.end()
      #expect(result.status == 0 && result.errors == "")
      pages.append("## sie-dr\(command.isEmpty ? "" : " \(command)")\n\n```text\n\(result.output.trimmingEnd())\n```\n")
    }
    let text = "# The command line\n\nWhat `--help` says of each command. Generated: `SIE_DR_REWRITE=1 swift test --filter ManualTests` writes it anew.\n\n"
      + pages.joined(separator: "\n")
    if getenv("SIE_DR_REWRITE") != nil { try writeFile(Self.manual, text) }
    #expect(try readFile(Self.manual) == text, "rewrite it with SIE_DR_REWRITE=1 swift test --filter ManualTests")
  }

  @Test("every exit status stands in the help, and each is another one")
  func table() async throws {
    let help = try await Self.tool("--help").output
    for status in ExitStatus.allCases { #expect(help.contains(" \(status.rawValue)  \(status.meaning)")) }
    #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6, 7, 64, 130, 143])
  }

  @Test("--version says the version and where it was built")
  func version() async throws {
    let result = try await Self.tool("--version")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("sie-dr \(Version.number) ("))
  }

  @Test("without /proc, where Swift finds the arguments, nothing is taken for done")
  func noProc() throws {
    let script = "mount -t tmpfs none /proc || exit 99; exec \(BuiltProgram.sieDR) lint nowhere.yaml"
    let result = try runProgram(["unshare", "--mount", "sh", "-c", script], mayFail: true)
    // In a root that is no mount point there is no name space to be had.
    guard geteuid() == 0, result.status != 99, !result.errors.hasPrefix("unshare:") else { return print("not tested: /proc cannot be hidden here (\(result.errors))") }
    #expect(result.status == 1 && result.output == "" && result.errors.contains("mount -t proc proc /proc"), "\(result)")
  }

  @Test("wrong usage ends with 64 and says so on the error output", arguments: [
    ["fly"], ["lint"], ["explain", "rpo-exceded"], ["explain", "--format", "sarif", "rpo-exceeded"],
    ["lint", "--write-baseline", "x.yaml"], ["lint", "--now", "today", "examples/logical-only.yaml"], ["lint", "--fast", "x.yaml"], ["plan"], ["apply"], ["resume"], ["rollback"], ["report"], ["report", "r", "--note", "x"], ["report", "r", "--done", "nothing"], ["status"], ["status", "--now", "noon", "examples/logical-only.yaml"], ["points", "show"], ["points", "release", "x.yaml"], ["expire"],
    ["lint", "--format", "xml", "examples/logical-only.yaml"], ["plan", "--now", "noon", "examples/logical-only.yaml"],
    ["plan", "--parallelism", "0", "examples/logical-only.yaml"], ["plan", "--parallelism", "many", "examples/logical-only.yaml"],
    ["plan", "--observe-timeout", "9h", "examples/logical-only.yaml"], ["plan", "--scenario", "region-los", "examples/logical-only.yaml"],
    ["apply", "--scenario", "nothing-like-it", "examples/logical-only.yaml"], ["points", "list", "--data", "x", "examples/logical-only.yaml"],
    ["resume", "r", "--parallelism", "x"], ["doctor"], ["doctor", "--timeout", "9h", "examples/logical-only.yaml"], ["--color", "blue", "runs"],
    ["observe", "plans/sie.yaml"], ["lint", "plans", "examples", "--observations", "Package.swift"], ["test"], ["test", "--format", "sarif", "plans"], ["lint", "--diff", "x.yaml", "--format", "junit", "x.yaml"], ["runbook"], ["graph", "--format", "svg", "plans/sie.yaml"], ["schema", "nothing"], ["fmt"], ["init"], ["init", "--url-env", "postgresql://u:p@h/d"],
  ])
  func usage(_ arguments: [String]) async throws {
    let program = try StartedProgram([BuiltProgram.sieDR] + arguments, in: currentFolder())
    let result = try await program.end()
    #expect(result.status == 64)
    #expect(result.output == "" && !result.errors.isEmpty)
  }

  @Test("an unknown scenario is answered with the nearest, and what is not there with what is")
  func nearest() async throws {
    let near = try await StartedProgram([BuiltProgram.sieDR, "plan", "--scenario", "region-los", "examples/logical-only.yaml"], in: currentFolder()).end()
    #expect(near.errors.contains("did you mean `region-loss`?"))
    let far = try await StartedProgram([BuiltProgram.sieDR, "plan", "--scenario", "zzz", "examples/logical-only.yaml"], in: currentFolder()).end()
    #expect(far.errors.contains("it has `region-loss`"))
  }

  @Test("what cannot be read, is no plan or is no run ends with 1 and a help", arguments: [
    (["lint", "nowhere.yaml"], "it does not exist"), (["plan", "nowhere.yaml"], "it does not exist"), (["plan", "Package.swift"], "cannot be used"),
    (["resume", "20200101T000000Z-0000", "--state", "/nonexistent/state"], "there is no run"), (["lint", "Benchmarks"], "no plan files"),
  ])
  func refused(_ arguments: [String], _ words: String) async throws {
    let result = try await StartedProgram([BuiltProgram.sieDR] + arguments, in: currentFolder()).end()
    #expect(result.status == 1)
    #expect(result.errors.contains(words) && result.errors.contains("help"))
  }
}

extension String {
  fileprivate func trimmingEnd() -> Substring {
    var text = self[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}

/// Where the tests run: the package's folder.
func currentFolder() -> String {
  guard let path = getcwd(nil, 0) else { return "." }
  defer { free(path) }
  return String(cString: path)
}
