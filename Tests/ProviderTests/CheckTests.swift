import ProviderInterface
import TestSupport
import Testing

@Suite("http.check and operator.confirm", .timeLimit(.minutes(3)))
struct CheckTests {
  @Test("takes the answer for what it is", arguments: [
    ("status: 503", nil), ("status: 200", "status 503 instead of 200"), ("status: 503, contains: up", nil),
    ("status: 503, contains: down", "does not contain"), ("status: 503, json: { a: { b: up } }", nil),
    ("status: 503, json: { a: { b: down } }", "`a.b` is another"), ("status: 503, json: { c: up }", "`c` is missing"),
  ] as [(String, String?)])
  func answers(expected: String, problem: String?) async throws {
    let server = try HTTPServer { _ in .text(503, #"{"a":{"b":"up","more":1}}"#) }
    let it = try step("http.check: { url: '\(server.url)/ready', expect: { \(expected) } }")
    guard let problem else { _ = try await perform(it); return }
    let failure = await #expect(throws: StepFailure.self) { try await perform(it) }
    #expect(failure?.code == "check-failed" && failure?.isTransient == true)
    #expect(failure?.message.contains(problem) == true, "\(failure?.message ?? "")")
  }

  @Test("a refused connection fails at once where there is no `within`")
  func refused() async throws {
    let it = try step("http.check: { url: 'http://127.0.0.1:\(HTTPServer.closedPort())/' }")
    let failure = await #expect(throws: StepFailure.self) { try await perform(it) }
    #expect(failure?.details == ["asked once"])
  }

  @Test("holds to what every step kind holds to")
  func conforms() async throws {
    let server = try HTTPServer { _ in .text(200, "ready") }
    let asked = try conformance(step("http.check: { url: '\(server.url)' }")) { 0 }
    try await asked.performsTwiceAsOnce()
    try await asked.undoes()
    try asked.plansWithoutReach()
  }

  @Test("a question is asked, not performed")
  func question() throws {
    let it = try step("operator.confirm: { ask: are the writers stopped }")
    #expect(it.question == "are the writers stopped")
    #expect(!performers.knows(it.kind))
    #expect(kinds[it.kind]?.compare(it.arguments, .nothing, noon).action == .check)
  }
}
