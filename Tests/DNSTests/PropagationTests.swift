@testable import DNSClient
@testable import DNSProvider
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// Who gives the new answer when: secondaries, resolvers, and the old time to live.
@Suite("Where a new answer is seen", .timeLimit(.minutes(5)), .serialized)
struct PropagationTests {
  private func local(_ port: Int) -> NameServer { NameServer(host: "127.0.0.1", port: port) }

  @Test("a secondary that is told counts, whichever server it is", arguments: [(TestNameServer.Kind.bind, TestNameServer.Kind.knot), (.knot, .bind)])
  func told(_ first: TestNameServer.Kind, _ second: TestNameServer.Kind) async throws {
    let port = try HTTPServer.closedPort()
    let primary = try await onThread { try TestNameServer.start(first, .primary(tells: [port])) }
    let secondary = try await onThread { try TestNameServer.start(second, .secondary(of: primary.port), port: port) }
    let world = try World(primary).with { $0.arguments.zone.authoritative = [local(primary.port), local(secondary.port)]; $0.patience = .seconds(20) }
    let result = try await world.perform()
    #expect(result.summary.contains("2 of 2 name servers say so"), "\(result.summary)")
    let name = world.name
    #expect(try await onThread { try secondary.dig(name, "CNAME") } == ["west.example.test."])
    try await world.undo(result)
    #expect(try await onThread { try secondary.dig(name, "CNAME") } == ["east.example.test."])
  }

  @Test("a secondary that nobody tells keeps the old answer: the step says which, and that the zone is changed")
  func old() async throws {
    let primary = try await onThread { try TestNameServer.start(.bind, .primary(tells: [])) }
    let world = try World(primary)
    let secondary = try await onThread { try TestNameServer.start(.bind, .secondary(of: primary.port)) }
    let both = world.with { $0.arguments.zone.authoritative = [local(primary.port), local(secondary.port)] }
    let failure = await both.failure()
    #expect(failure?.code == "old-answer" && failure?.isTransient == true)
    #expect(failure?.details.first == "127.0.0.1:\(secondary.port) says east.example.test", "\(failure?.details ?? [])")
    #expect(try await world.answers() == ["west.example.test."])
    // Looked at again, the change is this step's own.
    #expect(await both.failure(attempt: 2)?.code == "old-answer")
    try await world.undo(nil)
    #expect(try await world.records() == ["\(world.name). 60 IN CNAME east.example.test."])
  }

  @Test("a server that burned with its site is a warning; where all are silent the step fails") func silent() async throws {
    let world = try World(.bind)
    let gone = try local(HTTPServer.closedPort())
    let ill = try FakeNameServer { .answer($0.answer(code: 2)) }
    let partly = world.with { $0.arguments.zone.authoritative = [local(world.server.port), gone, local(ill.port)] }
    let result = try await partly.perform()
    #expect(result.summary.contains("1 of 3 name servers"), "\(result.summary)")
    #expect(result.summary.contains("WARNING: \(gone): nothing listens there") && result.summary.contains("WARNING: 127.0.0.1:\(ill.port): it says SERVFAIL"), "\(result.summary)")
    let failure = await world.with { $0.arguments.zone.authoritative = [gone] }.failure(attempt: 2)
    #expect(failure?.code == "name-servers-silent" && failure?.isTransient == true)
  }

  @Test("without a list the zone's own name servers are asked, by their addresses") func delegated() async throws {
    let world = try World(.knot).with { $0.arguments.zone.authoritative = [] }
    let place = try await ZonePlace(world.arguments, World.network, Keys(key: world.key), now: world.now)
    #expect(await place.authoritative() == [DNSServer(host: "127.0.0.1", port: 53)])
  }

  @Test("the old answer is waited out: a resolver that kept it has the new one then, and not before", arguments: TestNameServer.Kind.allCases)
  func waitsOut(_ kind: TestNameServer.Kind) async throws {
    let resolver = try await onThread { try TestNameServer.start(.bind, .resolver(of: TestNameServer.shared(kind).port)) }
    let world = try World(kind, ttl: 4).with { $0.arguments.ttl = .seconds(4); $0.arguments.zone.resolvers = [local(resolver.port)] }
    let name = world.name
    #expect(try await onThread { try resolver.dig(name, "CNAME") } == ["east.example.test."])
    async let moved = world.perform()
    try await Task.sleep(for: .seconds(1.5))
    #expect(try await world.answers() == ["west.example.test."])
    #expect(try await onThread { try resolver.dig(name, "CNAME") } == ["east.example.test."])
    let result = try await moved
    #expect(try await onThread { try resolver.dig(name, "CNAME") } == ["west.example.test."])
    #expect(result.summary.contains("the old answer's 4s are over") && !result.summary.contains("WARNING"), "\(result.summary)")
  }

  @Test("what lives longer than the plan says is shown by `plan` and said by the step, which waits no longer than planned")
  func longer() async throws {
    let resolver = try await onThread { try TestNameServer.start(.bind, .resolver(of: TestNameServer.shared(.bind).port)) }
    let world = try World(.bind, ttl: 3_600).with { $0.arguments.ttl = .seconds(2); $0.arguments.zone.resolvers = [local(resolver.port)] }
    let name = world.name
    _ = try await onThread { try resolver.dig(name, "CNAME") }
    #expect(await world.compared().losses == ["clients may keep the old answer of \(name) for 1h, and the plan counts with 2s: lower the record's time to live"])
    let began = ContinuousClock.now
    let result = try await world.perform()
    #expect(began.duration(to: .now) > .seconds(2) && began.duration(to: .now) < .seconds(6))
    #expect(result.summary.contains("WARNING: clients may keep the old answer until"), "\(result.summary)")
    #expect(result.summary.contains("WARNING: the resolver 127.0.0.1:\(resolver.port) still says east.example.test"), "\(result.summary)")
    // The new answer lives as long as the plan says.
    #expect(try await world.records().first == "\(name). 2 IN CNAME west.example.test.")
    try await world.undo(result)
    #expect(try await world.records() == ["\(name). 3600 IN CNAME east.example.test."])
  }

  @Test("a time-out that is too short for the wait does not undo the move") func timeout() async throws {
    let world = try World(.bind, ttl: 30).with { $0.arguments.ttl = .seconds(30); $0.timeout = .seconds(3) }
    let began = ContinuousClock.now
    let result = try await world.perform()
    #expect(began.duration(to: .now) < .seconds(3))
    #expect(result.summary.contains("WARNING: clients may keep the old answer until"), "\(result.summary)")
  }

  @Test("a name that is new is waited for as long as its absence may be believed") func absence() async throws {
    let world = try World(.bind, former: []).with { $0.arguments.ttl = .minutes(1) }
    let began = ContinuousClock.now
    let result = try await world.perform()
    // The zone's SOA says 5 seconds.
    #expect(began.duration(to: .now) > .seconds(4.5) && began.duration(to: .now) < .seconds(9))
    #expect(result.summary.contains(", and is new;"), "\(result.summary)")
  }
}
