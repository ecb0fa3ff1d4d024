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

  /// How many names of a folder are looked at: people's notes are among them.
  private static let firstNames = 4

  /// The folders of points, and the first few names in each. Where folders are small a page shows many; where one fills a page, the next
  /// page begins behind it, so that the many objects of large points are not listed.
  static func places(of dataClass: DataClassName, in store: any ObjectReading) async throws(StoreError) -> [(place: PointPlace, first: [String])] {
    let prefix = PointPlace.prefix(of: dataClass)
    var places: [(place: PointPlace, first: [String])] = []
    var (after, limit): (ObjectKey?, Int) = (nil, 64)
    repeat {
      let page = try await store.list(prefix: prefix, after: after, limit: limit)
      var entries = entries(of: page.objects.map(\.key), below: prefix)
      after = nil
      if page.next != nil, let last = entries.last {
        // The page's end may have cut off names of its last folder.
        if entries.count > 1, last.isFolder, last.keys.count < firstNames { entries.removeLast() }
        limit = entries.count > 1 ? min(1_000, limit * 4) : max(64, limit / 4)
        after = entries.last.flatMap { $0.behind(prefix) }
      }
      for entry in entries where entry.isFolder {
        guard let id = PointID(entry.name) else { continue }
        let place = PointPlace(dataClass: dataClass, id: id)
        places.append((place, entry.keys.prefix(firstNames).map { String($0.path.dropFirst(place.prefix.count)) }))
      }
    } while after != nil
    return places
  }

  /// A folder below the class's, with those of its keys that a page shows; or an object.
  private struct Entry {
    var name: String
    var isFolder: Bool
    var keys: [ObjectKey]

    /// The place in the order of keys behind all that lies below it: `0` is the byte behind `/`.
    func behind(_ prefix: String) -> ObjectKey? { isFolder ? ObjectKey("\(prefix)\(name)0") ?? keys.last : keys.last }
  }

  private static func entries(of keys: [ObjectKey], below prefix: String) -> [Entry] {
    var entries: [Entry] = []
    for key in keys {
      if let last = entries.last, last.isFolder, key.hasPrefix("\(prefix)\(last.name)/") {
        entries[entries.count - 1].keys.append(key)
        continue
      }
      // Bytes, not characters: what others have put there may hold anything.
      let rest = key.path.utf8.dropFirst(prefix.utf8.count)
      let name = String(decoding: rest.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
      entries.append(Entry(name: name, isFolder: rest.count > name.utf8.count, keys: [key]))
    }
    return entries
  }

  /// Places that an attempt with one of these marks has left without a manifest: what the next attempt clears away. An attempt that was
  /// killed while it wrote its very first object has left an open upload and nothing else.
  public static func unfinished(_ dataClass: DataClassName, madeBy marks: [String], in store: any ObjectStore) async throws(StoreError) -> [PointPlace] {
    let uploads = try await store.openUploads(prefix: PointPlace.prefix(of: dataClass)).compactMap { key in
      PointID(key.path.split(separator: "/").dropFirst().first ?? "").map { PointPlace(dataClass: dataClass, id: $0) }
    }
    let places = Set(try await places(of: dataClass, in: store).map(\.place) + uploads).sorted { $0.id < $1.id }
    var unfinished: [PointPlace] = []
    for place in places where marks.contains(where: { place.id.wasMade(by: $0) }) {
      do throws(StoreError) { _ = try await store.info(place.key(PointPlace.manifest, in: store.name)) } catch {
        guard error.reason == .notFound else { throw error }
        unfinished.append(place)
      }
    }
    return unfinished
  }
}
