import AWSClient
import CanonicalJSON
@testable import DNSProvider
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// Each way in which Route 53, or what stands in its place, can lie, be slow or be gone; no secret may be told.
@Suite("Faults of Route 53", .timeLimit(.minutes(5)), .serialized)
struct CloudFaultTests {
  /// Fails with this code, tells no secret, and leaves the record alone.
  private func check(_ world: CloudWorld, _ code: String, transient: Bool, _ words: String = "", sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let before = try await world.sets()
    let failure = try #require(await world.failure(), sourceLocation: sourceLocation)
    let said = CanonicalJSON.shown(failure)
    #expect(failure.code == code && failure.isTransient == transient, "\(said)", sourceLocation: sourceLocation)
    #expect(words.isEmpty || said.contains(words), "\(said)", sourceLocation: sourceLocation)
    #expect(!failure.helps.isEmpty && !said.contains("canary"), "\(said)", sourceLocation: sourceLocation)
    #expect(try await world.sets() == before, sourceLocation: sourceLocation)
    guard case .unreachable(let reason) = await world.observed().reach else { return }
    #expect(!reason.isEmpty && !reason.contains("canary"), "\(reason)", sourceLocation: sourceLocation)
  }

  private func own(token: String? = nil) async throws -> Route53Server { try await onThread { try Route53Server.start(token: token) } }

  @Test("another secret key, a key that is not known, and what is none") func keys() async throws {
    let world = try CloudWorld(.shared())
    try await check(world.with { $0.secret = "\(Route53Server.accessKey):canary" }, "key-refused", transient: false, "the secret key does not belong to the access key")
    try await check(world.with { $0.secret = "AKIDOTHER:canary" }, "key-refused", transient: false, "does not know the access key (InvalidClientTokenId)")
    try await check(world.with { $0.secret = "canary" }, "credentials-missing", transient: false, "ACCESS:SECRET")
    // Without a secret it is where AWS's own tools look, and nothing is there.
    let none = world.with { $0.arguments.zone.keeper = .route53(id: Route53Server.zoneID, AWSReference(endpoint: world.server.url)) }
    let failure = await none.failure()
    #expect(failure?.code.hasPrefix("credentials") == true || failure?.code == "route53-silent", "\(failure?.description ?? "")")
  }

  @Test("a session token is sent and signed; without it, or with another one, Route 53 says no, and what it repeats is not told") func token() async throws {
    let server = try await own(token: "canary-token-77")
    let world = try CloudWorld(server)
    try await check(world, "key-refused", transient: false)
    try await check(world.with { $0.secret = "\(Route53Server.accessKey):canary:canary-token-77" }, "key-refused", transient: false, "refuses the signature")
    let good = world.with { $0.secret = Route53Server.credentials + ":canary-token-77" }
    try await onThread { try server.faults([(on: "change", fault: "repeats-secrets", times: nil)]) }
    try await check(good, "change-refused", transient: false, "it says InvalidInput")
    try await onThread { try server.faults([(on: "any", fault: "expired", times: 1)]) }
    _ = try await good.perform()
  }

  @Test("a clock that is wrong by an hour, either way", arguments: [1, -1]) func clock(_ hours: Int64) async throws {
    try await check(try CloudWorld(.shared()).with { $0.now = { systemTime() + .hours(hours) } }, "clock-differs", transient: false, "its clock says")
  }

  @Test("credentials that may not: what they need is said") func denied() async throws {
    let server = try await own()
    let world = try CloudWorld(server)
    for operation in ["list", "change"] {
      try await onThread { try server.faults([(on: operation, fault: "deny", times: nil)]) }
      try await check(world, "update-refused", transient: false, "route53:ChangeResourceRecordSets")
    }
    // The change is made then, and only its way to the servers cannot be followed.
    try await onThread { try server.faults([(on: "get", fault: "deny", times: nil)]) }
    #expect(await world.failure()?.code == "update-refused")
    try await onThread { try server.faults() }
    _ = try await world.perform(attempt: 2)
    guard case .done = await world.settle() else { Issue.record("not settled as done"); return }
  }

