internal import CanonicalJSON
internal import ObjectStore
internal import PlanModel
public import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Looks which points retention no longer keeps.
public struct RecoveryPointExpireObserver: StepObserver {
  public typealias Kind = RecoveryPointExpire
  public init() {}

  public func observe(_ arguments: RecoveryPointExpire.Arguments, in context: ObservingContext) async -> Observation {
    let catalogue = await context.stores.catalogue(of: arguments.dataClass, in: [arguments.store] + arguments.others)
    if let failure = catalogue.failure(of: arguments.store) { return .unreachable(failure.description) }
    let expired = arguments.expired(catalogue, now: context.now())
    var observation = Observation(facts: [Fact.expired: .array(expired.map { .string($0.id.text) })])
    let remains = arguments.remains(catalogue)
    if !remains.isEmpty { observation.facts[Fact.remains] = .array(remains.map { .string($0.id.text) }) }
    observation.measurements["points"] = .int(Int64(catalogue.points.count { $0.stores.contains(arguments.store.name.rawValue) }))
    observation.measurements[Fact.silent] = catalogue.unreachable.first.map { .string($0.store) }
    return observation
  }
}

/// Removes them, manifest first, so that at no moment a point is listed that is not whole.
public struct RecoveryPointExpirePerformer: StepPerformer {
  public typealias Kind = RecoveryPointExpire
  public init() {}

  public func perform(_ arguments: RecoveryPointExpire.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let store = try await context.stores.opening(arguments.store)
    let catalogue = await context.stores.catalogue(of: arguments.dataClass, in: [arguments.store] + arguments.others)
    if let failure = catalogue.failure(of: arguments.store) { throw StepFailure(failure) }
    var removed: [PointManifest] = []
    for manifest in arguments.expired(catalogue, now: context.now()) {
      if Task.isCancelled { throw .cancelled }
      do throws(StoreError) { if try await expirePoint(manifest.place, in: store) { removed.append(manifest) } } catch { throw StepFailure(error) }
    }
    for place in arguments.remains(catalogue) {
      do throws(StoreError) { try await PointWriter(place, in: store).discard() } catch { throw StepFailure(error) }
    }
    let bytes = removed.reduce(ByteCount.zero) { $0 + $1.storedBytes }
    return StepResult(
      summary: removed.isEmpty ? "nothing had expired" : "removed \(removed.count == 1 ? "a point" : "\(removed.count) points"), \(bytes.rounded), from `\(store.name)`",
      measurements: ["points": .int(Int64(removed.count)), "bytes": .string(bytes.description)])
  }

  public func settle(_ arguments: RecoveryPointExpire.Arguments, in context: PerformingContext) async -> Settlement {
    // Removing what has expired is done again without harm.
    .notDone
  }

  /// What has expired is gone; the plan says so before the run.
  public func undo(_: RecoveryPointExpire.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}

extension RecoveryPointExpire.Arguments {
  /// Of points that have gone already, by a program that was killed at it.
  fileprivate func remains(_ catalogue: Catalogue) -> [PointPlace] {
    catalogue.findings.filter { $0.store == store.name.rawValue && $0.kind == .expired }.map(\.place)
  }

  /// Oldest first.
  fileprivate func expired(_ catalogue: Catalogue, now: Timestamp) -> [PointManifest] {
    catalogue.retention(of: protection, in: store.name.rawValue, keepFor: keepFor, atLeast: atLeast, now: now)
      .filter(\.decision.expires).map(\.point.manifest).reversed()
  }
}

extension Catalogue {
  func failure(of store: StoreReference) -> StoreError? { unreachable.first { $0.store == store.name.rawValue } }
}
