import CanonicalJSON
import ObjectStore
import PlanModel
import ProviderInterface
import RecoveryPointProvider
import RecoveryPoints
import TestSupport
import Testing
import Units

/// Two stores, the first with points of several ages.
struct Points {
  let east = InMemoryStore(name: "east")
  let west = InMemoryStore(name: "west")
  var stores: Stores { Stores(byName: ["east": east, "west": west]) }

  init(agesInDays ages: [Int64], suspect: String? = nil) async throws {
    for age in ages {
      let taken = noon - .days(age)
      let place = PointPlace(dataClass: "shop", id: PointID(started: taken, mark: "run.backup.1"))
      let writer = PointWriter(place, in: east)
      let objects = [try await writer.put("db/0/schema.dump", Array("CREATE TABLE t ();".utf8))]
      let manifest = try PointManifest(
        id: place.id, dataClass: place.dataClass, protection: "p", method: "logical", sigma: taken, started: taken, available: taken + .minutes(2),
        plan: "small", planDigest: "d", mark: "run.backup.1", toolVersion: "1.0.0", objects: objects, rawBytes: ByteCount(bytes: 18), rows: 0,
        suspect: suspect, content: ["note": "sample"])
      try await writer.publish(manifest, instructions: "by hand\n")
    }
  }

  func contents() async throws -> [[String]] {
    [try await east.listAll(prefix: "").map(\.key.path), try await west.listAll(prefix: "").map(\.key.path)]
  }
  func count(in store: InMemoryStore) async -> Int { await Catalogue.read("shop", in: [store]).points.count }
}

private let copyStep = "recovery-point.copy: { data: shop, from: east, to: west }"
private let expireStep = "recovery-point.expire: { data: shop, in: east, olderThan: 30d, atLeast: 1 }"

@Suite("recovery-point.copy and .expire", .timeLimit(.minutes(3)))
struct RecoveryPointTests {
  @Test("performed twice is performed once", arguments: [copyStep, expireStep])
  func twice(text: String) async throws {
    let points = try await Points(agesInDays: [1, 40, 50])
    try await conformance(step(text), performing(points.stores)) { try await points.contents() }.performsTwiceAsOnce()
  }

  @Test("can be planned when no store can be reached", arguments: [copyStep, expireStep])
  func unreachable(text: String) async throws {
    let it = try step(text)
    try conformance(it) { 0 }.plansWithoutReach()
    let observation = await observers.observe(it.kind, it.arguments, in: observing())
    #expect(kinds[it.kind]?.compare(it.arguments, observation, noon).action == .unknown)
    let failure = await #expect(throws: StepFailure.self) { try await perform(it) }
    #expect(failure?.code == "store-unreachable")
  }

  @Test("cancelled it does nothing", arguments: [copyStep, expireStep])
  func cancelled(text: String) async throws {
    let points = try await Points(agesInDays: [1, 40])
    try await conformance(step(text), performing(points.stores)) { try await points.contents() }.honoursCancellation()
  }

  @Test("a copy says how the objects came to the second store, and what proved them")
  func ways() async throws {
    let points = try await Points(agesInDays: [1, 2])
    let result = try await perform(try step(copyStep), performing(points.stores))
    #expect(result.summary == "copied 2 points, 36 B, to `west`: 2 objects by the store itself, each read once to prove it")
    #expect(try await perform(try step(copyStep), performing(points.stores)).summary == "`west` had every point already")
  }

  @Test("a copy settles by looking at the goal")
  func settles() async throws {
    let points = try await Points(agesInDays: [1, 2])
    try await conformance(step(copyStep), performing(points.stores)) { try await points.contents() }.settles()
    await #expect(points.count(in: points.west) == 2)
  }

  @Test("retention takes what is too old and leaves the newest good point", arguments: [
    ([1, 40, 50], 1), ([40, 50], 1), ([1, 2], 2), ([], 0),
  ] as [([Int64], Int)])
  func retention(ages: [Int64], left: Int) async throws {
    let points = try await Points(agesInDays: ages)
    let it = try step(expireStep)
    let observation = await observers.observe(it.kind, it.arguments, in: observing(points.stores))
    #expect(kinds[it.kind]?.compare(it.arguments, observation, noon).action == (ages.count == left ? Change.Action.none : .delete))
    _ = try await perform(it, performing(points.stores))
    await #expect(points.count(in: points.east) == left)
  }

