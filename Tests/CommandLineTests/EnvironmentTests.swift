import CanonicalJSON
import TestSupport
import Testing

/// Variables, overlays and environments as a person types them.
@Suite("--environment, --overlay, --var, render") struct EnvironmentTests {
  private static let plan = "examples/environments.yaml"
  private func run(_ arguments: String...) async throws -> ProgramResult {
    try await StartedProgram([BuiltProgram.sieDR] + arguments, environment: ["COLUMNS": "160"], in: Repository.root).end()
  }
  private func figures(_ arguments: [String]) async throws -> JSONValue? {
    let result = try await StartedProgram([BuiltProgram.sieDR, "lint", "--format", "json"] + arguments, in: Repository.root).end()
    let plans = try CanonicalJSON.decode(JSONValue.self, from: result.output.utf8)["plans"]?.array
    return plans?.first?["objectives"]?.array.map { rows in
      .array(rows.map { row in
        var row = row.object ?? [:]
        row["terms"] = row["terms"]?.array.map { .array($0.map { ["name": $0["name"] ?? .null, "amount": $0["amount"] ?? .null] }) }
        return .object(row)
      })
    }
  }

  @Test("the managed database of the SIE plan is laid over it, and loses less") func managed() async throws {
    let (own, managed) = (try await figures(["plans/sie.yaml"]), try await figures(["plans/sie.yaml", "--overlay", "plans/managed.overlay.yaml"]))
    func loss(_ rows: JSONValue?) -> JSONValue? {
      rows?.array?.first { $0["scenario"] == "data-corruption" && $0["subject"] == "insights" && $0["objective"] == "rpo" }?["computed"]
    }
    #expect(loss(own) == "47m" && loss(managed) == "16m")
    #expect(try await run("lint", "plans", "--overlay", "plans/managed.overlay.yaml").status == 0)
  }

  @Test("a plan is linted as it stands and in each environment, which the report names") func each() async throws {
    let result = try await run("lint", Self.plan)
    #expect(result.status == 0 && result.output.contains("Objectives of \(Self.plan)  (") && result.output.contains("Objectives of \(Self.plan) (staging)  ("), "\(result.output)")
    #expect(result.output.contains("no findings in \(Self.plan) and its environment staging"))
    let json = try CanonicalJSON.decode(JSONValue.self, from: try await run("lint", Self.plan, "--format", "json").output.utf8)
    #expect(json["plans"]?.array?.map { $0["environment"]?.string } == [nil, "staging"])
    let one = try await run("lint", Self.plan, "--environment", "staging")
    #expect(one.status == 0 && one.output.contains("(staging)  (") && one.output.contains("12h interval") && !one.output.contains("30m interval"))
  }

  @Test("what one environment breaks is told of that one, once") func broken() async throws {
    let folder = try temporaryFolder("environments")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", try readFile(Self.plan).replacing("every: 12h", with: "every: 2d"))
    let result = try await run("lint", "\(folder)/plan.yaml")
    #expect(result.status == 3 && result.output.ranges(of: "error[rpo-exceeded]").count == 1, "\(result.output)")
    #expect(result.output.contains("in the environment `staging`"))
    let sarif = try CanonicalJSON.decode(JSONValue.self, from: try await run("lint", "\(folder)/plan.yaml", "--format", "sarif").output.utf8)
    #expect(sarif["runs"]?.array?.first?["results"]?.array?.count(where: { $0["ruleId"]?.string == "rpo-exceeded" }) == 1)
    let diff = try await run("lint", "\(folder)/plan.yaml", "--diff", Self.plan)
    #expect(diff.output.contains("(staging) since \(Self.plan)") && diff.output.contains("interval 12h → 2d"), "\(diff.output)")
  }

