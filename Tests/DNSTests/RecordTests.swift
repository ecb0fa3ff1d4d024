import CanonicalJSON
@testable import DNSClient
@testable import DNSProvider
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

private let both = TestNameServer.Kind.allCases

@Suite("dns.record on BIND and Knot", .timeLimit(.minutes(5)), .serialized)
struct RecordTests {
  @Test("performed twice is performed once", arguments: both) func twice(_ kind: TestNameServer.Kind) async throws {
    try await World(kind).conformance().performsTwiceAsOnce()
  }
  @Test("undone it leaves no trace, also undone twice or never done", arguments: both) func undone(_ kind: TestNameServer.Kind) async throws {
    try await World(kind).conformance().undoes()
    try await World(kind, former: []).conformance().undoes()
    try await World(kind, type: .A, to: "192.0.2.7", former: ["192.0.2.1", "192.0.2.2"], ttl: 77).conformance().undoes()
  }
  @Test("record and mark settle it", arguments: both) func settled(_ kind: TestNameServer.Kind) async throws {
    try await World(kind).conformance().settles()
  }
  @Test("can be planned when the server is gone") func unreachable() async throws {
    let world = try World(.bind)
    try world.conformance().plansWithoutReach()
    let change = try await world.through(HTTPServer.closedPort()).compared()
    #expect(change.action == .unknown && change.reason.contains("nothing listens there"), "\(change.reason)")
  }
  @Test("cancelled it does nothing") func cancelled() async throws { try await World(.bind).conformance().honoursCancellation() }

  struct Move: Sendable { var type: DNSRecordKind.RecordType; var former: [String]; var to: String; var shown: String }

  @Test("moves each type of record, and says where it pointed", arguments: both, [
    Move(type: .CNAME, former: ["east.example.test"], to: "West.Example.Test.", shown: "west.example.test."),
    Move(type: .CNAME, former: [], to: "west.elsewhere.example", shown: "west.elsewhere.example."),
    Move(type: .A, former: ["192.0.2.1"], to: "192.0.2.7", shown: "192.0.2.7"),
    Move(type: .A, former: ["192.0.2.1", "192.0.2.2"], to: "192.0.2.2", shown: "192.0.2.2"),
    Move(type: .AAAA, former: ["2001:db8::1"], to: "2001:db8:0:0::7", shown: "2001:db8::7"),
  ]) func moves(_ kind: TestNameServer.Kind, _ move: Move) async throws {
    let world = try World(kind, type: move.type, to: move.to, former: move.former, ttl: 90)
    let planned = await world.compared()
    #expect(planned.action == (move.former.isEmpty ? .create : .update), "\(planned.reason)")
    let began = ContinuousClock.now
    let result = try await world.perform()
    // From the decision to the new answer: no wait was asked for.
    #expect(began.duration(to: .now) < .seconds(3))
    #expect(try await world.answers() == [move.shown])
    #expect(result.outputs["former"] == .text(move.former.joined(separator: " ")))
    #expect(result.summary.contains("1 of 1 name servers say so"), "\(result.summary)")
    let ttl = try await world.records().filter { !$0.hasPrefix("_") }.compactMap { $0.split(separator: " ").dropFirst().first }
    #expect(ttl == [move.former.isEmpty ? "60" : "90"])
    #expect(await world.compared().action == .none)
  }

  @Test("an answer of an earlier step is taken, and one that no record can say is refused")
  func outputs() async throws {
    let world = try World(.bind, type: .A, former: ["192.0.2.1"]).with { $0.arguments.to = .output(step: "before", name: "address") }
    #expect(await world.compared().reason.contains("an earlier step says"))
    _ = try await world.perform()
    #expect(try await world.answers() == ["192.0.2.9"])
    let wrong = try World(.bind).with { $0.arguments.type = .AAAA; $0.arguments.to = .output(step: "before", name: "address") }
    #expect(await wrong.failure()?.code == "answer-not-usable")
  }

  // MARK: Compare-and-set

