import CanonicalJSON
import Concurrency
@testable import DNSClient
@testable import DNSProvider
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// Each way in which a name server can lie, be slow or be gone; nothing may change by it, and no secret may be told.
@Suite("Faults of name servers", .timeLimit(.minutes(5)), .serialized)
struct FaultTests {
  private static let otherSecret = "hmac-sha256:dr:Y2FuYXJ5LWNhbmFyeS1vdGhlci1vdGhlci1vdGhlcg=="

  /// Fails with this code, tells no secret, and leaves the record alone.
  private func check(_ world: World, _ code: String, transient: Bool, _ words: String = "", sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let failure = try #require(await world.failure(), sourceLocation: sourceLocation)
    let said = CanonicalJSON.shown(failure)
    #expect(failure.code == code && failure.isTransient == transient, "\(failure)", sourceLocation: sourceLocation)
    #expect(words.isEmpty || said.contains(words), "\(said)", sourceLocation: sourceLocation)
    #expect(!failure.helps.isEmpty && !said.contains("Y2FuYXJ5") && !said.contains("canary"), "\(said)", sourceLocation: sourceLocation)
    #expect(try await world.records() == ["\(world.name). 60 IN CNAME east.example.test."], sourceLocation: sourceLocation)
    // What stops the step stops the look of `plan` too, in words.
    guard code != "update-refused" else { return }
    guard case .unreachable(let reason) = await world.observed().reach else { Issue.record("observed all the same", sourceLocation: sourceLocation); return }
    #expect(!reason.isEmpty && !reason.contains("Y2FuYXJ5"), "\(reason)", sourceLocation: sourceLocation)
  }

  @Test("a key with another secret, of another name, or that is none", arguments: TestNameServer.Kind.allCases)
  func keys(_ kind: TestNameServer.Kind) async throws {
    let world = try World(kind)
    try await check(world.with { $0.key = Self.otherSecret }, "key-refused", transient: false, "under another secret (BADSIG)")
    try await check(world.with { $0.key = "hmac-sha256:stranger:\(TestNameServer.secret)" }, "key-refused", transient: false, "no key named `stranger`")
    for key in ["canary", "hmac-md5:dr:Y2FuYXJ5", "hmac-sha256:dr:Y2FuYXJ5!", "key canary { secret canary; };", ""] {
      try await check(world.with { $0.key = key }, "key-not-understood", transient: false)
    }
    // The same key as `keymgr -t` and nsupdate write it is good.
    for key in ["# hmac-sha256:dr:\(TestNameServer.secret)\nkey:\n", "HMAC-SHA256:DR.:\(TestNameServer.secret)\n"] {
      _ = try await world.with { $0.key = key }.perform()
    }
  }

  @Test("a clock that is wrong by an hour, either way", arguments: TestNameServer.Kind.allCases) func clock(_ kind: TestNameServer.Kind) async throws {
    let world = try World(kind)
    try await check(world.with { $0.now = { systemTime() + .hours(1) } }, "clock-differs", transient: false, "ahead of that of the name server")
    try await check(world.with { $0.now = { systemTime() - .hours(1) } }, "clock-differs", transient: false, "behind that of the name server")
  }

  @Test("no key, and a key that may not", arguments: TestNameServer.Kind.allCases) func refused(_ kind: TestNameServer.Kind) async throws {
    try await check(World(kind).with { $0.arguments.zone.key = nil }, "update-refused", transient: false, "give the server `names` a `key`")
  }

  @Test("a server that is not the zone's") func strange() async throws {
    let world = try World(.bind)
    try await check(world.with { $0.arguments.zone.zone = "other.test" }, "update-refused", transient: false, "REFUSED")
    let resolver = try await onThread { try TestNameServer.start(.bind, .resolver(of: world.server.port)) }
    try await check(world.through(resolver.port), "not-authoritative", transient: false)
  }

  @Test("gone, or no name at all") func gone() async throws {
    let world = try World(.bind)
    try await check(world.through(HTTPServer.closedPort()), "name-server-silent", transient: true, "nothing listens there")
    try await check(world.with { $0.arguments.zone.host = NameServer(host: "no-such-host.invalid") }, "name-server-silent", transient: true, "its name has no address")
  }

  enum Lie: String, Sendable, CaseIterable { case silence, hangUp, garbage, short, endless, empty, otherID, noResponse, unsigned, wrongSignature, truncated, failed, notImplemented, ill }

  @Test("silent, slow, or talking nonsense", arguments: Lie.allCases) func lies(_ lie: Lie) async throws {
    let world = try World(.knot)
    let port = world.server.port
    let fake = try FakeNameServer { request in
      func real() -> [UInt8] { FakeNameServer.forwarded(request.bytes, to: port) ?? [] }
      switch lie {
      case .silence: return .silence
      case .hangUp: return .hangUp
      case .garbage: return .answer((0..<90).map { UInt8(truncatingIfNeeded: $0 &* 37) })
      case .short: return .raw([0, 200, 1, 2, 3])
      case .endless: return .answer(Array(request.bytes[..<2]) + [0x84, 0, 0, 1, 255, 255, 0, 0, 0, 0, 0xC0, 12] + [UInt8](repeating: 0xC0, count: 300))
      case .empty: return .answer([])
      case .otherID: return .answer([request.bytes[0] ^ 1] + real().dropFirst())
      case .noResponse: return .answer(request.bytes)
      case .unsigned: return .answer(request.answer(code: 0))
      case .wrongSignature:
        var bytes = real()
        bytes[bytes.count - 8] ^= 1
        return .answer(bytes)
      case .truncated: return .answer(Array(real().dropLast(20)))
      case .failed: return .answer(request.answer(code: 2))
      case .notImplemented: return .answer(request.answer(code: 4))
      case .ill: return .answer(request.answer(code: 1))
      }
    }
    let began = ContinuousClock.now
    switch lie {
    case .silence, .hangUp, .short: try await check(world.through(fake.port), "name-server-silent", transient: true)
    case .failed: try await check(world.through(fake.port), "name-server-failed", transient: true, "SERVFAIL")
    case .ill: try await check(world.through(fake.port), "name-server-failed", transient: false, "FORMERR")
    case .notImplemented: try await check(world.through(fake.port), "update-refused", transient: false, "takes no updates")
    default: try await check(world.through(fake.port), "answer-not-understood", transient: true)
    }
    // Once for the step, once for the look.
    #expect(began.duration(to: .now) < .seconds(30))
  }

