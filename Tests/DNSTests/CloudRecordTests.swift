import CanonicalJSON
@testable import DNSClient
@testable import DNSProvider
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

private typealias Entry = Route53Server.Entry

@Suite("dns.record at Route 53", .timeLimit(.minutes(5)), .serialized)
struct CloudRecordTests {
  private static let alias = "<AliasTarget><HostedZoneId>ZLB</HostedZoneId><DNSName>lb.east.example.</DNSName><EvaluateTargetHealth>true</EvaluateTargetHealth></AliasTarget>"

  /// What can stand there before, and what a step can do to it.
  enum Scene: String, Sendable, CaseIterable {
    case moved, new, several, alias, weight, memberMoved, newMember, secondary

    func world() throws -> CloudWorld {
      let server = try Route53Server.shared()
      let members = [Entry("", "A", ["192.0.2.1"], ttl: 30, routing: Entry.member("east", weight: 100)), Entry("", "A", ["192.0.2.2"], ttl: 30, routing: Entry.member("west", weight: 0))]
      let pair = [
        Entry("", "A", ["192.0.2.1"], routing: Entry.member("one", failover: "PRIMARY"), rest: "<HealthCheckId>check-1</HealthCheckId>"),
        Entry("", "A", ["192.0.2.2"], routing: Entry.member("two", failover: "SECONDARY")),
      ]
      switch self {
      case .moved: return try CloudWorld(server)
      case .new: return try CloudWorld(server, [])
      case .several: return try CloudWorld(server, [Entry("", "A", ["192.0.2.2", "192.0.2.1"], ttl: 77)], type: .A, to: "192.0.2.7")
      case .alias: return try CloudWorld(server, [Entry("", "A", [], rest: CloudRecordTests.alias)], type: .A, to: "192.0.2.7")
      case .weight: return try CloudWorld(server, members, type: .A, to: nil, member: RecordMember(name: "west", weight: 100))
      case .memberMoved: return try CloudWorld(server, members, type: .A, to: "192.0.2.9", member: RecordMember(name: "east"))
      case .newMember: return try CloudWorld(server, members, type: .A, to: "192.0.2.3", member: RecordMember(name: "north", weight: 7, healthCheck: "check-9"))
      case .secondary: return try CloudWorld(server, pair, type: .A, to: "192.0.2.9", member: RecordMember(name: "two", healthCheck: "check-2"))
      }
    }
  }

  @Test("performed twice is performed once", arguments: Scene.allCases) func twice(_ scene: Scene) async throws {
    try await scene.world().conformance().performsTwiceAsOnce()
  }
  @Test("undone it leaves no trace, also undone twice or never done", arguments: Scene.allCases) func undone(_ scene: Scene) async throws {
    try await scene.world().conformance().undoes()
  }
  @Test("record and mark settle it", arguments: Scene.allCases) func settled(_ scene: Scene) async throws { try await scene.world().conformance().settles() }
  @Test("can be planned when Route 53 is gone") func unreachable() async throws {
    let world = try Scene.moved.world()
    try world.conformance().plansWithoutReach()
    let change = try await world.at("http://127.0.0.1:\(HTTPServer.closedPort())").compared()
    #expect(change.action == .unknown && change.reason.contains("nothing listens on that port"), "\(change.reason)")
  }
  @Test("cancelled it does nothing", arguments: [Scene.moved, .weight]) func cancelled(_ scene: Scene) async throws { try await scene.world().conformance().honoursCancellation() }

  @Test("a record is moved, by the id of its zone or by its name", arguments: [Route53Server.zoneID, nil]) func moves(_ id: String?) async throws {
    var world = try Scene.moved.world()
    world = world.at(world.server.url, id: id)
    #expect(await world.compared().reason == "`\(world.name)` points to east.example.test, and is to point to west.example.test")
    let result = try await world.perform()
    #expect(try await world.records() == [#"{"Name": "\#(world.name).", "ResourceRecords": ["west.example.test"], "TTL": "60", "Type": "CNAME", "zone": "Z0000000001"}"#])
    #expect(result.outputs["former"] == .text("east.example.test"))
    #expect(result.summary.hasPrefix("`\(world.name)` points to west.example.test, and pointed to east.example.test; Route 53 has told all of its servers; WARNING: clients may keep"), "\(result.summary)")
    #expect(await world.compared().action == .none)
    // Nobody moved it by this run.
    let again = try await world.with { $0.run = RunID(rawValue: "other") }.perform()
    #expect(again.summary.hasPrefix("`\(world.name)` pointed to west.example.test already") && again.undoRecord == .null, "\(again.summary)")
  }

