import TestSupport
import Testing

/// `docs/first-plan.md`, done to the letter: its plan, its changes, its commands, and what they print.
struct FirstPlanTests {
  @Test("every command of the page prints what the page shows")
  func transcript() async throws {
    let folder = try temporaryFolder("first")
    defer { removeFolder(folder) }
    var blocks = try readFile(Repository.root + "docs/first-plan.md").split(separator: "```", omittingEmptySubsequences: false).map(String.init)
    for index in stride(from: 1, to: blocks.count, by: 2) {
      let lines = blocks[index].split(separator: "\n", omittingEmptySubsequences: false)
      let body = lines.dropFirst().joined(separator: "\n")
      switch lines.first {
      case "yaml": try writeFile("\(folder)/plan.yaml", body)
      case "diff":
        try writeFile("\(folder)/change.diff", body)
        try runProgram(["git", "-C", folder, "apply", "-p0", "change.diff"])
      case "console":
        let words = lines[1].split(separator: " ").map(String.init)
        try #require(words.prefix(2) == ["$", "sie-dr"])
        let end = try await StartedProgram([BuiltProgram.sieDR] + words.dropFirst(2), environment: ["COLUMNS": "120"], in: folder).end()
        blocks[index] = "console\n\(lines[1])\n\(end.output)\(end.errors)(exit status \(end.status))\n"
      default: break
      }
    }
    try expectSnapshot(blocks.joined(separator: "```"), "docs/first-plan.md")
  }
}
