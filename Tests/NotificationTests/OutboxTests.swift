import CanonicalJSON
import Concurrency
import HTTPClient
@testable import NotificationProvider
import ObjectStore
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("The outbox, and notify.send", .timeLimit(.minutes(3)))
struct OutboxTests {
  private func conformance(_ world: World, _ outbox: Outbox, _ channel: Channel, world look: @escaping @Sendable () async throws -> [String]) throws -> StepConformance<[String]> {
    let arguments = NotifySend.Arguments(channels: [channel], text: "It is down.")
    return StepConformance(
      AnyStepKind(NotifySend.self), try CanonicalJSON.value(arguments), StepPerformers([NotifySendPerformer(outbox)]), world.context(), world: look)
  }

  @Test("holds to what every step kind holds to; performed twice it is sent once") func conforms() async throws {
    let hook = try HTTPServer { _ in .text(200, "ok") }
    let world = World()
    let outbox = world.outbox
    let it = try conformance(world, outbox, World.slack("\(hook.url)/x")) {
      await outbox.settle(within: .seconds(10))
      return hook.requests.map { String(decoding: $0.body, as: UTF8.self) }
    }
    try it.plansWithoutReach()
    try await it.honoursCancellation()
    try await it.settles()
    try await it.performsTwiceAsOnce()
    #expect(hook.requests.count == 1)
    // Also by the next process, from what is kept.
    let next = world.outbox
    _ = try await world.post("It is down.", by: [World.slack("\(hook.url)/x")], in: next)
    await next.takeUp()
    _ = await next.finish(within: .seconds(5))
    #expect(hook.requests.count == 1)
  }

  @Test("a channel that is down, slow or gone holds nothing up: the step is done at once", arguments: ["silence", "closed"]) func offThePath(_ how: String) async throws {
    let silent = try HTTPServer { _ in .silence }
    let url = how == "closed" ? "http://127.0.0.1:\(try HTTPServer.closedPort())/x" : "\(silent.url)/x"
    let world = World()
    let outbox = world.outbox
    let began = ContinuousClock.now
    let result = try await world.post("It is down.", by: [World.slack(url)], in: outbox)
    #expect(began.duration(to: .now) < .seconds(1) && result.summary == "in the outbox, goes by slack")
    let open = await outbox.finish(within: .milliseconds(300))
    #expect(open.count == 1 && open[0].isSent == false && !open[0].outcome.contains("/x"), "\(open.map(\.outcome))")
  }

