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
    do throws(StepFailure) {
      let store = try await context.stores.reading(arguments.store)
      let catalogue = await Catalogue.read(arguments.dataClass, in: [store])
      if let failure = catalogue.unreachable.first { return .unreachable(failure.description) }
      let expired = expiredPoints(arguments, catalogue, now: context.now())
      return Observation(
        facts: [Fact.expired: .array(expired.map { .string($0.id.text) })], measurements: ["points": .int(Int64(catalogue.points.count))])
    } catch {
      return .unreachable(error.message)
    }
  }
}

/// Removes them, manifest first, so that at no moment a point is listed that is not whole.
public struct RecoveryPointExpirePerformer: StepPerformer {
  public typealias Kind = RecoveryPointExpire
  public init() {}

  public func perform(_ arguments: RecoveryPointExpire.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let store = try await context.stores.opening(arguments.store)
    let catalogue = await Catalogue.read(arguments.dataClass, in: [store])
    if let failure = catalogue.unreachable.first { throw StepFailure(failure) }
    let expired = expiredPoints(arguments, catalogue, now: context.now())
    for manifest in expired {
      if Task.isCancelled { throw .cancelled }
      do throws(StoreError) { try await PointWriter(manifest.place, in: store).discard() } catch { throw StepFailure(error) }
    }
    let bytes = expired.reduce(ByteCount.zero) { $0 + $1.storedBytes }
    return StepResult(
      summary: expired.isEmpty ? "nothing had expired" : "removed \(expired.count == 1 ? "a point" : "\(expired.count) points"), \(bytes.rounded), from `\(store.name)`",
      measurements: ["points": .int(Int64(expired.count)), "bytes": .string(bytes.description)])
  }

  public func settle(_ arguments: RecoveryPointExpire.Arguments, in context: PerformingContext) async -> Settlement {
    // Removing what has expired is done again without harm.
    .notDone
  }

  /// What has expired is gone; the plan says so before the run.
  public func undo(_: RecoveryPointExpire.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}

private func expiredPoints(_ arguments: RecoveryPointExpire.Arguments, _ catalogue: Catalogue, now: Timestamp) -> [PointManifest] {
  let points = catalogue.points.map { RetainedPoint(id: $0.manifest.id, consistentAt: $0.manifest.consistentAt, isGood: $0.isUsable) }
  let decisions = retentionDecisions(points, keepFor: arguments.keepFor, atLeast: arguments.atLeast, now: now)
  let expired = Set(decisions.filter { if case .expire = $0.decision { true } else { false } }.map(\.point.id))
  return catalogue.points.map(\.manifest).filter { expired.contains($0.id) }.sorted { $0.id < $1.id }
}