  @Test("gone, no name at all, or something else that answers there") func gone() async throws {
    let world = try CloudWorld(.shared())
    try await check(world.at("http://127.0.0.1:\(HTTPServer.closedPort())"), "route53-silent", transient: true, "nothing listens on that port")
    try await check(world.at("http://no-such-host.invalid"), "route53-silent", transient: true, "the host's name has no address")
    let silent = try HTTPServer { _ in .silence }
    try await check(world.at(silent.url).with { $0.patience.answer = .milliseconds(300) }, "route53-silent", transient: true, "no complete answer")
    let redirecting = try HTTPServer { _ in .answer(301, headers: ["Location": "http://127.0.0.1:1/"]) }
    try await check(world.at(redirecting.url), "answer-not-understood", transient: true, "something else listens there")
  }

  struct Lie: Sendable, CustomTestStringConvertible {
    var fault: String
    var code: String
    var words: String
    var testDescription: String { fault }
  }

  @Test("talking nonsense, failing or busy for good, in looks and in changes", arguments: [
    Lie(fault: "html", code: "answer-not-understood", words: "a `html` where"), Lie(fault: "html-error", code: "answer-not-understood", words: "something else listens there"),
    Lie(fault: "empty", code: "answer-not-understood", words: "no XML"), Lie(fault: "half", code: "answer-not-understood", words: "no XML"),
    Lie(fault: "huge", code: "answer-not-understood", words: "longer than any such answer"), Lie(fault: "500", code: "route53-failed", words: "given up after 4 attempts"),
    Lie(fault: "503", code: "route53-failed", words: "ServiceUnavailable"), Lie(fault: "throttle", code: "route53-busy", words: "Throttling"),
    Lie(fault: "prior", code: "route53-busy", words: "PriorRequestNotComplete"), Lie(fault: "hang-up", code: "route53-silent", words: "given up after 4 attempts"),
  ]) func lies(_ lie: Lie) async throws {
    let server = try await own()
    let world = try CloudWorld(server)
    for operation in ["list", "change"] where !(lie.fault == "half" && operation == "change") {
      try await onThread { try server.faults([(on: operation, fault: lie.fault, times: nil)]) }
      try await check(world, lie.code, transient: true, lie.words)
    }
    // When it is over, the same step goes through.
    try await onThread { try server.faults() }
    _ = try await world.perform(attempt: 2)
  }

  @Test("what is over in a moment is not noticed", arguments: ["500", "503", "throttle", "prior", "hang-up"]) func brief(_ fault: String) async throws {
    let server = try await own()
    let world = try CloudWorld(server)
    try await onThread { try server.faults([(on: "list", fault: fault, times: 1), (on: "change", fault: fault, times: 2), (on: "get", fault: fault, times: 1)]) }
    try await world.undo(try await world.perform())
  }

  @Test("a change that was made although its answer was lost is found, waited for, made once, and taken back", arguments: ["done-then-hang-up", "done-then-500", "half"])
  func lost(_ fault: String) async throws {
    let server = try await own()
    // One that cannot be read is the end of an attempt where it is the second.
    for times in fault == "half" ? [1] : [1, 2] {
      let world = try CloudWorld(server)
      let before = try await world.sets()
      try await onThread { try server.faults([(on: "change", fault: fault, times: times)]) }
      let result = try await world.perform()
      #expect(result.outputs["former"] == .text("east.example.test"))
      guard case .done(let settled) = await world.settle() else { Issue.record("not settled as done"); continue }
      #expect(settled.undoRecord == result.undoRecord)
      try await onThread { try server.faults([(on: "change", fault: fault, times: times)]) }
      try await world.undo(result)
      #expect(try await world.sets() == before)
    }
  }

  @Test("a change whose answer never comes is found by who looks next") func lostForGood() async throws {
    let server = try await own()
    let world = try CloudWorld(server).with { $0.patience.attempts = 1 }
    try await onThread { try server.faults([(on: "change", fault: "done-then-hang-up", times: nil)]) }
    #expect(await world.failure()?.code == "route53-silent")
    try await onThread { try server.faults() }
    // It is there, and nobody knows whether all servers have it.
    #expect(await world.settle() == .notDone)
    _ = try await world.perform(attempt: 2)
    guard case .done = await world.settle() else { Issue.record("not settled as done"); return }
    try await world.undo(nil)
    #expect(try await world.records().first?.contains("east.example.test") == true)
  }

