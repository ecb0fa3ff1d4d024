public import ObjectStore
public import PlanModel

/// Where a class's points are in a store, whole ones and others.
extension Catalogue {
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
    func behind(_ prefix: String) -> ObjectKey? { (isFolder ? ObjectKey("\(prefix)\(name)0") : nil) ?? keys.last }
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

  /// What the next attempt of a backup clears away.
  public struct LeftOver: Hashable, Sendable {
    /// Without a manifest, and made by an attempt of this very backup.
    public var unfinished: [PointPlace] = []
    /// Whole points with uploads that nobody will finish: a point is published after its last object, so what is still open was given up, and
    /// could not be aborted.
    public var uploadsOf: [PointPlace] = []
  }

  /// What attempts with one of these marks have left. One that was killed while it wrote its very first object has left an open upload and
  /// nothing else.
  public static func leftOver(_ dataClass: DataClassName, by marks: [String], in store: any ObjectStore) async throws(StoreError) -> LeftOver {
    let uploading = Set(try await uploading(dataClass, in: store))
    var found = LeftOver()
    for place in uploading.union(try await places(of: dataClass, in: store).map(\.place)).sorted(by: { $0.id < $1.id }) {
      let isOurs = marks.contains { place.id.wasMade(by: $0) }
      guard isOurs || uploading.contains(place) else { continue }
      if try await isPublished(place, in: store) {
        if uploading.contains(place) { found.uploadsOf.append(place) }
      } else if isOurs {
        found.unfinished.append(place)
      }
    }
    return found
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
