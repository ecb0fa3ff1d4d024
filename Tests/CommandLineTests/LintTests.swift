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
