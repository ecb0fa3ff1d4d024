import CanonicalJSON
import TestSupport
import Testing

/// `observe`, and `plan` and `lint` with what it wrote, on real servers.
@Suite("Observations", .serialized, .timeLimit(.minutes(10))) struct ObservationTests {
  private func scene() async throws -> Scene {
    let scene = try Scene(PlanTests.small)
    #expect(try await scene.run("apply", "--yes", "plan.yaml").status == 0)
    try scene.editPlan { $0 = $0.replacing("stores:\n", with: "observations: { maxAge: 1d }\nstores:\n") }
    let observed = try await scene.run("observe", "plan.yaml", "--out", "facts.json")
    #expect(observed.status == 0 && observed.output.hasPrefix("facts.json: ") && !observed.output.contains("without an answer"), "\(observed)")
    return scene
  }

  /// Where there are neither credentials nor a network.
  private func elsewhere(_ scene: Scene, _ arguments: String..., through wrapper: [String] = []) async throws -> ProgramResult {
    try await StartedProgram(wrapper + [BuiltProgram.sieDR] + arguments, in: scene.folder).end()
  }

  private func observedAt(_ scene: Scene) throws -> String { try #require(scene.json(try readFile("\(scene.folder)/facts.json"))["observedAt"]?.string) }

  @Test("plan with recorded facts is the plan of that moment, needs no credentials and opens no socket", arguments: [[], ["--scenario", "lost"]])
  func plan(_ scenario: [String]) async throws {
    let scene = try await scene()
    let now = try observedAt(scene)
    let here = try await scene.start(["plan", "plan.yaml", "--now", now, "--format", "json"] + scenario).end()
    let arguments = [BuiltProgram.sieDR, "plan", "plan.yaml", "--now", now, "--format", "json", "--observations", "facts.json"] + scenario
    let there = try await StartedProgram(["strace", "-f", "-qq", "-e", "trace=socket,connect,sendto,openat", "-o", "trace"] + arguments, in: scene.folder).end()
    #expect(here.status == 0 && there.status == 0, "\(there.errors)")
    let (one, other) = (try scene.json(here.output), try scene.json(there.output))
    #expect(one["digest"] == other["digest"] && one["steps"] == other["steps"])
    #expect(other["observedAt"]?.string == now && one["observedAt"] == nil)
    let calls = try readFile("\(scene.folder)/trace").split(separator: "\n")
    #expect(calls.contains { $0.contains("facts.json") })
    for call in ["socket(", "connect(", "sendto("] { #expect(!calls.contains { $0.contains(call) }) }
  }

  @Test("no secret is in the file, which the schema describes")
  func secrets() async throws {
    let scene = try await scene()
    let text = try readFile("\(scene.folder)/facts.json")
    #expect(!text.contains(PostgreSQLServer.password) && !text.contains(scene.source.url(scene.database)) && text.contains("SOURCE_URL"))
    let schema = try JSONSchema(scene.json(try readFile(Repository.root + "schemas/observations.v1.json")))
    #expect(try schema.verdict(on: scene.json(text)).problems == [])
  }

  @Test("the age is shown, and what is older than the plan allows is refused")
  func age() async throws {
    let scene = try await scene()
    let day = String(try observedAt(scene).prefix(10))
    let text = try await elsewhere(scene, "plan", "plan.yaml", "--observations", "facts.json")
    #expect(text.status == 0 && text.output.contains("facts recorded ") && text.output.contains("`apply` looks again"), "\(text)")
    let old = try await elsewhere(scene, "plan", "plan.yaml", "--observations", "facts.json", "--now", "2099-01-01T00:00:00Z")
    #expect(old.status == 1 && old.output == "" && old.errors.contains("error[observations-too-old]") && old.errors.contains("sie-dr observe PLAN --out facts.json"), "\(old)")
    let lint = try await elsewhere(scene, "lint", "plan.yaml", "--observations", "facts.json", "--now", "2099-01-01")
    #expect(lint.status == 1 && lint.output.contains("error[observations-too-old]") && lint.output.contains(" ago"), "\(lint)")
    let unjudged = try await elsewhere(scene, "lint", "plan.yaml", "--observations", "facts.json")
    #expect(unjudged.output.contains("recorded at \(day)") && unjudged.output.contains("not judged without `--now`") && !unjudged.output.contains("too-old"))
  }

  @Test("lint computes with what was measured, and points at it")
  func lint() async throws {
    let scene = try await scene()
    let result = try await elsewhere(scene, "lint", "plan.yaml", "--observations", "facts.json", "--format", "json", "--now", String(try observedAt(scene).prefix(10)))
    let report = try scene.json(result.output)
    let rpo = report["plans"]?.array?.first?["objectives"]?.array?.first { $0["objective"]?.string == "rpo" }
    let dump = try #require(rpo?["terms"]?.array?.first { $0["name"]?.string == "dump" })
    let measured = try #require(scene.json(try readFile("\(scene.folder)/facts.json"))["measured"]?["things"])
    #expect(dump["amount"] == measured["dump"] && dump["amount"]?.string != "5s")
    #expect(dump["place"]?.string?.hasPrefix("facts.json:") == true)
    #expect(measured["size"]?.string?.isEmpty == false)
  }

  @Test("a step that is newer than the record is out of reach, and a record of another plan is refused")
  func others() async throws {
    let scene = try await scene()
    try scene.editPlan { $0 = $0.replacing("server: target }", with: "server: target, jobs: 7 }") }
    let newer = try await elsewhere(scene, "plan", "plan.yaml", "--scenario", "lost", "--observations", "facts.json")
    #expect(newer.status == 0 && newer.output.contains("facts.json holds nothing of it"), "\(newer)")
    try scene.editPlan { $0 = $0.replacing("name: scene", with: "name: another") }
    let other = try await elsewhere(scene, "plan", "plan.yaml", "--observations", "facts.json")
    #expect(other.status == 1 && other.errors.contains("error[observations-of-another-plan]"))
    try writeFile("\(scene.folder)/facts.json", "{}")
    #expect(try await elsewhere(scene, "plan", "plan.yaml", "--observations", "facts.json").errors.contains("error[observations-unreadable]"))
  }

  @Test("what does not answer is recorded as such")
  func unreachable() async throws {
    let scene = try await scene()
    let result = try await StartedProgram(
      [BuiltProgram.sieDR, "observe", "plan.yaml", "--out", "dark.json", "--observe-timeout", "1s"],
      environment: ["SOURCE_URL": "postgresql://u@127.0.0.1:1/x", "TARGET_URL": "postgresql://u@127.0.0.1:1/x"], in: scene.folder).end()
    #expect(result.status == 0 && result.output.contains("of them without an answer"), "\(result)")
  }
}