  @Test("where the first channel does not take it, the second does", arguments: ["gone", "down", "doubtful"]) func second(_ how: String) async throws {
    let page = try StatusPageServer()
    let first = try HTTPServer { _ in how == "gone" ? .text(404, "") : how == "down" ? .text(503, "") : .hangUp }
    let world = World().with { $0.patience.perChannel = .milliseconds(400) }
    let sent = try #require(try await world.send(by: World.slack("\(first.url)/x"), World.page(page)))
    #expect(sent.isSent && sent.outcome.hasPrefix("sent by status page after ") && sent.outcome.contains("(slack: "), "\(sent.outcome)")
    #expect(page.all.count == 1)
    if how != "down" { #expect(first.requests.count == 1) }
  }

  @Test("the messages of one channel keep their order") func order() async throws {
    let count = Lock(0)
    let hook = try HTTPServer { _ in count.withLock { count in count += 1; return count < 3 } ? .text(503, "") : .text(200, "ok") }
    let (world, outbox) = (World(), World().outbox)
    for number in 0..<5 { _ = try await world.post("message \(number)", by: [World.slack("\(hook.url)/x")], as: StepName(rawValue: "s\(number)"), in: outbox) }
    let sent = await outbox.finish(within: .seconds(60))
    #expect(!sent.contains { !$0.isSent })
    let texts = hook.requests.dropFirst(2).compactMap { try? CanonicalJSON.decode(JSONValue.self, from: $0.body)["text"]?.string }
    #expect(texts == (0..<5).map { "message \($0)" })
  }

  /// What a program leaves that is killed in the middle of sending.
  private func left(_ state: OutboxMessage.State, by channels: [Channel], posted: Timestamp = systemTime(), in world: World) async throws {
    var message = OutboxMessage(run: world.run, step: "tell", plan: "shop", text: "It is down.", channels: channels, posted: posted)
    message.state = state
    try await world.store.put(try #require(ObjectKey("waiting/\(world.run)/tell.json")), CanonicalJSON.bytes(message), ifAbsent: true)
  }

  @Test("what a killed program has left is sent by the next one, unless it may have been sent already", arguments: [false, true]) func killed(_ wasSending: Bool) async throws {
    let hook = try HTTPServer { _ in .text(200, "ok") }
    let world = World()
    try await left(wasSending ? .sending(since: systemTime()) : .waiting, by: [World.slack("\(hook.url)/x")], in: world)
    let outbox = world.outbox
    await outbox.takeUp()
    let sent = try #require(await outbox.finish(within: .seconds(10)).first)
    #expect(hook.requests.count == (wasSending ? 0 : 1))
    #expect(wasSending ? sent.outcome == "nobody knows whether it was sent: slack: the program was stopped while it was sent" : sent.isSent, "\(sent.outcome)")
    #expect(try await world.files().keys.sorted() == ["done/\(world.run)/tell.json"])
    // Done once and for all.
    let next = world.outbox
    await next.takeUp()
    _ = try await world.post("It is down.", by: [World.slack("\(hook.url)/x")], in: next)
    #expect(await next.finish(within: .seconds(1)).isEmpty && hook.requests.count == (wasSending ? 0 : 1))
  }

  @Test("a status page is asked whether it has the message", arguments: [false, true]) func asked(_ arrived: Bool) async throws {
    let page = try StatusPageServer()
    let world = World()
    if arrived { #expect(try await world.with { $0.store = InMemoryStore(name: "lost") }.send(by: World.page(page))?.isSent == true) }
    try await left(.sending(since: systemTime()), by: [World.page(page)], in: world)
    let outbox = world.outbox
    await outbox.takeUp()
    #expect(await outbox.finish(within: .seconds(10)).map(\.isSent) == [true])
    #expect(page.all.count == 1)
  }

  @Test("what was sent and only not tidied away is not told of again") func untidy() async throws {
    let hook = try HTTPServer { _ in .text(200, "ok") }
    let world = World()
    #expect(try await world.send(by: World.slack("\(hook.url)/x"))?.isSent == true)
    try await left(.sending(since: systemTime()), by: [World.slack("\(hook.url)/x")], in: world)
    let outbox = world.outbox
    await outbox.takeUp()
    #expect(await outbox.finish(within: .seconds(1)).isEmpty && hook.requests.count == 1)
    #expect(try await world.files().keys.sorted() == ["done/\(world.run)/tell.json"])
  }

  @Test("news of yesterday is not sent") func old() async throws {
    let hook = try HTTPServer { _ in .text(200, "ok") }
    let world = World()
    try await left(.waiting, by: [World.slack("\(hook.url)/x")], posted: systemTime() - .hours(3), in: world)
    let outbox = world.outbox
    await outbox.takeUp()
    #expect(await outbox.finish(within: .seconds(1)).first?.outcome.contains("too old to be news") == true)
    #expect(hook.requests.isEmpty)
  }

  @Test("what cannot be kept is not sent, and the step says so", arguments: [true, false]) func noRoom(_ fromTheStart: Bool) async throws {
    let hook = try HTTPServer { _ in .text(200, "ok") }
    let puts = Lock(0)
    let full = FaultyStore(InMemoryStore(name: "outbox")) { call in
      guard call.operation == .put, puts.withLock({ count in count += 1; return fromTheStart || count > 1 }) else { return nil }
      return .fail(.noSpace)
    }
    let world = World().with { $0.store = full }
    let outbox = world.outbox
    let failure: StepFailure?
    do throws(StepFailure) { _ = try await world.post("It is down.", by: [World.slack("\(hook.url)/x")], in: outbox); failure = nil } catch { failure = error }
    #expect(failure?.code == (fromTheStart ? "outbox-unusable" : nil))
    if !fromTheStart { #expect(await outbox.finish(within: .seconds(5)).first?.outcome == "not sent: slack: the outbox cannot be written") }
    #expect(hook.requests.isEmpty)
  }

  @Test("an output of an earlier step is kept as it is then") func outputs() async throws {
    let world = World().with { $0.patience.perChannel = .milliseconds(100) }
    let outbox = world.outbox
    _ = try await world.post("x", by: [Channel(by: .slack, to: .output(step: "before", name: "address"))], in: outbox)
    #expect(try await world.files().values.joined().contains("https://127.0.0.1:1/x"))
    do throws(StepFailure) {
      _ = try await world.post("x", by: [Channel(by: .slack, to: .output(step: "before", name: "other"))], as: "more", in: outbox)
      Issue.record("posted without its place")
    } catch { #expect(error.code == "output-missing") }
  }
}
