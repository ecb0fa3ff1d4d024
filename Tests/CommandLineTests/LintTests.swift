import CanonicalJSON
import TestSupport
import Testing
import Units

/// `lint` as a process, over the plans that come with the project.
struct LintTests {
  func lint(_ arguments: [String], through wrapper: [String] = []) async throws -> ProgramResult {
    try await StartedProgram(wrapper + [BuiltProgram.sieDR, "lint"] + arguments, in: currentFolder()).end()
  }

  @Test("plans and every example lint clean", arguments: try ["plans"] + Repository.plans(in: ["examples"]).map(\.path))
  func clean(_ path: String) async throws {
    let result = try await lint([path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test("an interval as long as the target breaches it, and the terms of the finding add up to the worst case")
  func breach() async throws {
    let folder = try temporaryFolder("lint")
    defer { removeFolder(folder) }
    let plan = "\(folder)/logical-only.yaml"
    try writeFile(plan, try readFile("examples/logical-only.yaml").replacing("every: 30m", with: "every: 1h"))
    let text = try await lint([plan])
    #expect(text.status == 3)
    #expect(text.output.contains("error[rpo-exceeded]"))
    let json = try await lint([plan, "--format", "json"])
    #expect(json.status == 3)
    let report = try CanonicalJSON.decode(JSONValue.self, from: Array(json.output.utf8))
    let objectives = report["plans"]?.array?.first?["objectives"]?.array ?? []
    let rpo = try #require(objectives.first { $0["objective"]?.string == "rpo" })
    let computed = try #require(rpo["computed"]?.string.flatMap { TimeSpan($0) })
    let terms = try #require(rpo["terms"]?.array).compactMap { $0["amount"]?.string.flatMap { TimeSpan($0) } }
    #expect(terms.count >= 3)
    #expect(terms.reduce(.zero, +) == computed)
    #expect(computed > .hours(1))
    // What a person reads is the same sum.
    #expect(text.output.contains(computed.rounded))
    let sum = try #require(text.output.split(separator: "\n").first { $0.contains(" = ") && $0.contains(" + ") })
    let spans = sum.split(separator: " ").compactMap { TimeSpan(String($0)) }
    #expect(spans.reduce(.zero, +) == computed, "\(sum)")
  }

  @Test("a baseline is written, hides what it holds, tells of what is gone, and must be one")
  func baseline() async throws {
    let folder = try temporaryFolder("baseline")
    defer { removeFolder(folder) }
    let (plan, file) = ("\(folder)/plan.yaml", "\(folder)/baseline.json")
    let text = try readFile("examples/logical-only.yaml")
    try writeFile(plan, text.replacing("every: 30m", with: "every: 40m"))
    let before = try await lint([plan])
    #expect(before.status == 0 && before.output.contains("warning[headroom-low]"))
    let written = try await lint([plan, "--baseline", file, "--write-baseline"])
    #expect(written.errors == "\(file): 1 finding written\n" && written.output.contains("no findings in \(plan), 1 ignored"))
    try writeFile(plan, "# another line\n" + text.replacing("every: 30m", with: "every: 41m"))
    let after = try await lint([plan, "--baseline", file, "--format", "github"])
    #expect(after.status == 0 && after.output == "" && after.errors == "")
    try writeFile(plan, text)
    #expect(try await lint([plan, "--baseline", file]).errors.contains("1 of its findings are no longer there"))
    try writeFile(file, "{}")
    let damaged = try await lint([plan, "--baseline", file])
    #expect(damaged.status == 1 && damaged.errors.contains("error[baseline-unreadable]"))
  }

  @Test("an ignore is over on the day that the command line gives")
  func now() async throws {
    let folder = try temporaryFolder("now")
    defer { removeFolder(folder) }
    let plan = "\(folder)/plan.yaml"
    let ignore = "lint: { ignore: [{ rule: headroom-low, at: data.insights, reason: it moves, until: 2027-01-01 }] }\n"
    try writeFile(plan, try readFile("examples/logical-only.yaml").replacing("every: 30m", with: "every: 40m") + ignore)
    let before = try await lint([plan, "--now", "2026-12-31"])
    #expect(before.status == 0 && before.output.contains("(it moves, until 2027-01-01T00:00:00Z)"))
    let after = try await lint([plan, "--now", "2027-01-01"])
    #expect(after.status == 1 && after.output.contains("error[ignore-expired]") && after.output.contains("warning[headroom-low]"))
  }

  @Test("evidence counts from the plan's folder, is no plan, and a drill is overdue on the day that the command line gives")
  func evidence() async throws {
    let folder = try temporaryFolder("evidence")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", try readFile("examples/logical-only.yaml") + "\nevidence: held.yaml\n")
    let run = "{ date: 2026-10-02, drill: restore, outcome: passed, data: { insights: { dump: 7m } } }"
    try writeFile("\(folder)/held.yaml", "apiVersion: sie-dr/v1\nkind: RecoveryEvidence\nplan: logical-only\nruns:\n  - \(run)\n")
    let clean = try await lint([folder])
    #expect(clean.status == 0 && clean.output.contains("7m dump") && clean.output.contains("no findings in \(folder)/plan.yaml"), "\(clean.output)")
    #expect(clean.output.hasSuffix("Not judged, since only `--now DATE` says what day it is: drill-overdue\n"))
    let late = try await lint([folder, "--now", "2027-01-01"])
    #expect(late.status == 0 && late.output.contains("warning[drill-overdue]") && late.output.contains("overdue since 2026-12-31") && !late.output.contains("Not judged"))
    removeFolder("\(folder)/held.yaml")
    let gone = try await lint([folder])
    #expect(gone.status == 1 && gone.output.contains("error[evidence-unreadable]: the evidence `held.yaml` cannot be read"))
    // What only predicts stops nobody else.
    let graph = try await StartedProgram([BuiltProgram.sieDR, "graph", "\(folder)/plan.yaml"], in: currentFolder()).end()
    #expect(graph.status == 0 && graph.errors.contains("evidence-unreadable"))
  }

  @Test("a policy counts for every plan, is no plan itself, and must be right")
  func policy() async throws {
    let folder = try temporaryFolder("policy")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", try readFile("examples/logical-only.yaml"))
    let policy = "apiVersion: sie-dr/v1\nkind: LintPolicy\nrequire: { copies: 3 }\n"
    try writeFile("\(folder)/policy.yaml", policy)
    let owed = try await lint([folder, "--policy", "\(folder)/policy.yaml"])
    #expect(owed.status == 1 && owed.output.contains("error[policy-copies]") && owed.output.contains("3 │ require: { copies: 3 }") && owed.output.contains("1 error in"), "\(owed.output)")
    try writeFile("\(folder)/policy.yaml", policy.replacing("copies", with: "copis"))
    let wrong = try await lint(["\(folder)/plan.yaml", "--policy", "\(folder)/policy.yaml"])
    #expect(wrong.status == 1 && wrong.output == "" && wrong.errors.contains("policy.yaml:3:12") && wrong.errors.contains("error[policy-has-errors]"), "\(wrong.errors)")
  }

  @Test("lint opens no socket and connects to nothing")
  func noNetwork() async throws {
    let folder = try temporaryFolder("strace")
    defer { removeFolder(folder) }
    let trace = "\(folder)/trace"
    let result = try await lint(["plans/sie.yaml"], through: ["strace", "-f", "-qq", "-e", "trace=socket,connect,sendto,openat", "-o", trace])
    #expect(result.status == 0)
    let calls = try readFile(trace).split(separator: "\n")
    #expect(calls.contains { $0.contains("plans/sie.yaml") }, "nothing was traced")
    for call in ["socket(", "connect(", "sendto("] { #expect(!calls.contains { $0.contains(call) }) }
  }
}
