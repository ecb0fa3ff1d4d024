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
      for (place, first) in try await places(of: dataClass, in: store) {
        do throws(StoreError) {
          switch PointManifest.read(try await store.read(place.key(PointPlace.manifest, in: store.name))) {
          case .success(let manifest) where manifest.id == place.id && manifest.dataClass == dataClass:
            let hold = first.contains(PointNote.Kind.hold.path) ? try await PointNote.read(.hold, of: place, in: store) : nil
            let acceptance = first.contains(PointNote.Kind.acceptance.path) ? try await PointNote.read(.acceptance, of: place, in: store) : nil
            contents.points.append((manifest, hold, acceptance))
          case .success: contents.findings.append(Finding(store: store.name, place: place, kind: .damaged("the manifest is that of another point")))
          case .failure(let problem): contents.findings.append(Finding(store: store.name, place: place, kind: .damaged(problem.description)))
          }
        } catch {
          guard error.reason == .notFound || error.reason == .damaged else { throw error }
          let kind: Finding.Kind = error.reason != .notFound ? .damaged(error.detail) : first.contains(PointPlace.expired) ? .expired : .unfinished
          contents.findings.append(Finding(store: store.name, place: place, kind: kind))
        }
      }
    } catch {
      contents.failure = error
    }
    return contents
  }

  /// The folders of points, found by jumping from one to the next, so that their many objects are not listed; and the first few names in
  /// each, among which people's notes are.
  static func places(of dataClass: DataClassName, in store: any ObjectReading) async throws(StoreError) -> [(place: PointPlace, first: [String])] {
    let prefix = PointPlace.prefix(of: dataClass)
    var places: [(place: PointPlace, first: [String])] = []
    var after: ObjectKey?
    while case let objects = try await store.list(prefix: prefix, after: after, limit: 4).objects, let first = objects.first {
      // Bytes, not characters: what others have put there may hold anything.
      let rest = first.key.path.utf8.dropFirst(prefix.utf8.count)
      let name = String(decoding: rest.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
      let isFolder = rest.count > name.utf8.count
      if isFolder, let id = PointID(name) {
        let place = PointPlace(dataClass: dataClass, id: id)
        places.append((place, objects.filter { $0.key.hasPrefix(place.prefix) }.map { String($0.key.path.dropFirst(place.prefix.count)) }))
      }
      // `0` is the byte behind `/`: behind all that lies below this folder.
      after = isFolder ? ObjectKey("\(prefix)\(name)0") ?? first.key : first.key
    }
    return places
  }

  /// Places that an attempt with one of these marks has left without a manifest: what the next attempt clears away. An attempt that was
  /// killed while it wrote its very first object has left an open upload and nothing else.
  public static func unfinished(_ dataClass: DataClassName, madeBy marks: [String], in store: any ObjectStore) async throws(StoreError) -> [PointPlace] {
    let places = Set(try await places(of: dataClass, in: store).map(\.place) + uploading(dataClass, in: store)).sorted { $0.id < $1.id }
    var unfinished: [PointPlace] = []
    for place in places where marks.contains(where: { place.id.wasMade(by: $0) }) {
      if try await !isPublished(place, in: store) { unfinished.append(place) }
    }
    return unfinished
  }

  /// Points with uploads that nobody will finish: a point is published after its last object, so what is still open was given up, and could not be
  /// aborted.
  public static func abandonedUploads(_ dataClass: DataClassName, in store: any ObjectStore) async throws(StoreError) -> [PointPlace] {
    var abandoned: [PointPlace] = []
    for place in Set(try await uploading(dataClass, in: store)).sorted(by: { $0.id < $1.id }) {
      if try await isPublished(place, in: store) { abandoned.append(place) }
    }
    return abandoned
  }

  private static func uploading(_ dataClass: DataClassName, in store: any ObjectStore) async throws(StoreError) -> [PointPlace] {
    try await store.openUploads(prefix: PointPlace.prefix(of: dataClass)).compactMap { key in
      PointID(key.path.split(separator: "/").dropFirst().first ?? "").map { PointPlace(dataClass: dataClass, id: $0) }
    }
  }

  private static func isPublished(_ place: PointPlace, in store: any ObjectStore) async throws(StoreError) -> Bool {
    do throws(StoreError) { _ = try await store.info(place.key(PointPlace.manifest, in: store.name)) } catch {
      guard error.reason == .notFound else { throw error }
      return false
    }
    return true
  }
}
