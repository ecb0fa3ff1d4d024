import CanonicalJSON
import TestSupport
import Testing

/// `lint --diff` and `lint --set` as a process.
@Suite("lint --diff and --set") struct WhatIfTests {
  private func lint(_ arguments: String...) async throws -> ProgramResult {
    try await StartedProgram([BuiltProgram.sieDR, "lint"] + arguments, in: Repository.root).end()
  }

  @Test("--diff shows what became worse, and the exit status is that of the plan alone")
  func diff() async throws {
    let folder = try temporaryFolder("diff")
    defer { removeFolder(folder) }
    let text = try readFile("examples/logical-only.yaml")
    try writeFile("\(folder)/now.yaml", text.replacing("every: 30m", with: "every: 40m"))
    try writeFile("\(folder)/breached.yaml", text.replacing("every: 30m", with: "every: 2h"))
    let worse = try await lint("\(folder)/now.yaml", "--diff", "examples/logical-only.yaml")
    #expect(worse.status == 0 && worse.output.contains("What changes in \(folder)/now.yaml since examples/logical-only.yaml") && worse.output.contains("interval 30m → 40m"), "\(worse)")
    let better = try await lint("\(folder)/now.yaml", "--diff", "\(folder)/breached.yaml", "--format", "json")
    let json = try CanonicalJSON.decode(JSONValue.self, from: better.output.utf8)
    let rpo = json["comparisons"]?.array?.first?["objectives"]?.array?.first { $0["objective"]?.string == "rpo" }
    #expect(better.status == 0 && rpo?["verdict"]?.string == "better" && rpo?["before"]?["isBreached"]?.bool == true)
    let breached = try await lint("\(folder)/breached.yaml", "--diff", "\(folder)/now.yaml", "--format", "markdown")
    #expect(breached.status == 3 && breached.output.contains("**worse, now breached**"))
  }

  @Test("plans of a folder are compared one by one; some are new, some are gone")
  func folders() async throws {
    let folder = try temporaryFolder("diff")
    defer { removeFolder(folder) }
    let text = try readFile("examples/logical-only.yaml")
    for path in ["now/same.yaml", "now/sub/new.yaml", "base/same.yaml", "base/gone.yaml"] {
      try runProgram(["mkdir", "-p", "\(folder)/\(path)/.."])
      try runProgram(["rmdir", "\(folder)/\(path)"])
      try writeFile("\(folder)/\(path)", text)
    }
    let result = try await lint("\(folder)/now", "--diff", "\(folder)/base")
    #expect(result.status == 0)
    for words in ["same.yaml since \(folder)/base/same.yaml  (", "now/sub/new.yaml, which is new", "base/gone.yaml, which is gone"] { #expect(result.output.contains(words), "\(result.output)") }
    let usage = try await lint("\(folder)/now", "--diff", "\(folder)/base/same.yaml")
    #expect(usage.status == 64 && usage.errors.contains("--diff FOLDER"))
    #expect(try await lint("\(folder)/now", "--diff", "\(folder)/nowhere.yaml").status != 0)
  }

  @Test("--set computes with another value, and --diff with the same file shows what it does")
  func set() async throws {
    let plan = "examples/logical-only.yaml"
    let result = try await lint(plan, "--set", "data.insights.protect.regular.every=2h", "--diff", plan)
    #expect(result.status == 3 && result.output.contains("--set #1:1:") && result.output.contains("interval 30m → 2h"), "\(result.output)")
    #expect(result.output.contains("what if: computed with `data.insights.protect.regular.every=2h`"))
  }

  @Test("what the language refuses is pointed at in the option, an unknown place has the nearest name")
  func refused() async throws {
    let plan = "examples/logical-only.yaml"
    let wrong = try await lint(plan, "--set", "data.insights.estimate.size=500")
    #expect(wrong.status == 1 && wrong.output.contains("--set #1:1:29") && wrong.output.contains("data.insights.estimate.size=500\n"), "\(wrong.output)")
    let unknown = try await lint(plan, "--set", "data.insight.estimate.size=500GB")
    #expect(unknown.status == 1 && unknown.output.contains("error[yaml-unknown-address]") && unknown.output.contains("did you mean `data.insights`?"))
    for usage in [["examples", "--set", "a=1"], [plan, "--set", "a"], [plan, "--set", "a=["], [plan, "--set", "a=1", "--format", "sarif"], [plan, "--parallelism", "0"], ["-", "--diff", "-"]] {
      let result = try await StartedProgram([BuiltProgram.sieDR, "lint"] + usage, in: Repository.root).end()
      #expect(result.status == 64 && result.output == "" && !result.errors.isEmpty, "\(usage)")
    }
  }

  @Test("what is missing besides: a person, a site, a secret")
  func missing() async throws {
    let site = try await lint("plans/sie.yaml", "--without", "site:us-west-2")
    #expect(site.status == 3 && site.output.contains("what if: computed with `without site:us-west-2`") && site.output.contains("error[not-surviving]"), "\(site.output)")
    let one = try await lint("plans/sie.yaml", "--without", "person:owner")
    #expect(one.status == 0 && one.output.contains("approval by 1 of 1"), "\(one.output)")
    let none = try await lint("plans/sie.yaml", "--without", "person:owner", "--without", "person:sre-lead")
    #expect(none.status == 1 && none.output.contains("error[approval-impossible]: `cluster-failure` needs 1 to approve, and nobody can without `owner`, `sre-lead`"), "\(none.output)")
    let secret = try await lint("plans/sie.yaml", "--without", "secret:names-key")
    #expect(secret.status == 3 && secret.output.contains("`point-names-to-west` needs the secret `names-key`"), "\(secret.output)")
    let unknown = try await lint("plans/sie.yaml", "--without", "site:us-west-3")
    #expect(unknown.status == 1 && unknown.output.contains("did you mean `us-west-2`"), "\(unknown.output)")
    for wrong in ["us-west-2", "region:us-west-2"] {
      let usage = try await StartedProgram([BuiltProgram.sieDR, "lint", "plans/sie.yaml", "--without", wrong], in: Repository.root).end()
      #expect(usage.status == 64 && usage.errors.contains("`person:NAME`"))
    }
  }

  @Test("too many approvers asked for is the plan's own fault where nobody is missing") func nobodyMissing() async throws {
    let folder = try temporaryFolder("approvers")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", samplePlan.replacing("    steps:\n", with: "    approve: { by: [owner], atLeast: 2, within: 15m }\n    steps:\n"))
    let result = try await lint("\(folder)/plan.yaml")
    #expect(result.output.contains("error[wrong-value]") && !result.output.contains("approval-impossible"), "\(result.output)")
  }

  @Test("a site that is lost besides, and a width")
  func besides() async throws {
    let lost = try await lint("plans/sie.yaml", "--set", "scenarios.cluster-failure.loses.sites=[us-east-1, us-west-2]")
    #expect(lost.status == 3 && lost.output.contains("error[not-surviving]"))
    let narrow = try await lint("Tests/CommandLineTests/Snapshots/shop.yaml", "--parallelism", "1", "--format", "json")
    let wide = try await lint("Tests/CommandLineTests/Snapshots/shop.yaml", "--parallelism", "8", "--format", "json")
    #expect(narrow.output != wide.output)
  }
}
