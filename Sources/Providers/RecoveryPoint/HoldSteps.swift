internal import CanonicalJSON
internal import Concurrency
internal import ObjectStore
internal import PlanModel
public import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Counts the points that are not held.
public struct RecoveryPointHoldObserver: StepObserver {
  public typealias Kind = RecoveryPointHold
  public init() {}

  public func observe(_ arguments: RecoveryPointHold.Arguments, in context: ObservingContext) async -> Observation {
    let catalogue = await context.stores.catalogue(of: arguments.dataClass, in: arguments.stores)
    if let failure = catalogue.unreachable.first, catalogue.unreachable.count == arguments.stores.count { return .unreachable(failure.description) }
    let held = catalogue.points.count { $0.hold != nil }
    return Observation(measurements: [HoldFact.held: .int(Int64(held)), HoldFact.free: .int(Int64(catalogue.points.count - held))])
  }
}

/// Puts a hold beside every point, in each store that has it.
public struct RecoveryPointHoldPerformer: StepPerformer {
  public typealias Kind = RecoveryPointHold
  public init() {}

  public func perform(_ arguments: RecoveryPointHold.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let held = HeldPoints(dataClass: arguments.dataClass, stores: arguments.stores, context: context)
    let catalogue = try await held.catalogue()
    guard !catalogue.points.isEmpty else { throw held.nothing() }
    try await held.hold(catalogue.points.map { ($0.manifest.place, $0.stores) }, arguments.reason)
    return Self.result(catalogue)
  }

  private static func result(_ catalogue: Catalogue) -> StepResult {
    let count = catalogue.points.count
    let silent = catalogue.unreachable.map { "; `\($0.store)` does not answer, and nothing expires while it does not" }.joined()
    return StepResult(
      summary: "\(count == 1 ? "a point is" : "\(count) points are") held\(silent)", outputs: ["points": .text(String(count))],
      measurements: ["points": .int(Int64(count))])
  }

  /// Held is held, by whomever.
  public func settle(_ arguments: RecoveryPointHold.Arguments, in context: PerformingContext) async -> Settlement {
    let catalogue = await context.stores.catalogue(of: arguments.dataClass, in: arguments.stores)
    if let failure = catalogue.unreachable.first, catalogue.unreachable.count == arguments.stores.count { return .unknown(failure.description) }
    return !catalogue.points.isEmpty && catalogue.points.allSatisfy { $0.hold != nil } ? .done(Self.result(catalogue)) : .notDone
  }

  public func undo(_ arguments: RecoveryPointHold.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    _ = try await HeldPoints(dataClass: arguments.dataClass, stores: arguments.stores, context: context).release()
  }
}

/// Takes the holds of this run away.
public struct RecoveryPointReleasePerformer: StepPerformer {
  public typealias Kind = RecoveryPointRelease
  public init() {}

  public func perform(_ arguments: RecoveryPointRelease.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let released = try await HeldPoints(dataClass: arguments.dataClass, stores: arguments.stores, context: context).release()
    let count = Set(released.map(\.point)).count
    return StepResult(
      summary: count == 0 ? "this run holds no point" : "\(count == 1 ? "a point is" : "\(count) points are") not held any more",
      outputs: ["points": .text(String(count))], undoRecord: (try? CanonicalJSON.value(released)) ?? .null, measurements: ["points": .int(Int64(count))])
  }

  /// What is released already is found so.
  public func settle(_ arguments: RecoveryPointRelease.Arguments, in context: PerformingContext) async -> Settlement { .notDone }

  public func undo(_ arguments: RecoveryPointRelease.Arguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    guard let result, let released = try? CanonicalJSON.decode([HeldPoints.Released].self, from: result.undoRecord), let first = released.first else { return }
    let held = HeldPoints(dataClass: arguments.dataClass, stores: arguments.stores, context: context)
    let catalogue = try await held.catalogue()
    let places = catalogue.points.map { point in
      (point.manifest.place, released.filter { $0.point == point.manifest.id.text }.map(\.store))
    }
    try await held.hold(places, first.reason)
  }
}

/// The holds of one run on one data class's points.
private struct HeldPoints {
  let dataClass: DataClassName
  let stores: [StoreReference]
  let context: PerformingContext

  struct Released: Codable, Sendable { var point: String; var store: String; var reason: String }

  /// As whoever lists the points sees it, and by which the run knows its own again.
  var holder: String { "the run \(context.mark.run) of \(context.plan)" }

  /// - Throws: where no store at all answers.
  func catalogue() async throws(StepFailure) -> Catalogue {
    if Task.isCancelled { throw .cancelled }
    let catalogue = await context.stores.catalogue(of: dataClass, in: stores)
    if let failure = catalogue.unreachable.first, catalogue.unreachable.count == stores.count { throw StepFailure(failure) }
    return catalogue
  }

  func nothing() -> StepFailure {
    StepFailure(
      "no-point", "there is no recovery point of `\(dataClass)` in \(stores.map { "`\($0.name)`" }.joined(separator: ", "))",
      details: ["there is nothing to hold, and nothing to come back from"],
      helps: ["look whether the stores are the right ones: sie-dr points list PLAN; then go on without: sie-dr resume RUN --skip \(context.mark.step) --reason TEXT"])
  }

  func hold(_ points: [(place: PointPlace, stores: [String])], _ reason: String) async throws(StepFailure) {
    let note = PointNote(who: holder, host: "", at: context.now(), reason: reason)
    for store in stores {
      let places = points.filter { $0.stores.contains(store.name.rawValue) }.map(\.place)
      guard !places.isEmpty else { continue }
      let open = try await context.stores.opening(store)
      let results = await inOrder(places, atOnce: 8) { place throws(StoreError) in
        if Task.isCancelled { throw StoreError(store: open.name, .cancelled, "the step was cancelled") }
        _ = try await note.put(.hold, beside: place, in: open)
      }
      for result in results { do throws(StoreError) { try result.get() } catch { throw error.reason == .cancelled ? .cancelled : StepFailure(error) } }
    }
  }

  /// In every store: where one does not answer, a hold of ours may stay there, and so the step fails and is tried again.
  func release() async throws(StepFailure) -> [Released] {
    if Task.isCancelled { throw .cancelled }
    let catalogue = await context.stores.catalogue(of: dataClass, in: stores)
    if let failure = catalogue.unreachable.first { throw StepFailure(failure) }
    var released: [Released] = []
    let holder = holder
    for store in stores {
      let points = catalogue.points.filter { $0.hold != nil && $0.stores.contains(store.name.rawValue) }
      guard !points.isEmpty else { continue }
      let open = try await context.stores.opening(store)
      let results = await inOrder(points, atOnce: 8) { point throws(StoreError) -> Released? in
        if Task.isCancelled { throw StoreError(store: open.name, .cancelled, "the step was cancelled") }
        guard try await PointNote.release(heldBy: holder, from: point.manifest.place, in: open) else { return nil }
        return Released(point: point.manifest.id.text, store: open.name, reason: point.hold?.reason ?? "")
      }
      for result in results {
        do throws(StoreError) { if let one = try result.get() { released.append(one) } } catch { throw error.reason == .cancelled ? .cancelled : StepFailure(error) }
      }
    }
    return released
  }
}