  @Test("a rendered plan has the same figures, and renders to itself", arguments: [[], ["--environment", "staging"], ["--var", "every=45m"]])
  func rendered(_ options: [String]) async throws {
    let folder = try temporaryFolder("render")
    defer { removeFolder(folder) }
    for flags in [[], ["--sources"]] {
      let result = try await StartedProgram([BuiltProgram.sieDR, "render", Self.plan] + options + flags, in: Repository.root).end()
      #expect(result.status == 0 && result.errors == "")
      try writeFile("\(folder)/flat.yaml", result.output)
      let (flat, made) = (try await figures(["\(folder)/flat.yaml"]), try await figures([Self.plan] + (options.isEmpty ? ["--var", "workers=4"] : options)))
      #expect(flat != nil && flat == made)
      if flags.isEmpty { #expect(try await run("render", "\(folder)/flat.yaml").output == result.output) }
    }
  }

  @Test("each line says where it was written, and where its variables have their values") func sources() async throws {
    let result = try await run("render", Self.plan, "--environment", "staging", "--sources")
    let text = try readFile(Self.plan).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    func line(_ words: String) throws -> Int { try #require(text.firstIndex { $0.contains(words) }) + 1 }
    let staging = try line("variables: { zone: test")
    #expect(result.output.contains("  size: 5GB  # \(Self.plan):\(try line("estimate:")), var.size \(Self.plan):\(staging)"), "\(result.output)")
    #expect(result.output.contains("  name: orders-staging  # \(Self.plan):\(try line("name: orders-staging"))"))
    for line in result.output.split(separator: "\n") where !line.hasSuffix(":") { #expect(line.contains("  # \(Self.plan):"), "\(line)") }
  }

  @Test("a changeset holds the values that it was planned with: apply takes no others, and the digest is another one for each") func bound() async throws {
    let folder = try temporaryFolder("bound")
    defer { removeFolder(folder) }
    let plan = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: bound }
      variables: { word: { type: text, default: plain } }
      overlays: { staging: { variables: { word: staged } } }
      scenarios:
        say:
          detect: { noticedWithin: 1m }
          steps:
            write: { command.run: { run: [sh, -c, "X=own; echo ${var.word} ${X} >> said"], undo: ["true"] }, timeout: 5s }

      """
    try writeFile("\(folder)/plan.yaml", plan)
    func tool(_ arguments: String...) async throws -> ProgramResult { try await StartedProgram([BuiltProgram.sieDR] + arguments, in: folder).end() }
    var digests: Set<String> = []
    for (name, options) in [("plain", []), ("staged", ["--environment", "staging"]), ("typed", ["--var", "word=typed"])] {
      let planned = try await StartedProgram([BuiltProgram.sieDR, "plan", "plan.yaml", "--scenario", "say", "--out", "\(name).json"] + options, in: folder).end()
      #expect(planned.status == 0, "\(planned)")
      #expect(planned.output.contains("for the environment `staging`") == (name == "staged"))
      digests.insert(try #require(CanonicalJSON.decode(JSONValue.self, from: readBytes("\(folder)/\(name).json"))["digest"]?.string))
    }
    #expect(digests.count == 3)
    let refused = try await tool("apply", "staged.json", "--yes", "--var", "word=other")
    #expect(refused.status == 64 && refused.errors.contains("environment and variables are fixed"), "\(refused)")
    // The plan may be another one by now.
    try writeFile("\(folder)/plan.yaml", plan.replacing("staged", with: "changed"))
    let applied = try await tool("apply", "staged.json", "--yes")
    #expect(applied.status == 0, "\(applied)")
    #expect(try readFile("\(folder)/said") == "staged own\n")
    let again = try await tool("apply", "plan.yaml", "--scenario", "say", "--yes", "--environment", "staging", "--var", "word=last")
    #expect(again.status == 0, "\(again)")
    #expect(try readFile("\(folder)/said") == "staged own\nlast own\n")
  }

  @Test("a secret in a variable is found", arguments: ["default: \"https://shop:hunter22@shop.example/ready\"", "default: x, description: y"]) func secrets(_ value: String) async throws {
    let folder = try temporaryFolder("secret")
    defer { removeFolder(folder) }
    let text = try readFile(Self.plan).replacing("  zone: {", with: "  url: { type: text, \(value) }\n  zone: {").replacing("https://orders.${var.zone}/ready", with: "${var.url}")
    try writeFile("\(folder)/plan.yaml", text)
    let result = try await run("lint", "\(folder)/plan.yaml")
    #expect(result.output.contains("error[secret-literal]") == value.contains("hunter22"), "\(result.output)")
    #expect(!result.output.contains("hunter22"))
    // It is told where it is to be mended.
    if value.contains("hunter22") { #expect(result.output.contains("plan.yaml:10:"), "\(result.output)") }
  }

  @Test("wrong options are told before anything is read into the plan", arguments: [
    (["lint", plan, "--environment", "stagin"], 1, "did you mean `staging`?"), (["lint", plan, "--var", "sise=5GB"], 1, "did you mean `size`?"),
    (["lint", plan, "--var", "size=5"], 1, "--var #1:1:6"), (["lint", plan, "--var", "size"], 64, "write `--var NAME=VALUE`"), (["graph", plan, "--overlay", "nowhere.yaml"], 1, "it does not exist"),
    (["render", plan, "--environment", "x"], 1, "cannot be rendered"), (["runs", "--environment", "staging"], 64, "are of a plan"), (["runbook", plan, "--var", "every=soon"], 1, "expected a length of time"),
  ]) func refused(_ arguments: [String], _ status: Int32, _ words: String) async throws {
    let result = try await StartedProgram([BuiltProgram.sieDR] + arguments, in: Repository.root).end()
    #expect(result.status == status && (result.output + result.errors).contains(words), "\(result)")
  }
}

/// `plan --diff` as a process.
@Suite("plan --diff") struct PlanDiffTests {
  private func run(_ arguments: [String], in folder: String) async throws -> ProgramResult {
    try await StartedProgram([BuiltProgram.sieDR, "plan"] + arguments, environment: ["COLUMNS": "200"], in: folder).end()
  }

  private static let plan = """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: diff }
    objectives: { rto: 1h }
    variables: { word: { type: text, default: plain } }
    scenarios:
      say:
        detect: { noticedWithin: 1m }
        steps:
          first: { command.run: { run: [echo, "${var.word}"], undo: ["true"] }, timeout: 5s, estimate: 1s }
          last: { command.run: { run: [echo, last], undo: ["true"] }, needs: [first], timeout: 5s, estimate: 1s }
      other: { detect: { noticedWithin: 1m }, steps: {} }

    """

  @Test("objectives and steps of the former plan stand beside those of the new one") func change() async throws {
    let folder = try temporaryFolder("diff")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/base.yaml", Self.plan)
    try writeFile(
      "\(folder)/plan.yaml", Self.plan.replacing("[echo, last], undo: [\"true\"] }, needs: [first], timeout: 5s, estimate: 1s", with: "[echo, end], undo: [\"true\"] }, timeout: 5s, estimate: 20m")
        .replacing("steps: {}", with: "steps: {}, decide: 5m").replacing("first: {", with: "begin: {"))
    let common = ["plan.yaml", "--scenario", "say", "--now", "2026-11-24T12:00:00Z", "--diff", "base.yaml"]
    let text = try await run(common, in: folder)
    #expect(text.status == 0 && text.errors == "", "\(text)")
    for words in [
      "What changes in plan.yaml since base.yaml", "worse", "What changes in the run  (1 added, 1 removed, 1 changed; predicted to take 2s → 20m)",
      "arguments.run [\"echo\",\"last\"] → [\"echo\",\"end\"]", "needs [\"first\"] → []",
    ] { #expect(text.output.contains(words), "\(words) in \(text.output)") }
    let markdown = try await run(common + ["--format", "markdown"], in: folder)
    #expect(markdown.output.contains("**What changes** in the run: 1 added") && markdown.output.contains("| removed | first |"), "\(markdown.output)")
    let json = try CanonicalJSON.decode(JSONValue.self, from: try await run(common + ["--format", "json"], in: folder).output.utf8)
    #expect(json["steps"]?.array?.map { $0["verdict"]?.string } == ["added", "changed", "removed"])
    let schema = try JSONSchema(CanonicalJSON.decode(JSONValue.self, from: readFile(Repository.root + "schemas/plan-diff.v1.json").utf8))
    let verdict = schema.verdict(on: json)
    #expect(verdict.problems == [])
    // What is the changeset's and the comparison's own is held against their schemas elsewhere.
    let own = schema.places.filter { place in !["#/$defs/", "#/properties/changeset/", "#/properties/comparison/"].contains { place.hasPrefix($0) } }
    #expect(own.subtracting(verdict.touched) == [] && own.count > 10)
  }

  @Test("nothing changed is said so, and a scenario that is new has only new steps") func ends() async throws {
    let folder = try temporaryFolder("diff")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", Self.plan)
    try writeFile("\(folder)/base.yaml", Self.plan.replacing("  say:", with: "  told:"))
    let same = try await run(["plan.yaml", "--scenario", "say", "--diff", "plan.yaml"], in: folder)
    #expect(same.status == 0 && same.output.contains("the same changeset, by its digest"), "\(same)")
    let new = try await run(["plan.yaml", "--scenario", "say", "--diff", "base.yaml", "--var", "word=x"], in: folder)
    #expect(new.status == 0 && new.output.contains("every step is new"), "\(new)")
    #expect(try await run(["-", "--diff", "-"], in: folder).status == 64)
    #expect(try await run(["plan.yaml", "--diff", "nowhere.yaml"], in: folder).status == 1)
  }
}