  /// What a protection that copies from `east` to `west` makes of its expiry.
  private func expiry(in store: String) throws -> StepSpecification {
    var it = try step(expireStep.replacing("in: east", with: "in: \(store)"))
    var arguments = try CanonicalJSON.decode(RecoveryPointExpire.Arguments.self, from: it.arguments.json)
    let other: StoreName = store == "east" ? "west" : "east"
    arguments.others = [StoreReference(name: other, location: .directory(path: other.rawValue))]
    it.arguments = StepArguments(of: arguments)
    return it
  }

  @Test("a hold in one store keeps the point in every store")
  func heldElsewhere() async throws {
    let points = try await Points(agesInDays: [1, 40, 50])
    _ = try await perform(step(copyStep), performing(points.stores))
    let oldest = try #require(await Catalogue.read("shop", in: [points.west]).points.last?.manifest)
    let note = PointNote(who: "ann", host: "bastion", at: noon, reason: "incident")
    _ = try await note.put(.hold, beside: oldest.place, in: points.west)
    for _ in 0..<2 {
      for store in ["east", "west"] { _ = try await perform(expiry(in: store), performing(points.stores)) }
      for store in [points.east, points.west] {
        await #expect(Catalogue.read("shop", in: [store]).points.map(\.manifest.consistentAt) == [noon - .days(1), noon - .days(50)])
      }
    }
    try await PointNote.remove(.hold, from: oldest.place, in: points.west)
    for store in ["east", "west"] { _ = try await perform(expiry(in: store), performing(points.stores)) }
    #expect(try await points.contents().map { Set($0.map { $0.split(separator: "/")[1] }).count } == [1, 1])
  }

  @Test("nothing goes while another store of the class does not answer, and the plan says so")
  func otherSilent() async throws {
    let points = try await Points(agesInDays: [1, 40])
    let stores = Stores(byName: ["east": points.east])
    let it = try expiry(in: "east")
    let observation = await observers.observe(it.kind, it.arguments, in: observing(stores))
    let change = try #require(kinds[it.kind]?.compare(it.arguments, observation, noon))
    #expect(change.action == .none && change.reason.contains("`west` does not answer"), "\(change.reason)")
    _ = try await perform(it, performing(stores))
    await #expect(points.count(in: points.east) == 2)
  }

  @Test("what a killed expiry has left goes with the next one; what a backup under way has written stays")
  func remains() async throws {
    let points = try await Points(agesInDays: [1, 40])
    let oldest = try #require(await Catalogue.read("shop", in: [points.east]).points.last?.manifest.place)
    let faulty = FaultyStore(points.east, FaultyStore.every(.list, .fail(.unreachable)))
    _ = try? await expirePoint(oldest, in: faulty)
    let unfinished = PointPlace(dataClass: "shop", id: PointID(started: noon - .days(400), mark: "another"))
    _ = try await PointWriter(unfinished, in: points.east).put("roles.json.zst", [1])
    let it = try step(expireStep)
    let observation = await observers.observe(it.kind, it.arguments, in: observing(points.stores))
    let change = try #require(kinds[it.kind]?.compare(it.arguments, observation, noon))
    #expect(change.action == .delete && change.reason.contains("cut short"), "\(change.reason)")
    _ = try await perform(it, performing(points.stores))
    let left = try await points.east.listAll(prefix: "").map(\.key.path)
    #expect(!left.contains { $0.hasPrefix(oldest.prefix) } && left.contains { $0.hasPrefix(unfinished.prefix) })
    await #expect(points.count(in: points.east) == 1)
  }

  @Test("what expires is named as a loss before it goes")
  func losses() async throws {
    let points = try await Points(agesInDays: [1, 40])
    let it = try step(expireStep)
    let observation = await observers.observe(it.kind, it.arguments, in: observing(points.stores))
    #expect(kinds[it.kind]?.compare(it.arguments, observation, noon).losses.count == 1)
  }
}