  @Test("one that says it has done what it has not is found out") func notDone() async throws {
    let server = try await own()
    try await onThread { try server.faults([(on: "change", fault: "not-done", times: nil)]) }
    try await check(try CloudWorld(server), "record-changed", transient: false, "is not what Route 53 said that it was changed to")
  }

  @Test("a change that its servers do not get in time is said, and who resumes waits for it") func pending() async throws {
    let server = try await own()
    let world = try CloudWorld(server).with { $0.timeout = .seconds(3) }
    try await onThread { try server.faults(pending: 6) }
    let failure = await world.failure()
    #expect(failure?.code == "change-pending" && failure?.isTransient == true, "\(failure?.description ?? "")")
    #expect(failure?.helps.first?.contains("aws route53 get-change --id C0") == true, "\(failure?.helps ?? [])")
    #expect(await world.settle() == .notDone)
    try await onThread { try server.faults(pending: 1.5) }
    let began = ContinuousClock.now
    _ = try await world.with { $0.timeout = .seconds(20) }.perform(attempt: 2)
    #expect(began.duration(to: .now) > .seconds(1.4))
    try await onThread { try server.faults([(on: "get", fault: "never-in-sync", times: nil)]) }
    let other = try CloudWorld(server).with { $0.timeout = .seconds(2) }
    #expect(await other.failure()?.code == "change-pending")
    try await onThread { try server.faults([(on: "get", fault: "forgotten", times: nil)]) }
    #expect(try await CloudWorld(server).failure()?.message.contains("does not know of that change any more") == true)
  }

  @Test("cancelled while it waits it says so, and the change is this step's own") func cancelled() async throws {
    let server = try await own()
    let world = try CloudWorld(server)
    try await onThread { try server.faults(pending: 8) }
    let task = Task { await world.failure() }
    try await until("the change is asked for") { try server.log().contains { $0.hasPrefix("get") } }
    task.cancel()
    #expect(await task.value?.code == "cancelled")
    try await onThread { try server.faults() }
    try await world.undo(nil)
    #expect(try await world.sets().count == 1)
  }

  @Test("a record too large to be remembered is left alone") func large() async throws {
    let world = try CloudWorld(.shared(), [Route53Server.Entry("", "AAAA", (1...90).map { "2001:db8:1111:2222:3333:4444:5555:\(String($0, radix: 16))" })], type: .AAAA, to: "2001:db8::7")
    try await check(world, "record-too-large", transient: false, "a `TXT` of Route 53 holds 4000")
  }

  @Test("the secret key is in nothing that is kept or shown, nor sent") func secrets() async throws {
    let world = try CloudWorld(.shared())
    let place = try await world.place()
    let result = try await world.perform()
    let kept = try await world.sets() + [try CanonicalJSON.text(result), try CanonicalJSON.text(world.arguments), try CanonicalJSON.text(await world.observed())]
    let asked = try await onThread { try world.server.log() }
    let shown = kept + asked + ["\(place)", String(reflecting: place), "\(place.keeper)", "\(world.arguments)"]
    #expect(!shown.contains { $0.contains("canary") }, "\(shown)")
  }

  @Test("doctor says whether Route 53 takes the credentials") func doctor() async throws {
    let world = try CloudWorld(.shared())
    func outcomes(_ world: CloudWorld) async -> [CheckOutcome] {
      await DNSZoneExamination(world.arguments.zone, world.network).outcomes(in: ObservingContext(secrets: Keys(key: world.secret), stores: NoStores(), timeout: .seconds(10), now: world.now))
    }
    let good = await outcomes(world)
    #expect(good.count == 1 && good.first?.verdict == .ok, "\(good)")
    let bad = await outcomes(world.with { $0.secret = "\(Route53Server.accessKey):canary" })
    #expect(bad.first?.verdict != .ok && !"\(bad)".contains("canary"), "\(bad)")
  }
}