  @Test("an update that was done while its answer was lost is found to be done", arguments: TestNameServer.Kind.allCases, [Lie.hangUp, .silence, .garbage, .unsigned])
  func lost(_ kind: TestNameServer.Kind, _ lie: Lie) async throws {
    let world = try World(kind)
    let port = world.server.port
    let fake = try FakeNameServer { request in
      let real = FakeNameServer.forwarded(request.bytes, to: port) ?? []
      guard request.isUpdate else { return .answer(real) }
      switch lie {
      case .hangUp: return .hangUp
      case .silence: return .silence
      case .unsigned: return .answer(request.answer(code: 0))
      default: return .answer([1, 2, 3])
      }
    }
    let result = try await world.through(fake.port).perform()
    #expect(result.outputs["former"] == .text("east.example.test"))
    #expect(try await world.answers() == ["west.example.test."])
  }

  @Test("an update that never came is a failure that is tried again", arguments: [Lie.hangUp, .silence]) func neverCame(_ lie: Lie) async throws {
    let world = try World(.bind)
    let port = world.server.port
    let lost = Lock(1)
    let fake = try FakeNameServer { request in
      if request.isUpdate, lost.withLock({ left in left -= 1; return left >= 0 }) { return lie == .hangUp ? .hangUp : .silence }
      return .answer(FakeNameServer.forwarded(request.bytes, to: port) ?? [])
    }
    let failure = await world.through(fake.port).failure()
    #expect(failure?.code == "name-server-silent" && failure?.isTransient == true)
    #expect(try await world.answers() == ["east.example.test."])
    _ = try await world.through(fake.port).perform(attempt: 2)
    #expect(try await world.answers() == ["west.example.test."])
  }

  @Test("answers over UDP that are not ours are not heard; one that does not fit is asked for over TCP") func datagrams() async throws {
    let world = try World(.bind)
    let port = world.server.port
    let question = DNSQuestion(try #require(DNSName(world.name)), .cname)
    let truncating = try FakeNameServer { request in
      request.isTCP ? .answer(FakeNameServer.forwarded(request.bytes, to: port) ?? []) : .answer(request.answer(code: 0, flags: 0x86))
    }
    let answer = try await World.client.ask(question, of: DNSServer(host: "127.0.0.1", port: truncating.port), deadline: .seconds(5))
    #expect(answer.records(of: question).map { "\($0.data)" } == ["east.example.test"])
    #expect(truncating.requests == 2)
    let forging = try FakeNameServer { request in
      switch request.index {
      case 0: .answer([request.bytes[0] ^ 1] + request.answer(code: 3).dropFirst())
      case 1: .answer([0])
      default: .answer(FakeNameServer.forwarded(request.bytes, to: port) ?? [])
      }
    }
    let heard = try await World.client.ask(question, of: DNSServer(host: "127.0.0.1", port: forging.port), deadline: .seconds(5))
    #expect(heard.records.count == 1 && forging.requests == 3)
  }

  @Test("many silent servers hold up none that answers") func many() async throws {
    let silent = try FakeNameServer { _ in .silence }
    let server = try TestNameServer.shared(.bind)
    let question = DNSQuestion(try #require(DNSName("ns1.example.test")), .a)
    let waiting = (0..<40).map { _ in Task { try? await World.client.ask(question, of: DNSServer(host: "127.0.0.1", port: silent.port), deadline: .seconds(8)) } }
    defer { for task in waiting { task.cancel() } }
    try await Task.sleep(for: .milliseconds(200))
    let answer = try await World.client.ask(question, of: DNSServer(host: "127.0.0.1", port: server.port), deadline: .seconds(4))
    #expect(answer.records.count == 1)
  }

  @Test("cancelled while a server is silent, it ends at once") func cancelled() async throws {
    let silent = try FakeNameServer { _ in .silence }
    let world = try World(.bind).through(silent.port)
    let began = ContinuousClock.now
    let task = Task { await world.failure() }
    try await Task.sleep(for: .milliseconds(200))
    task.cancel()
    #expect(await task.value?.code == "cancelled")
    #expect(began.duration(to: .now) < .seconds(2))
  }

  @Test("the key is in nothing that is kept or shown") func secrets() async throws {
    let world = try World(.bind)
    let place = try await ZonePlace(world.arguments, World.network, Keys(key: world.key), now: world.now)
    let result = try await world.perform()
    let marks = try await world.records() + [try CanonicalJSON.text(result), try CanonicalJSON.text(world.arguments), try CanonicalJSON.text(await world.observed())]
    let shown = marks + ["\(place)", String(reflecting: place), "\(String(describing: (place.keeper as? NameServerKeeper)?.key))", "\(world.arguments)"]
    #expect(!shown.contains { $0.contains("Y2FuYXJ5") || $0.contains("canary") }, "\(shown)")
  }
}

extension CanonicalJSON {
  static func shown(_ failure: StepFailure) -> String { ([failure.message] + failure.details + failure.helps).joined(separator: "\n") }
}
