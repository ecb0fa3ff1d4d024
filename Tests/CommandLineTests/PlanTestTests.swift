import CanonicalJSON
import TestSupport
import Testing

/// `test`: tests of plans, as a process.
@Suite("Tests of plans") struct PlanTestTests {
  private func test(_ arguments: String..., in folder: String = Repository.root) async throws -> ProgramResult {
    try await StartedProgram([BuiltProgram.sieDR, "test"] + arguments, in: folder).end()
  }

  /// Over the sample plan, one case with this in it.
  private func run(_ text: String, format: String = "text") async throws -> ProgramResult {
    let folder = try temporaryFolder("plantest")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", samplePlan)
    try writeFile("\(folder)/plan.test.yaml", text)
    return try await test("plan.test.yaml", "--format", format, in: folder)
  }

  private func testCase(_ body: String) -> String {
    "apiVersion: sie-dr/v1\nkind: PlanTest\nplan: plan.yaml\ncases:\n  it-holds:\n" + body.split(separator: "\n").map { "    \($0)\n" }.joined()
  }

  @Test("plans/sie.test.yaml holds, alone and by its folder")
  func shipped() async throws {
    let result = try await test("plans/sie.test.yaml")
    #expect(result.status == 0 && result.output.contains("✓ region-is-lost") && result.output.hasSuffix("7 passed in 1 file\n"), "\(result.output)\(result.errors)")
    #expect(try await test("plans").output == result.output)
  }

  @Test("a folder's tests are no plans for lint")
  func noPlans() async throws {
    let result = try await StartedProgram([BuiltProgram.sieDR, "lint", "plans", "--format", "json"], in: Repository.root).end()
    #expect(result.status == 0 && result.output.contains("plans/sie.yaml") && !result.output.contains(".test.yaml"))
    #expect(try await test("examples").errors.contains("there are no plan tests in examples"))
  }

  @Test("what holds passes", arguments: [
    "{ rto: { exactly: 1h11m, atMost: 2h, atLeast: 1h, unbounded: false } }", "{ data: { orders: { rpo: { exactly: 41m }, rto: { atMost: 4h } } } }",
    "{ steps: [restore, verify], criticalPath: [restore, verify], order: [[restore, verify]] }", "{ findings: { absent: [rpo-exceeded, rto-exceeded] } }",
    "{ guaranteed: { atLeast: 90m } }",
  ]) func holds(_ expect: String) async throws {
    let result = try await run(testCase("scenario: lost\nexpect: \(expect)"))
    #expect(result.status == 0 && result.output.contains("1 passed in 1 file"), "\(result.output)")
  }

  @Test("what does not hold fails, with the place and the figure", arguments: [
    ("{ rto: { atMost: 1h } }", "the RTO of `lost` is 1h 11m, expected at most 1h", 7), ("{ rto: { exactly: 1h } }", "expected exactly 1h", 7),
    ("{ data: { orders: { rpo: { atLeast: 2h } } } }", "the RPO of `orders` in `lost` is 41m, expected at least 2h", 7),
    ("{ data: { orders: { rpo: { unbounded: true } } } }", "expected no bound", 7), ("{ data: { order: { rpo: { atMost: 2h } } } }", "did you mean `orders`?", 7),
    ("{ steps: [verify, restore] }", "found    [restore, verify]", 7), ("{ criticalPath: [restore] }", "the critical path of `lost` is not what is expected", 7),
    ("{ order: [[verify, restore]] }", "the plan says the opposite order", 7), ("{ order: [[restore, verfy]] }", "did you mean `verify`?", 7),
    ("{ findings: { present: [rpo-exceeded] } }", "there is no finding `rpo-exceeded`", 7),
  ]) func fails(_ expect: String, _ words: String, _ line: Int) async throws {
    let result = try await run(testCase("scenario: lost\nexpect: \(expect)"))
    #expect(result.status == 1 && result.output.contains("✗ it-holds") && result.output.contains(words) && result.output.contains("plan.test.yaml:\(line):"), "\(result.output)")
    #expect(result.output.contains("error[expectation-failed]") && result.output.hasSuffix("0 passed, 1 failed in 1 file\n"))
  }