  @Test("where another answer is found than the plan says, nothing is changed", arguments: both) func expected(_ kind: TestNameServer.Kind) async throws {
    let world = try World(kind).with { $0.arguments.from = "elsewhere.example.test" }
    #expect(await world.compared().reason.contains("the step will refuse"))
    let failure = await world.failure()
    #expect(failure?.code == "record-changed" && failure?.isTransient == false)
    #expect(failure?.message.contains("points to east.example.test, and the plan says that it points to elsewhere.example.test") == true, "\(failure?.message ?? "")")
    #expect(try await world.records() == ["\(world.name). 60 IN CNAME east.example.test."])
    _ = try await world.with { $0.arguments.from = "EAST.example.test" }.perform()
    #expect(try await world.answers() == ["west.example.test."])
  }

  @Test("who changes the record between look and update wins, and is named", arguments: both, ["CNAME", "none", "mark", "A"])
  func race(_ kind: TestNameServer.Kind, _ what: String) async throws {
    let world = try World(kind)
    let (server, name) = (world.server, world.name)
    let place = try await ZonePlace(world.arguments, World.network, Keys(key: world.key), now: world.now)
    let seen = try await place.look()
    try await onThread {
      switch what {
      case "CNAME": try server.update("update delete \(name) CNAME", "update add \(name) 60 CNAME elsewhere.example.test.")
      case "none": try server.update("update delete \(name) CNAME")
      case "A": try server.update("update delete \(name) CNAME", "update add \(name) 60 A 192.0.2.50")
      default: try server.update("update add _sie-dr.\(name) 60 TXT another-run")
      }
    }
    let before = try await world.records()
    let work = ChangeOfRecord(place: place, goal: Goal(answer: DNSRecordKind.RecordType.CNAME.data("west.example.test")), context: world.context())
    let failure = await #expect(throws: StepFailure.self) { try await work.change(seen) }
    #expect(failure?.code == "record-changed")
    #expect(failure?.details.first == "now `\(name)` " + (what == "CNAME" ? "points to elsewhere.example.test" : what == "mark" ? "points to east.example.test" : "has no such record"))
    #expect(try await world.records() == before)
  }

  @Test("of many runs at the same moment exactly one moves a record from where it was", arguments: both) func many(_ kind: TestNameServer.Kind) async throws {
    let world = try World(kind).with { $0.arguments.from = "east.example.test" }
    let outcomes = await withTaskGroup(of: (Int, StepFailure?).self) { group in
      for number in 0..<8 {
        group.addTask {
          let own = world.with { $0.arguments.to = .text("west\(number).example.test"); $0.run = RunID(rawValue: "run-\(number)") }
          return (number, await own.failure())
        }
      }
      return await group.reduce(into: [(Int, StepFailure?)]()) { $0.append($1) }
    }
    // The winner's answer may have been taken for a stranger's by the others, never by itself.
    let winners = outcomes.filter { $0.1 == nil }.map(\.0)
    #expect(winners.count == 1)
    #expect(try await world.answers() == winners.map { "west\($0).example.test." })
    #expect(outcomes.compactMap(\.1).allSatisfy { $0.code == "record-changed" }, "\(outcomes)")
  }

  @Test("a record of another type is not pushed aside", arguments: both) func rival(_ kind: TestNameServer.Kind) async throws {
    let address = try World(kind, type: .A, former: ["192.0.2.1"]).with { $0.arguments.type = .CNAME }
    #expect(await address.failure()?.code == "record-changed")
    #expect(try await address.records() == ["\(address.name). 60 IN A 192.0.2.1"])
    let alias = try World(kind).with { $0.arguments.type = .A; $0.arguments.to = .text("192.0.2.7") }
    #expect(await alias.compared().reason.contains("the step will refuse"))
    #expect(await alias.failure()?.code == "record-in-the-way")
    #expect(try await alias.records() == ["\(alias.name). 60 IN CNAME east.example.test."])
  }

  // MARK: The way back, and crashes

  @Test("what somebody else has changed since is left alone, and said", arguments: both) func undoOfOthers(_ kind: TestNameServer.Kind) async throws {
    let world = try World(kind)
    let (server, name) = (world.server, world.name)
    let result = try await world.perform()
    try await onThread { try server.update("update delete \(name) CNAME", "update add \(name) 60 CNAME elsewhere.example.test.") }
    for result in [result, nil] {
      let failure = await #expect(throws: StepFailure.self) { try await world.undo(result) }
      #expect(failure?.code == "record-changed" && failure?.details.first == "it points to elsewhere.example.test")
    }
    #expect(try await world.answers() == ["elsewhere.example.test."])
    // Also where the mark is gone with it.
    try await onThread { try server.update("update delete _sie-dr.\(name) TXT") }
    let failure = await #expect(throws: StepFailure.self) { try await world.undo(result) }
    #expect(failure?.code == "record-changed")
    #expect(try await world.answers() == ["elsewhere.example.test."])
    // Whose result is lost can only say that nothing of this run is there.
    try await world.undo(nil)
  }

