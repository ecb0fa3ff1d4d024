import CanonicalJSON
import ObjectStore
import PlanModel
import ProviderInterface
import RecoveryPointProvider
import RecoveryPoints
import TestSupport
import Testing
import Units

private let holdStep = "recovery-point.hold: { data: shop, reason: wrong rows }"
private let releaseStep = "recovery-point.release: { data: shop }"

@Suite("recovery-point.hold and .release", .timeLimit(.minutes(3)))
struct HoldTests {
  /// Points in both stores, which nobody holds.
  private func points(_ ages: [Int64] = [1, 40, 50]) async throws -> Points {
    let points = try await Points(agesInDays: ages)
    _ = try await perform(step("recovery-point.copy: { data: shop, from: east, to: west }"), performing(points.stores))
    return points
  }

  private func holds(_ points: Points, in store: InMemoryStore) async -> [String?] {
    await Catalogue.read("shop", in: [store]).points.map { $0.hold.map { "\($0.who): \($0.reason)" } }
  }

  @Test("it conforms: held, held once more, taken back, and told by looking")
  func hold() async throws {
    func fresh() async throws -> StepConformance<[[String]]> {
      let points = try await points()
      return try conformance(step(holdStep), performing(points.stores)) { try await points.contents() }
    }
    try await fresh().performsTwiceAsOnce()
    try await fresh().undoes()
    try await fresh().settles()
    try await fresh().plansWithoutReach()
    try await fresh().honoursCancellation()
  }

  @Test("a release conforms, and its undo holds the same points again")
  func release() async throws {
    func fresh() async throws -> StepConformance<[[String]]> {
      let points = try await points()
      _ = try await perform(step(holdStep), performing(points.stores))
      return try conformance(step(releaseStep), performing(points.stores)) { try await points.contents() }
    }
    try await fresh().performsTwiceAsOnce()
    try await fresh().undoes()
    try await fresh().plansWithoutReach()
    try await fresh().honoursCancellation()
  }

  @Test("every point is held in every store, expiry takes none, and a release gives back those of the run alone")
  func wholeWay() async throws {
    let points = try await points()
    let oldest = try #require(await Catalogue.read("shop", in: [points.west]).points.last?.manifest)
    _ = try await PointNote(who: "ann", host: "bastion", at: noon, reason: "audit").put(.hold, beside: oldest.place, in: points.west)
    let it = try step(holdStep)
    let observation = await observers.observe(it.kind, it.arguments, in: observing(points.stores))
    let change = try #require(kinds[it.kind]).compare(it.arguments, observation, noon)
    #expect(observation.facts.isEmpty && change.action == .update && change.reason == "holds 2 points of `shop`")
    let result = try await perform(it, performing(points.stores))
    #expect(result.summary == "3 points are held" && result.outputs == ["points": .text("3")])
    let run = "the run 20261124T120000Z-test of small: wrong rows"
    await #expect(holds(points, in: points.east) == [run, run, run])
    await #expect(holds(points, in: points.west) == [run, run, "ann: audit"])
    _ = try await perform(step("recovery-point.expire: { data: shop, in: east, olderThan: 30d, atLeast: 1 }"), performing(points.stores))
    await #expect(points.count(in: points.east) == 3)
    let held = await observers.observe(it.kind, it.arguments, in: observing(points.stores))
    #expect(kinds[it.kind]?.compare(it.arguments, held, noon).action == Change.Action.none)
    let released = try await perform(step(releaseStep), performing(points.stores))
    #expect(released.summary == "3 points are not held any more")
    await #expect(holds(points, in: points.east) == [nil, nil, nil])
    await #expect(holds(points, in: points.west) == [nil, nil, "ann: audit"])
    #expect(try await perform(step(releaseStep), performing(points.stores)).summary == "this run holds no point")
  }

  @Test("another run's hold is not this one's to release")
  func anothers() async throws {
    let points = try await points()
    var context = performing(points.stores)
    context.mark.run = RunID(rawValue: "20261124T110000Z-else")
    _ = try await perform(step(holdStep), context)
    try await performers.undo("recovery-point.hold", step(holdStep).arguments, result: nil, in: performing(points.stores))
    _ = try await perform(step(releaseStep), performing(points.stores))
    await #expect(holds(points, in: points.east).allSatisfy { $0 != nil })
  }

  @Test("where all points have expired there is nothing to hold, and the step says so")
  func nothing() async throws {
    let points = try await points([])
    let it = try step(holdStep)
    let observation = await observers.observe(it.kind, it.arguments, in: observing(points.stores))
    #expect(kinds[it.kind]?.compare(it.arguments, observation, noon).action == .unknown)
    let failure = await #expect(throws: StepFailure.self) { try await perform(it, performing(points.stores)) }
    #expect(failure?.code == "no-point" && failure?.helps.contains { $0.contains("--skip it") } == true)
  }

  @Test("with one store silent the others' points are held; with all of them it fails; a release waits for all")
  func silent() async throws {
    let points = try await points()
    let half = Stores(byName: ["west": points.west])
    let result = try await perform(step(holdStep), performing(half))
    #expect(result.summary.contains("`east` does not answer"))
    await #expect(holds(points, in: points.west).allSatisfy { $0 != nil })
    for text in [holdStep, releaseStep] {
      let stores = text == holdStep ? Stores() : half
      let failure = await #expect(throws: StepFailure.self) { try await perform(step(text), performing(stores)) }
      #expect(failure?.code == "store-unreachable" && failure?.isTransient == true)
    }
    guard case .unknown = try await performers.settle("recovery-point.hold", step(holdStep).arguments, in: performing()) else { Issue.record("nobody was asked"); return }
  }

  @Test("a store that takes no note makes it fail, and the next attempt holds the rest")
  func denied() async throws {
    let points = try await points()
    let faulty = FaultyStore(points.west) { call in call.operation == .put ? .fail(.denied) : nil }
    let failure = await #expect(throws: StepFailure.self) { try await perform(step(holdStep), performing(Stores(byName: ["east": points.east, "west": faulty]))) }
    #expect(failure?.code == "store-denied")
    _ = try await perform(step(holdStep), performing(points.stores))
    await #expect(holds(points, in: points.west).allSatisfy { $0 != nil })
  }
}
