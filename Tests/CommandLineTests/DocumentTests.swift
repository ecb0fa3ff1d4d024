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

  @Test("schema prints the very text of schemas/", arguments: ["plan", "plan-test", "lint-report", "changeset", "observations", "journal-record", "recovery-point", "incident-report", "status"])
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

  // MARK: graph

  @Test("graph is what the snapshots say", arguments: ["text", "dot", "mermaid"], ["protection", "release"])
  func graph(_ format: String, _ what: String) async throws {
    let scenario = what == "protection" ? [] : ["--scenario", what]
    let text = try await output(["graph", "\(Self.fixtures)/shop.yaml", "--format", format] + scenario)
    try expectSnapshot(text, "\(Self.fixtures)/graph-\(what).\(format)")
  }

  @Test("a critical path that waits for another's place, not for its result, is no edge of the graph")
  func width() async throws {
    let folder = try temporaryFolder("graph")
    defer { removeFolder(folder) }
    let steps = (1...5).map { "      step-\($0): { command.run: { run: [\"true\"], undo: [\"true\"] }, timeout: 1m, estimate: \($0)s }\n" }.joined()
    try writeFile("\(folder)/plan.yaml", samplePlan.replacing("steps:\n", with: "steps:\n" + steps))
    let text = try await output(["graph", "\(folder)/plan.yaml", "--scenario", "lost", "--format", "dot"])
    #expect(text.split(separator: "\n").filter { $0.contains("->") } == ["  \"restore\" -> \"verify\" [penwidth=3]"])
    #expect(text.contains("\"step-1\" [label=\"step-1\\ncommand.run\\n1s\", penwidth=3]") || text.contains("\"restore\" [label=\"restore\\npostgresql.restore\\n1h\", penwidth=3]"))
  }

  @Test("an unknown scenario and an unknown format are wrong usage")
  func graphUsage() async throws {
    #expect(try await run("graph", "plans/sie.yaml", "--scenario", "cluster-failur").status == 64)
    #expect(try await run("graph", "plans/sie.yaml", "--format", "svg").status == 64)
  }

  // MARK: runbook

  /// The page beside the plan: `SIE_DR_REWRITE=1 swift test --filter DocumentTests` writes it anew.
  @Test("the runbook of plans/sie.yaml is fresh")
  func runbookOfSIE() async throws {
    try expectSnapshot(try await output(["runbook", "plans/sie.yaml"]), "plans/sie.md")
  }

  /// The headings of the prose document that the plan comes from, in its order.
  @Test("the runbook of plans/sie.yaml has every section of the document that it replaces")
  func sectionsOfSIE() throws {
    let page = try readFile(Repository.root + "plans/sie.md")
    let headings = page.split(separator: "\n").filter { $0.hasPrefix("## ") || $0.hasPrefix("### Scenario") || $0 == "### failover" }.map(String.init)
    let document = [
      "## Recovery objectives", "## Data classification", "## Backup procedures", "## Disaster scenarios", "### Scenario 1: database-failure",
      "### Scenario 2: cluster-failure", "### Scenario 3: data-corruption", "## Failover procedures", "### failover", "## Communication plan", "## DR testing schedule",
      "## Post-incident",
    ]
    #expect(headings.filter(document.contains) == document)
    let missing = ["#sie-incidents", "every 15m", "every 1h", "major changes", "incident report within 1d", "every 30d", "every 90d", "every 365d"].filter { !page.contains($0) }
    #expect(missing == [])
  }

  @Test("the runbook of a plan with everything is what the snapshot says")
  func runbookOfEverything() async throws {
    try expectSnapshot(try await output(["runbook", "\(Self.fixtures)/shop.yaml"]), "\(Self.fixtures)/runbook.md")
  }

  @Test("no secret's value is in a runbook, and a plan that holds one is refused")
  func secrets() async throws {
    let canary = "hunter2canary"
    let page = try await run("runbook", "plans/sie.yaml", environment: ["PG_EAST_URL": canary])
    #expect(page.status == 0 && page.output.contains("PG_EAST_URL") && !page.output.contains(canary))
    let folder = try temporaryFolder("runbook")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", samplePlan + "      call: { command.run: { run: [curl, --password, \(canary)] }, irreversible: told, timeout: 1m }\n")
    let refused = try await run("runbook", "\(folder)/plan.yaml")
    #expect(refused.status == 1 && refused.output == "" && refused.errors.contains("secret-in-plan") && refused.errors.contains("sie-dr lint"))
    #expect(!refused.errors.contains(canary))
  }

  @Test("every command that the runbook tells people to type is one", arguments: ["plans/sie.yaml"])
  func commandsExist(_ plan: String) async throws {
    let page = try await output(["runbook", plan])
    try await expectCommands(page.split(separator: "\n").filter { $0.hasPrefix("$ sie-dr ") }.map { $0.dropFirst(9) }, atLeast: 4)
  }

  @Test("every command in the files for CI is one", arguments: ["docs/ci.md", "docs/ci/github.yml", "docs/ci/gitlab.yml", "docs/ci/pre-commit.yml"])
  func commandsOfCI(_ path: String) async throws {
    let lines = try readFile(Repository.root + path).split(separator: "\n")
    let starts = ["sie-dr ", "- sie-dr ", "run: sie-dr ", "entry: sie-dr ", "$ sie-dr "]
    let typed = lines.compactMap { line in
      let line = line.drop { $0 == " " }
      return starts.first(where: line.hasPrefix).map { line.dropFirst($0.count) }
    }
    try await expectCommands(typed, atLeast: 1)
  }

  /// Each verb is known, and each option of it.
  private func expectCommands(_ typed: [Substring], atLeast count: Int) async throws {
    #expect(typed.count >= count)
    for line in typed {
      let words = line.split(separator: " ").map(String.init)
      let verbs = Array(words.prefix { $0.allSatisfy { $0.isLetter || $0 == "-" } && !$0.hasPrefix("-") && $0 != "latest" })
      let help = try await StartedProgram([BuiltProgram.sieDR] + verbs + ["--help"], environment: ["COLUMNS": "120"], in: Repository.root).end()
      #expect(help.status == 0 && help.output.contains("sie-dr \(verbs.joined(separator: " "))"), "\(line)")
      for option in words where option.hasPrefix("--") { #expect(help.output.contains(option), "\(line)") }
    }
  }
}