  @Test("one member's weight is set; where it points and the other members stay, and all of them are seen") func weight() async throws {
    let world = try Scene.weight.world()
    let before = try await world.records()
    let observed = await world.observed()
    #expect(observed.facts == ["answer": ["192.0.2.2"], "member": ["member": "west", "weight": 0]], "\(observed.facts)")
    #expect(observed.measurements["members"] == "east → 192.0.2.1 (weight 100), west → 192.0.2.2 (weight 0)", "\(observed.measurements)")
    let planned = await world.compared()
    #expect(planned.reason == "the member `west` of `\(world.name)` points to 192.0.2.2 (weight 0), and is to have weight 100" && planned.action == .update)
    #expect(planned.before == ["answer": "192.0.2.2", "weight": 0] && planned.after == ["answer": "192.0.2.2", "weight": 100], "\(planned.before) \(planned.after)")
    let result = try await world.perform()
    #expect(result.summary.hasPrefix("the member `west` of `\(world.name)` has weight 100; Route 53 has told"), "\(result.summary)")
    let after = try await world.records()
    #expect(after.count == 2 && after[0] == before[0] && after[1] == before[1].replacing(#""Weight": "0""#, with: #""Weight": "100""#), "\(after)")
    #expect(await world.compared().action == .none)
    // The other member by another step of the same run: each has a mark of its own.
    let other = world.with { $0.arguments.member = RecordMember(name: "east", weight: 0) }
    let second = try await other.perform()
    try await world.undo(result)
    #expect(try await world.records()[1] == before[1])
    try await other.undo(second)
    #expect(try await world.sets() == before)
  }

  @Test("of a pair with a health check the secondary is pointed elsewhere, and the primary's check is another one") func failover() async throws {
    let world = try Scene.secondary.world()
    let before = try await world.records()
    #expect(await world.compared().reason == "the member `two` of `\(world.name)` points to 192.0.2.2 (secondary), and is to point to 192.0.2.9 (health check check-2)")
    _ = try await world.perform()
    let primary = world.with { $0.arguments.to = nil; $0.arguments.member = RecordMember(name: "one", failover: .primary, healthCheck: "check-3") }
    #expect(await primary.compared().reason.hasSuffix("points to 192.0.2.1 (primary, health check check-1), and is to have primary, health check check-3"))
    let result = try await primary.perform()
    let after = try await world.records()
    #expect(after[0] == before[0].replacing("check-1", with: "check-3"), "\(after[0])")
    #expect(after[1].contains("192.0.2.9") && after[1].contains("check-2") && after[1].contains("SECONDARY"), "\(after[1])")
    try await primary.undo(result)
    try await world.undo(nil)
    #expect(try await world.sets() == before)
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    var member: RecordMember?
    var to: String? = "192.0.2.9"
    var former: String = "weighted"
    var type = DNSRecordKind.RecordType.A
    var words: String
    var testDescription: String { words }
  }