  @Test("a run that moved the record next is not undone by the one before") func undoOfAnotherRun() async throws {
    let world = try World(.bind)
    let result = try await world.perform()
    let next = world.with { $0.run = RunID(rawValue: "next"); $0.arguments.to = .text("north.example.test") }
    let second = try await next.perform()
    let failure = await #expect(throws: StepFailure.self) { try await world.undo(result) }
    #expect(failure?.code == "record-changed")
    try await next.undo(second)
    #expect(try await world.answers() == ["west.example.test."])
  }

  @Test("a run that was killed after the change finds it again and takes it back, without its result", arguments: both)
  func killed(_ kind: TestNameServer.Kind) async throws {
    let world = try World(kind, ttl: 77)
    let before = try await world.records()
    _ = try await world.perform()
    guard case .done(let result) = await world.performer.settle(world.arguments, in: world.context(attempt: 1)) else {
      Issue.record("not settled as done")
      return
    }
    #expect(result.outputs["former"] == .text("east.example.test"))
    // Another run of the same plan has done nothing.
    let other = world.with { $0.run = RunID(rawValue: "other") }
    #expect(await other.performer.settle(other.arguments, in: other.context()) == .notDone)
    try await other.undo(nil)
    #expect(try await world.answers() == ["west.example.test."])
    let again = try await world.perform(attempt: 2)
    #expect(again.undoRecord == result.undoRecord)
    try await world.undo(nil)
    #expect(try await world.records() == before)
  }

  @Test("an update of a killed attempt that arrives late is this step's own", arguments: both) func late(_ kind: TestNameServer.Kind) async throws {
    let world = try World(kind)
    let place = try await ZonePlace(world.arguments, World.network, Keys(key: world.key), now: world.now)
    let goal = Goal(answer: DNSRecordKind.RecordType.CNAME.data("west.example.test"))
    let seen = try await place.look()
    let first = try #require(try await ChangeOfRecord(place: place, goal: goal, context: world.context()).change(seen).mark)
    let second = try await ChangeOfRecord(place: place, goal: goal, context: world.context(attempt: 2)).change(seen).mark
    #expect(second == first)
    // On the way back the same: whoever had looked before it was done finds it done.
    let moved = try await place.look()
    let work = ChangeOfRecord(place: place, goal: goal, context: world.context(attempt: 2))
    for _ in 0..<2 { #expect(try await work.takeBack(moved, nil)?.former.answers == ["east.example.test"]) }
    #expect(try await world.records() == ["\(world.name). 60 IN CNAME east.example.test."])
  }

  @Test("who resumes waits only for what is left of the old time to live")
  func resumed() async throws {
    let world = try World(.bind, ttl: 4).with { $0.arguments.ttl = .seconds(4) }
    let place = try await ZonePlace(world.arguments, World.network, Keys(key: world.key), now: world.now)
    let work = ChangeOfRecord(place: place, goal: Goal(answer: DNSRecordKind.RecordType.CNAME.data("west.example.test")), context: world.context())
    _ = try await work.change(place.look())
    let changed = ContinuousClock.now
    #expect(await world.performer.settle(world.arguments, in: world.context()) == .notDone)
    try await Task.sleep(for: .seconds(1))
    _ = try await world.perform(attempt: 2)
    let took = changed.duration(to: .now)
    #expect(took > .seconds(3.5) && took < .seconds(6), "\(took)")
  }

  @Test("an attempt that somebody else has overruled does not fight") func overruled() async throws {
    let world = try World(.bind)
    let (server, name) = (world.server, world.name)
    _ = try await world.perform()
    try await onThread { try server.update("update delete \(name) CNAME", "update add \(name) 60 CNAME elsewhere.example.test.") }
    #expect(await world.failure(attempt: 2)?.code == "record-changed")
    #expect(try await world.answers() == ["elsewhere.example.test."])
  }
}
