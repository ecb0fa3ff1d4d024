internal import CanonicalJSON
public import ObjectStore
public import PlanModel
public import ProviderInterface
public import RecoveryPoints
internal import Units

/// What every kind that makes points does around its own work.
public enum PointMaking {
  /// Removes the objects of a step's dead attempts and no others; and uploads that nobody will ever finish.
  public static func clearAway(_ dataClass: DataClassName, _ context: PerformingContext, in store: any ObjectStore) async throws(StepFailure) {
    let marks = (context.earlierMarks + [context.mark]).map(\.description)
    try await pointwise("clearing away what an earlier attempt left in `\(store.name)`") {
      let left = try await Catalogue.leftOver(dataClass, by: marks, in: store)
      for place in left.unfinished { try await PointWriter(place, in: store).discard() }
      for place in left.uploadsOf { try await store.discardUploads(prefix: place.prefix) }
    }
  }

  /// What a done backup leaves.
  public static func result(_ manifest: PointManifest, counting rows: String = "rows", notes: [String] = []) -> StepResult {
    var summary = "point \(manifest.id): \(manifest.rows) \(rows), \(manifest.rawBytes.rounded), stored as \(manifest.storedBytes.rounded)"
    if let suspect = manifest.suspect {
      summary += "; SUSPECT, it \(suspect): no restore takes it by itself. If that is right: sie-dr points accept PLAN \(manifest.id) --reason TEXT"
    }
    if !notes.isEmpty { summary += "; note: \(notes.joined(separator: "; "))" }
    return StepResult(
      summary: summary, outputs: ["point": .text(manifest.id.text), "suspect": .text(manifest.suspect ?? "")],
      measurements: [
        rows: .int(manifest.rows), "raw": .string(manifest.rawBytes.description), "stored": .string(manifest.storedBytes.description),
        "consistentAt": .string(manifest.consistentAt.description), "available": .string(manifest.available.description),
      ])
  }

  /// Whether an attempt of a backup has published its point.
  public static func settle(
    _ dataClass: DataClassName, in reference: StoreReference, _ context: PerformingContext, counting rows: String = "rows"
  ) async -> Settlement {
    let store: any ObjectReading
    do { store = try await context.stores.reading(reference) } catch { return .unknown(error.message) }
    let catalogue = await Catalogue.read(dataClass, in: [store])
    if let point = catalogue.points.first(where: { $0.manifest.mark == context.mark.description }) { return .done(result(point.manifest, counting: rows)) }
    if let failure = catalogue.unreachable.first { return .unknown("the store `\(reference.name)` cannot be asked: \(failure.detail)") }
    return .notDone
  }
}
