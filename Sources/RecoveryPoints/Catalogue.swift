internal import Concurrency
public import ObjectStore
public import PlanModel
internal import Units

/// One recovery point and the stores that hold it.
public struct RecoveryPoint: Hashable, Sendable {
  public var manifest: PointManifest
  /// In the order in which the stores were asked.
  public var stores: [String]
  /// By whom and why it is kept whatever retention says. In one store is enough.
  public var hold: PointNote?
  /// By whom a suspect point was found to be good.
  public var acceptance: PointNote?
  public init(manifest: PointManifest, stores: [String], hold: PointNote? = nil, acceptance: PointNote? = nil) {
    self.manifest = manifest; self.stores = stores; self.hold = hold; self.acceptance = acceptance
  }
  public var isUsable: Bool { manifest.suspect == nil || acceptance != nil }
}

/// What the stores hold of one data class. An unreachable store is something found, not an error: others may answer.
public struct Catalogue: Sendable {
  /// Something under a class's prefix that is no point.
  public struct Finding: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
      /// Objects without a manifest: a backup under way, or what a dead one left.
      case unfinished
      /// What is left of a point that has expired: its removal is under way, or was cut short.
      case expired
      /// A manifest that cannot be trusted; the text says why.
      case damaged(String)
    }
    public var store: String
    public var place: PointPlace
    public var kind: Kind
  }

  /// Newest first.
  public var points: [RecoveryPoint]
  public var findings: [Finding]
  public var unreachable: [StoreError]

  /// The newest point that may be restored without a person's word.
  public var latest: RecoveryPoint? { points.first(where: \.isUsable) }
  public func point(_ id: String) -> RecoveryPoint? { points.first { $0.manifest.id.text == id } }

  /// Asks every store, several at once.
  public static func read(_ dataClass: DataClassName, in stores: [any ObjectReading]) async -> Catalogue {
    let parts = await withTaskGroup(of: (Int, StoreContents).self) { group in
      for (index, store) in stores.enumerated() { group.addTask { (index, await contents(of: dataClass, in: store)) } }
      var parts: [Int: StoreContents] = [:]
      for await (index, part) in group { parts[index] = part }
      return parts
    }
    var points: [PointID: RecoveryPoint] = [:]
    var catalogue = Catalogue(points: [], findings: [], unreachable: [])
    for (index, store) in stores.enumerated() {
      guard let part = parts[index] else { continue }
      for (manifest, hold, acceptance) in part.points {
        guard points[manifest.id, default: RecoveryPoint(manifest: manifest, stores: [])].manifest == manifest else {
          let kind = Finding.Kind.damaged("the manifest differs from the one in store '\(points[manifest.id]?.stores.first ?? "")', which counts")
          catalogue.findings.append(Finding(store: store.name, place: manifest.place, kind: kind))
          continue
        }
        var point = points[manifest.id] ?? RecoveryPoint(manifest: manifest, stores: [])
        point.stores.append(store.name)
        point.hold = point.hold ?? hold
        point.acceptance = point.acceptance ?? acceptance
        points[manifest.id] = point
      }
      catalogue.findings += part.findings
      catalogue.unreachable += part.failure.map { [$0] } ?? []
    }
    catalogue.points = points.values.sorted { ($0.manifest.consistentAt, $0.manifest.id) > ($1.manifest.consistentAt, $1.manifest.id) }
    return catalogue
  }

  private struct StoreContents: Sendable {
    var points: [(manifest: PointManifest, hold: PointNote?, acceptance: PointNote?)] = []
    var findings: [Finding] = []
    var failure: StoreError?
  }

  private static func contents(of dataClass: DataClassName, in store: any ObjectReading) async -> StoreContents {
    var contents = StoreContents()
    do throws(StoreError) {
      let places = try await places(of: dataClass, in: store)
      for found in await inOrder(places, atOnce: 8, { found throws(StoreError) in try await read(found.place, found.first, dataClass, in: store) }) {
        switch try found.get() {
        case .point(let manifest, let hold, let acceptance): contents.points.append((manifest, hold, acceptance))
        case .finding(let finding): contents.findings.append(finding)
        }
      }
    } catch {
      contents.failure = error
    }
    return contents
  }

  private enum Found: Sendable {
    case point(PointManifest, hold: PointNote?, acceptance: PointNote?)
    case finding(Finding)
  }

  /// What a folder holds. `first`: the first few names in it.
  private static func read(
    _ place: PointPlace, _ first: [String], _ dataClass: DataClassName, in store: any ObjectReading
  ) async throws(StoreError) -> Found {
    func finding(_ kind: Finding.Kind) -> Found { .finding(Finding(store: store.name, place: place, kind: kind)) }
    do throws(StoreError) {
      switch PointManifest.read(try await store.read(place.key(PointPlace.manifest, in: store.name))) {
      case .success(let manifest) where manifest.id == place.id && manifest.dataClass == dataClass:
        let hold = first.contains(PointNote.Kind.hold.path) ? try await PointNote.read(.hold, of: place, in: store) : nil
        let acceptance = first.contains(PointNote.Kind.acceptance.path) ? try await PointNote.read(.acceptance, of: place, in: store) : nil
        return .point(manifest, hold: hold, acceptance: acceptance)
      case .success: return finding(.damaged("the manifest is that of another point"))
      case .failure(let problem): return finding(.damaged(problem.description))
      }
    } catch {
      guard error.reason == .notFound || error.reason == .damaged else { throw error }
      return finding(error.reason != .notFound ? .damaged(error.detail) : first.contains(PointPlace.expired) ? .expired : .unfinished)
    }
  }
}