  @Test("what cannot stand there is refused before anything is changed, and `plan` says it", arguments: [
    Refusal(member: nil, words: "has the members `east`, among which Route 53 chooses"),
    Refusal(member: RecordMember(name: "north", weight: 1), to: nil, words: "has no member `north`, only `east`"),
    Refusal(member: RecordMember(name: "north"), words: "has no member `north`, only `east`"),
    Refusal(member: RecordMember(name: "north", failover: .primary), words: "has members that are chosen by Weight, beside which one with `failover` cannot stand"),
    Refusal(member: RecordMember(name: "east", failover: .primary), words: "has a member `east` that is chosen by Weight, not by `failover`"),
    Refusal(member: RecordMember(name: "north", failover: .primary), former: "failover", words: "has a primary already, the member `east`"),
    Refusal(member: RecordMember(name: "east", weight: 1), former: "failover", words: "has a member `east` that is chosen by Failover, not by `weight`"),
    Refusal(member: RecordMember(name: "east", weight: 1), former: "simple", words: "is one A record without members, beside which none can stand"),
    Refusal(member: nil, to: "west.example.test", former: "simple", type: .CNAME, words: "points to 192.0.2.1 by a record of another type, beside which a CNAME cannot stand"),
    Refusal(member: RecordMember(name: "west", weight: 1), to: "west.example.test", type: .CNAME, words: "points to 192.0.2.1 by a record of another type"),
  ]) func refused(_ refusal: Refusal) async throws {
    let routing = refusal.former == "weighted" ? Entry.member("east", weight: 5) : refusal.former == "failover" ? Entry.member("east", failover: "PRIMARY") : ""
    let world = try CloudWorld(.shared(), [Entry("", "A", ["192.0.2.1"], routing: routing)], type: refusal.type, to: refusal.to, member: refusal.member)
    let before = try await world.sets()
    let planned = await world.compared()
    #expect(planned.reason.contains(refusal.words) && planned.reason.hasSuffix(": the step will refuse"), "\(planned.reason)")
    let failure = await world.failure()
    #expect(failure?.code == "record-in-the-way" && failure?.message.contains(refusal.words) == true && failure?.helps.isEmpty == false, "\(failure?.message ?? "")")
    #expect(try await world.sets() == before)
  }

  // MARK: Compare-and-set

  @Test("where another answer is found than the plan says, nothing is changed") func expected() async throws {
    let world = try Scene.moved.world().with { $0.arguments.from = "elsewhere.example.test" }
    let before = try await world.sets()
    #expect(await world.compared().reason.contains("the step will refuse"))
    #expect(await world.failure()?.code == "record-changed")
    #expect(try await world.sets() == before)
    _ = try await world.with { $0.arguments.from = "EAST.example.test" }.perform()
  }

