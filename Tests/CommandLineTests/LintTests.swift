import CanonicalJSON
import TestSupport
import Testing
import Units

/// `lint` as a process, over the plans that come with the project.
struct LintTests {
  func lint(_ arguments: [String], through wrapper: [String] = []) async throws -> ProgramResult {
    try await StartedProgram(wrapper + [BuiltProgram.sieDR, "lint"] + arguments, in: currentFolder()).end()
  }

  @Test("plans/sie.yaml and every example lint clean", arguments: ["plans/sie.yaml", "examples"])
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
