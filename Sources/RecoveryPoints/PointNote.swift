internal import CanonicalJSON
public import ObjectStore
public import Units

/// A person's word on a point: an object beside it in each store that holds it, since a manifest never changes.
public struct PointNote: Hashable, Sendable, Codable {
  public enum Kind: Hashable, Sendable, CaseIterable {
    /// The point stays, whatever retention says.
    case hold
    /// A suspect point is as good as any other.
    case acceptance

    /// In capitals: they sort before all that a backup writes, so the listing that finds a point finds its notes too.
    public var path: String { switch self { case .hold: "HOLD.json"; case .acceptance: "ACCEPTED.json" } }
  }
  public static let currentFormat = 1

  public var format: Int
  public var who: String
  public var host: String
  public var at: Timestamp
  public var reason: String
  public init(who: String, host: String, at: Timestamp, reason: String) {
    format = Self.currentFormat
    self.who = who; self.host = host; self.at = at; self.reason = reason
  }

  /// The note of this kind beside a point, or nil. One that cannot be read is a hold all the same, and no acceptance: both ways the
  /// point stays and a person looks.
  static func read(_ kind: Kind, of place: PointPlace, in store: any ObjectReading) async throws(StoreError) -> PointNote? {
    let bytes: [UInt8]
    do throws(StoreError) { bytes = try await store.read(place.key(kind.path, in: store.name), limit: ByteCount(bytes: 1 << 20)) } catch {
      guard error.reason == .notFound || error.reason == .damaged else { throw error }
      return error.reason == .damaged ? unreadable(kind) : nil
    }
    return (try? CanonicalJSON.decode(PointNote.self, from: bytes)) ?? unreadable(kind)
  }

  private static func unreadable(_ kind: Kind) -> PointNote? {
    kind == .hold ? PointNote(who: "somebody", host: "", at: .init(milliseconds: 0), reason: "\(kind.path) cannot be read; it holds all the same") : nil
  }

  /// Puts the note beside the point; false where one was there, which stays.
  public func put(_ kind: Kind, beside place: PointPlace, in store: any ObjectStore) async throws(StoreError) -> Bool {
    let bytes: [UInt8]
    do { bytes = Array(try CanonicalJSON.prettyText(self).utf8) } catch {
      throw StoreError(store: store.name, .other, "the note cannot be written as JSON: \(error)")
    }
    do throws(StoreError) { try await store.put(place.key(kind.path, in: store.name), bytes, ifAbsent: true) } catch {
      guard error.reason == .alreadyExists else { throw error }
      return false
    }
    return true
  }

  /// Takes a hold away that this holder put; false where there is none, or somebody else's, which stays.
  public static func release(heldBy who: String, from place: PointPlace, in store: any ObjectStore) async throws(StoreError) -> Bool {
    guard try await read(.hold, of: place, in: store)?.who == who else { return false }
    try await remove(.hold, from: place, in: store)
    return true
  }

  /// Takes it away; what is not there is no error.
  public static func remove(_ kind: Kind, from place: PointPlace, in store: any ObjectStore) async throws(StoreError) {
    try await store.delete(place.key(kind.path, in: store.name))
  }
}