  @Test("who changes the record, its mark or its type between look and change wins, and is named", arguments: ["value", "ttl", "none", "mark", "A"]) func race(_ what: String) async throws {
    let world = try Scene.moved.world()
    let place = try await world.place()
    let seen = try await place.look()
    let former = world.named(Entry("", "CNAME", ["east.example.test"]))
    try await onThread {
      switch what {
      case "value": try world.server.change(delete: [former], create: [world.named(Entry("", "CNAME", ["elsewhere.example.test"]))])
      case "ttl": try world.server.change(delete: [former], create: [world.named(Entry("", "CNAME", ["east.example.test"], ttl: 61))])
      case "none": try world.server.change(delete: [former])
      case "A": try world.server.change(delete: [former], create: [world.named(Entry("", "A", ["192.0.2.50"]))])
      default: try world.server.change(create: [world.named(Entry("_sie-dr.", "TXT", [#""another""#]))])
      }
    }
    let before = try await world.sets()
    let work = ChangeOfRecord(place: place, goal: world.goal(), context: world.context())
    let failure = await #expect(throws: StepFailure.self) { try await work.change(seen) }
    #expect(failure?.code == "record-changed")
    #expect(failure?.details.first?.contains(what == "value" ? "points to elsewhere.example.test" : what == "none" || what == "A" ? "has no such record" : "points to east.example.test") == true)
    #expect(try await world.sets() == before)
  }

  @Test("a member that somebody changes is not overwritten; a change of another member is none of this step's") func memberRace() async throws {
    let world = try Scene.weight.world()
    let place = try await world.place()
    let seen = try await place.look()
    let (east, west) = (Entry.member("east", weight: 100), Entry.member("west", weight: 0))
    try await onThread {
      try world.server.change(
        delete: [world.named(Entry("", "A", ["192.0.2.1"], ttl: 30, routing: east))], create: [world.named(Entry("", "A", ["192.0.2.1"], ttl: 30, routing: Entry.member("east", weight: 55)))])
    }
    _ = try await ChangeOfRecord(place: place, goal: world.goal(), context: world.context()).change(seen)
    #expect(try await world.records()[0].contains(#""Weight": "55""#))
    let second = try Scene.weight.world()
    let stale = try await second.place().look()
    try await onThread {
      try second.server.change(
        delete: [second.named(Entry("", "A", ["192.0.2.2"], ttl: 30, routing: west))], create: [second.named(Entry("", "A", ["192.0.2.2"], ttl: 30, routing: Entry.member("west", weight: 9)))])
    }
    let failure = await #expect(throws: StepFailure.self) { try await ChangeOfRecord(place: second.place(), goal: second.goal(), context: second.context()).change(stale) }
    #expect(failure?.code == "record-changed" && failure?.details.first?.contains("weight 9") == true, "\(failure?.details ?? [])")
  }

  @Test("of many runs at the same moment exactly one moves a record from where it was") func many() async throws {
    let world = try Scene.moved.world().with { $0.arguments.from = "east.example.test" }
    let outcomes = await withTaskGroup(of: (Int, StepFailure?).self) { group in
      for number in 0..<8 {
        group.addTask {
          let own = world.with { $0.arguments.to = .text("west\(number).example.test"); $0.run = RunID(rawValue: "run-\(number)") }
          return (number, await own.failure())
        }
      }
      return await group.reduce(into: [(Int, StepFailure?)]()) { $0.append($1) }
    }
    let winners = outcomes.filter { $0.1 == nil }.map(\.0)
    #expect(winners.count == 1)
    #expect(try await world.records().first?.contains("west\(winners.first ?? -1).example.test") == true)
    #expect(outcomes.compactMap(\.1).allSatisfy { $0.code == "record-changed" }, "\(outcomes)")
  }

  // MARK: The way back, and crashes

  @Test("what somebody else has changed since is left alone, and said") func undoOfOthers() async throws {
    let world = try Scene.moved.world()
    let result = try await world.perform()
    let (ours, theirs) = (world.named(Entry("", "CNAME", ["west.example.test"])), world.named(Entry("", "CNAME", ["elsewhere.example.test"])))
    try await onThread { try world.server.change(delete: [ours], create: [theirs]) }
    for result in [result, nil] {
      let failure = await #expect(throws: StepFailure.self) { try await world.undo(result) }
      #expect(failure?.code == "record-changed" && failure?.details.first == "it points to elsewhere.example.test")
    }
    #expect(await world.failure(attempt: 2)?.code == "record-changed")
    #expect(try await world.records().first?.contains("elsewhere") == true)
  }

  @Test("a run that was killed after the change finds it again, waits until it is everywhere, and takes it back without its result", arguments: [Scene.moved, .alias, .weight, .secondary])
  func killed(_ scene: Scene) async throws {
    let world = try scene.world()
    let before = try await world.sets()
    let place = try await world.place()
    // Killed before Route 53 had told its servers: only the change is there.
    let seen = try await place.look()
    let keeper = try #require(place.keeper as? Route53Keeper)
    let mark = RecordMark(by: RecordMark.owner(world.context().mark), at: world.now(), former: seen.former)
    let killed = Task { try await keeper.replace(seen, by: try seen.changed(to: world.goal(), place, mark)) }
    try await Task.sleep(for: .milliseconds(150))
    killed.cancel()
    _ = await killed.result
    try #require(await world.sets() != before)
    #expect(await world.settle() == .notDone)
    let again = try await world.perform(attempt: 2)
    guard case .done(let result) = await world.settle() else { Issue.record("not settled as done"); return }
    #expect(again.undoRecord == result.undoRecord && result.undoRecord != .null)
    let other = world.with { $0.run = RunID(rawValue: "other") }
    #expect(await other.settle() == .notDone)
    try await other.undo(nil)
    try await world.undo(nil)
    #expect(try await world.sets() == before)
  }

  @Test("the old time to live is waited out, of a member that member's, and who resumes waits only for what is left") func waits() async throws {
    for member in [nil, RecordMember(name: "east", weight: 0)] {
      let routing = member == nil ? "" : Entry.member("east", weight: 9)
      let world = try CloudWorld(.shared(), [Entry("", "CNAME", ["east.example.test"], ttl: 3, routing: routing)], to: member == nil ? "west.example.test" : nil, member: member)
        .with { $0.arguments.ttl = .seconds(3) }
      let began = ContinuousClock.now
      let result = try await world.perform()
      #expect(began.duration(to: .now) > .seconds(3) && began.duration(to: .now) < .seconds(8))
      #expect(result.summary.contains("the old answer's 3s are over"), "\(result.summary)")
      let second = ContinuousClock.now
      _ = try await world.perform(attempt: 2)
      #expect(second.duration(to: .now) < .seconds(2))
    }
    let longer = try CloudWorld(.shared(), [Entry("", "CNAME", ["east.example.test"], ttl: 3_600)]).with { $0.arguments.ttl = .seconds(1) }
    #expect(await longer.compared().losses == ["clients may keep the old answer of \(longer.name) for 1h, and the plan counts with 1s: lower the record's time to live"])
    #expect(try await longer.perform().summary.contains("WARNING: clients may keep the old answer until"))
  }

  @Test("name servers that the plan names are asked too: here one that the test fills") func authoritative() async throws {
    let names = try await onThread { try TestNameServer.start(.bind, .primary(tells: [])) }
    let world = try Scene.moved.world().with { $0.arguments.zone.authoritative = [NameServer(host: "127.0.0.1", port: names.port)] }
    let (name, port) = (world.name, names.port)
    try await onThread { try names.update("update add \(name) 60 CNAME east.example.test.") }
    let failure = await world.failure()
    #expect(failure?.code == "old-answer" && failure?.details.first == "127.0.0.1:\(port) says east.example.test", "\(failure?.message ?? "")")
    try await onThread { try names.update("update delete \(name) CNAME", "update add \(name) 60 CNAME west.example.test.") }
    #expect(try await world.perform(attempt: 2).summary.contains("Route 53 has told all of its servers; 1 of 1 name servers say so"))
    guard case .done = await world.settle() else { Issue.record("not settled as done"); return }
    // Of members any may be given.
    let members = try Scene.weight.world().with { $0.arguments.zone.authoritative = [NameServer(host: "127.0.0.1", port: port)] }
    let shared = members.name
    try await onThread { try names.update("update add \(shared) 60 A 192.0.2.1") }
    #expect(try await members.perform().summary.contains("1 of 1 name servers say so"))
  }

  // MARK: Zones and lists

  @Test("a zone that is not there, or twice, is said; a private one of the same name is not taken for the world's") func zones() async throws {
    let server = try await onThread { try Route53Server.start(zones: ["ZA=example.test", "ZP=example.test!", "ZB=twice.test", "ZC=twice.test", "ZD=inside.test!"]) }
    let world = try CloudWorld(server, []).at(server.url, id: nil)
    _ = try await world.perform()
    #expect(try await world.records().first?.contains(#""zone": "ZA""#) == true)
    let twice = await world.with { $0.arguments.zone.zone = "twice.test" }.failure()
    #expect(twice?.code == "zone-not-clear" && twice?.message.contains("ZB, ZC") == true, "\(twice?.message ?? "")")
    let none = await world.with { $0.arguments.zone.zone = "other.test" }.failure()
    #expect(none?.code == "zone-not-found" && none?.isTransient == false)
    let wrong = await world.at(server.url, id: "ZZZ").failure()
    #expect(wrong?.code == "zone-not-found" && wrong?.message.contains("hosted zone ZZZ") == true, "\(wrong?.message ?? "")")
    _ = try await world.with { $0.arguments.zone.zone = "inside.test" }.perform()
    // The zone itself.
    let apex = world.with { $0.arguments.name = "@"; $0.arguments.type = .A; $0.arguments.to = .text("192.0.2.7") }
    try await apex.undo(try await apex.perform())
  }

  @Test("a name with more members than a page holds is read to its end") func pages() async throws {
    let server = try await onThread { try Route53Server.start(page: 2) }
    let members = (1...7).map { Entry("", "A", ["192.0.2.\($0)"], routing: Entry.member("m\($0)", weight: $0)) }
    let world = try CloudWorld(server, members, type: .A, to: nil, member: RecordMember(name: "m7", weight: 0))
    #expect(await world.observed().measurements["members"]?.string?.split(separator: ",").count == 7)
    try await world.conformance().undoes()
  }

  @Test("errors in the older shape are understood") func messages() async throws {
    let server = try await onThread { try Route53Server.start(errors: "messages") }
    let world = try CloudWorld(server)
    let seen = try await world.place().look()
    try await onThread { try world.server.change(delete: [world.named(Entry("", "CNAME", ["east.example.test"]))]) }
    let failure = await #expect(throws: StepFailure.self) { try await ChangeOfRecord(place: world.place(), goal: world.goal(), context: world.context()).change(seen) }
    #expect(failure?.code == "record-changed")
  }
}
