internal import CanonicalJSON
internal import ProviderInterface
internal import RecoveryPoints
public import Units

/// What the manifest of a Meilisearch point says beyond its list of objects.
public struct DumpPoint: Codable, Hashable, Sendable {
  public static let currentFormat = 1
  public static let method = "meilisearch-dump"
  static let object = "meilisearch.dump"

  public var format: Int
  public var method: String
  public var object: String
  /// As the dump itself calls it: `V6`.
  public var dumpVersion: String
  /// Of the server that wrote it: the same or a newer one reads it.
  public var version: String
  /// Unpacked.
  public var raw: ByteCount
  public var indexes: [Index]
  public var keys: Int64

  public struct Index: Codable, Hashable, Sendable { public var uid: String; public var documents: Int64 }

  init(_ contents: DumpContents, running version: String) {
    format = Self.currentFormat
    method = Self.method
    object = Self.object
    dumpVersion = contents.format
    self.version = contents.version.isEmpty ? version : contents.version
    raw = ByteCount(bytes: contents.bytes)
    indexes = contents.documents.sorted { $0.key < $1.key }.map { Index(uid: $0.key, documents: $0.value) }
    keys = contents.keys
  }

  var count: Int64 { indexes.reduce(0) { $0 + $1.documents } }
  var counts: [String: Int64] { Dictionary(indexes.map { ($0.uid, $0.documents) }) { first, _ in first } }

  static func read(_ manifest: PointManifest) throws(StepFailure) -> DumpPoint {
    guard let point = try? CanonicalJSON.decode(DumpPoint.self, from: manifest.content), point.format <= currentFormat else {
      throw StepFailure(
        "point-unreadable", "what the manifest of point \(manifest.id) says of its contents is not a dump of Meilisearch that this version knows",
        helps: ["choose another point, or use the sie-dr that made it: \(manifest.toolVersion)"])
    }
    return point
  }
}
