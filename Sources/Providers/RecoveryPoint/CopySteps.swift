internal import CanonicalJSON
internal import ObjectStore
internal import PlanModel
public import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Looks which points the second store lacks.
public struct RecoveryPointCopyObserver: StepObserver {
  public typealias Kind = RecoveryPointCopy
  public init() {}

  public func observe(_ arguments: RecoveryPointCopy.Arguments, in context: ObservingContext) async -> Observation {
    let found = await missingPoints(arguments, context.stores)
    if let failure = found.unreachable.first { return .unreachable(failure.description) }
    return Observation(
      facts: [Fact.missing: .array(found.missing.map { .string($0.id.text) })],
      measurements: found.missing.isEmpty ? [:] : ["toCopy": .string(found.missing.reduce(ByteCount.zero) { $0 + $1.storedBytes }.rounded)])
  }
}

/// Copies them, oldest first, so that what is there is never newer than what is missing.
public struct RecoveryPointCopyPerformer: StepPerformer {
  public typealias Kind = RecoveryPointCopy
  public init() {}

  public func perform(_ arguments: RecoveryPointCopy.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let from = try await context.stores.opening(arguments.from)
    let to = try await context.stores.opening(arguments.to)
    let found = await missingPoints(arguments, context.stores)
    if let failure = found.unreachable.first { throw StepFailure(failure) }
    let total = found.missing.reduce(ByteCount.zero) { $0 + $1.storedBytes }
    var before = ByteCount.zero
    var ways = CopyWays()
    for manifest in found.missing.sorted(by: { $0.id < $1.id }) {
      if Task.isCancelled { throw .cancelled }
      do throws(StoreError) {
        // What an attempt that was killed had begun and not finished. A first attempt may have living neighbours.
        if !context.earlierMarks.isEmpty { try await to.discardUploads(prefix: manifest.place.prefix) }
        ways += try await copyPoint(manifest, from: from, to: to) { done in
          context.report(StepProgress(phase: "copying \(manifest.id)", done: before + done, total: total))
        }
      } catch {
        throw StepFailure(error)
      }
      before += manifest.storedBytes
    }
    let count = found.missing.count
    return StepResult(
      summary: count == 0 ? "`\(to.name)` had every point already" : "copied \(count == 1 ? "a point" : "\(count) points"), \(total.rounded), to `\(to.name)`" + (ways == CopyWays() ? "" : ": \(ways)"),
      outputs: [:], measurements: ["points": .int(Int64(count)), "bytes": .string(total.description)])
  }

  /// A point that was published is whole, and one that was not is copied again: looking at the goal is enough.
  public func settle(_ arguments: RecoveryPointCopy.Arguments, in context: PerformingContext) async -> Settlement {
    let found = await missingPoints(arguments, context.stores)
    if let failure = found.unreachable.first { return .unknown(failure.description) }
    return found.missing.isEmpty ? .done(StepResult(summary: "`\(arguments.to.name)` has every point")) : .notDone
  }

  public func undo(_: RecoveryPointCopy.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}

private func missingPoints(_ arguments: RecoveryPointCopy.Arguments, _ stores: any StoreReading) async -> (missing: [PointManifest], unreachable: [StoreError]) {
  async let there = stores.catalogue(of: arguments.dataClass, in: [arguments.from])
  let here = await stores.catalogue(of: arguments.dataClass, in: [arguments.to])
  let source = await there
  let known = Set(here.points.map(\.manifest.id))
  return (source.points.map(\.manifest).filter { !known.contains($0.id) }, source.unreachable + here.unreachable)
}

extension StepFailure {
  /// A store's trouble as a step's.
  init(_ error: StoreError) {
    let (code, help, transient): (String, String, Bool) =
      switch error.reason {
      case .notFound: ("object-not-found", "look at `sie-dr points list`: the point may have expired meanwhile", false)
      case .alreadyExists: ("object-exists", "another run may be at work in this store", false)
      case .noSpace: ("store-full", "make room in `\(error.store)`, then resume", false)
      case .denied: ("store-denied", "give this user the right to write to `\(error.store)`", false)
      case .unreachable: ("store-unreachable", "look whether `\(error.store)` is mounted and its host is up", true)
      case .damaged: ("object-damaged", "use another store or an older point; `sie-dr points list` shows them", false)
      case .timedOut: ("store-timed-out", "look whether `\(error.store)` answers", true)
      case .cancelled: ("cancelled", "resume the run", false)
      case .sealed: ("identity-wrong", "give the identity of one of the point's recipients", false)
      case .toolMissing: ("age-missing", "install age, then resume", false)
      case .toolFailed: ("age-failed", "look at what age says", false)
      case .other: ("store-failed", "look at `\(error.store)`, then resume", true)
      }
    self.init(code, error.description, helps: [help], transient: transient)
  }
}