  @Test("values, width and day of a case count, and only for it")
  func given() async throws {
    let text = testCase("scenario: lost\nset: { data.orders.protect.regular.every: 2h }\nexpect: { data: { orders: { rpo: { exactly: 2h11m } } }, findings: { present: [rpo-exceeded] } }")
    let result = try await run(text + "  as-it-is: { scenario: lost, expect: { data: { orders: { rpo: { exactly: 41m } } } } }\n")
    #expect(result.status == 0, "\(result.output)")
    let unknown = try await run(testCase("scenario: lost\nset: { data.order.protect: 2h }\nexpect: { rto: { atMost: 4h } }"))
    #expect(unknown.status == 1 && unknown.output.contains("error[yaml-unknown-address]") && unknown.output.contains("plan.test.yaml:7:12"), "\(unknown.output)")
    let wrong = try await run(testCase("scenario: lost\nset: { data.orders.protect.regular.every: 2 }\nexpect: { rto: { atMost: 4h } }"))
    #expect(wrong.status == 1 && wrong.output.contains("error[wrong-value]") && wrong.output.contains("plan.test.yaml:7:"), "\(wrong.output)")
  }

  @Test("is read strictly, with line and column", arguments: [
    ("scenario: lost\nexpects: { rto: { atMost: 1h } }", "unknown-key", "7:5"), ("scenario: lost\nexpect: { rto: { atMots: 1h } }", "unknown-key", "7:22"),
    ("scenario: lost\nexpect: { rto: { atMost: 60 } }", "wrong-value", "7:30"), ("scenario: lost\nexpect: {}", "missing-key", "7:13"),
    ("expect: { rto: { atMost: 1h } }", "missing-key", "5:3"), ("scenario: lost\nexpect: { findings: { absent: [rpo-exceded] } }", "unknown-reference", "7:36"),
    ("scenario: lost\nexpect: { order: [restore] }", "wrong-type", "7:23"),
  ]) func strict(_ body: String, _ code: String, _ place: String) async throws {
    let result = try await run(testCase(body))
    #expect(result.status == 1 && result.output.contains("error[\(code)]") && result.output.contains("plan.test.yaml:\(place)"), "\(result.output)")
    #expect(result.output.hasSuffix("0 passed, 1 not run in 1 file\n"))
  }

  @Test("a plan that is not there is told of where it is named, and a file that is no test is refused")
  func missing() async throws {
    let result = try await run(testCase("scenario: lost\nexpect: { rto: { atMost: 4h } }").replacing("plan: plan.yaml", with: "plan: plna.yaml"))
    #expect(result.status == 1 && result.output.contains("error[plan-missing]") && result.output.contains("plan.test.yaml:3:7"), "\(result.output)")
    #expect(try await run(samplePlan).output.contains("expected `PlanTest`"))
  }

  @Test("JSON and JUnit hold each case")
  func formats() async throws {
    let text = testCase("scenario: lost\nexpect: { rto: { atMost: 1h } }") + "  another: { description: A & B, scenario: lost, expect: { rto: { atMost: 4h } } }\n"
    let json = try CanonicalJSON.decode(JSONValue.self, from: try await run(text, format: "json").output.utf8)
    let cases = json["files"]?.array?.first?["cases"]?.array ?? []
    #expect(json["formatVersion"]?.int == 1 && cases.map { $0["passed"]?.bool } == [false, true])
    #expect(cases.first?["failures"]?.array?.first?["span"]?["start"]?["line"]?.int == 7)
    let junit = try await run(text, format: "junit").output
    #expect(junit.contains("<testsuites name=\"sie-dr test\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\">"))
    #expect(junit.contains("<testcase classname=\"plan.test.yaml\" name=\"another\"/>") && junit.contains("<failure type=\"expectation-failed\""))
  }
}
