import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("recovery-point.ping", .timeLimit(.minutes(3)))
struct PingTests {
  private func ping(_ url: String) throws -> StepSpecification { try step("recovery-point.ping: { data: shop, protection: p, url: \(url) }") }

  /// East and west with the same newest point.
  private func copied(_ ages: [Int64] = [1]) async throws -> Points {
    let points = try await Points(agesInDays: ages)
    _ = try await perform(step("recovery-point.copy: { data: shop, from: east, to: west }"), performing(points.stores))
    return points
  }

  @Test("calls once the newest point is in every store")
  func calls() async throws {
    let server = try HTTPServer { _ in .text(200, "OK") }
    let points = try await copied()
    let result = try await perform(ping("'\(server.url)/abc?x=1'"), performing(points.stores))
    #expect(result.summary == "called")
    #expect(server.requests.map { "\($0.method) \($0.path)" } == ["GET /abc?x=1"])
  }

  @Test("does not call where a copy is missing, the point is suspect, there is none, or a store does not answer")
  func silent() async throws {
    let server = try HTTPServer { _ in .text(200, "OK") }
    let it = try ping("'\(server.url)'")
    let copies = try await copied()
    let (uncopied, none) = (try await Points(agesInDays: [1]), try await Points(agesInDays: []))
    let suspect = try await Points(agesInDays: [1], suspect: "holds no rows")
    _ = try await perform(step("recovery-point.copy: { data: shop, from: east, to: west }"), performing(suspect.stores))
    for (stores, words) in [
      (uncopied.stores, "`west` lacks the point"), (none.stores, "there is no point"), (suspect.stores, "is suspect"),
      (Stores(byName: ["east": copies.east]), "`west` does not answer"),
    ] {
      let result = try await perform(it, performing(stores))
      #expect(result.summary.hasPrefix("not called: ") && result.summary.contains(words), "\(result.summary)")
    }
    #expect(server.requests.isEmpty)
  }

  @Test("a call that is not heard is a warning that shows nothing of a secret URL", arguments: ["404", "hang-up", "closed", "secret"])
  func unheard(_ how: String) async throws {
    let server = try HTTPServer { _ in how == "hang-up" ? .hangUp : .text(404, canary) }
    let url = switch how {
    case "closed": "'http://user:canary@127.0.0.1:\(try HTTPServer.closedPort())/?key=canary'"
    // The secret's value is no URL at all.
    case "secret": "{ secret: token }"
    default: "'\(server.url)'"
    }
    let result = try await perform(ping(url), performing(try await copied().stores))
    #expect(result.summary.hasPrefix("WARNING"), "\(result.summary)")
    #expect(!result.summary.contains("canary"), "\(result.summary)")
  }

  @Test("changes nothing, and has nothing to do where no step before it changes a point")
  func conforms() async throws {
    let server = try HTTPServer { _ in .text(200, "OK") }
    let points = try await copied()
    let it = try conformance(ping("'\(server.url)'"), performing(points.stores)) { try await points.contents() }
    try await it.performsTwiceAsOnce()
    try await it.undoes()
    #expect(try kinds["recovery-point.ping"]?.compare(ping("'\(server.url)'").arguments, .nothing, noon).action == Change.Action.none)
  }
}
