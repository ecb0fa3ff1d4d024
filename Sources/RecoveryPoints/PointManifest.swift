public import CanonicalJSON
public import Hashing
public import PlanModel
public import Units

/// One object of a point, by its path within the point.
public struct PointObject: Hashable, Sendable, Codable {
  public var path: String
  public var size: ByteCount
  /// Of the bytes as they are stored.
  public var sha256: SHA256Digest
  public init(path: String, size: ByteCount, sha256: SHA256Digest) { self.path = path; self.size = size; self.sha256 = sha256 }
}

/// What a recovery point is. Published last: without a manifest there is no point.
///
/// The manifest proves itself: `checksum` is the SHA-256 of its canonical JSON with an empty `checksum`.
public struct PointManifest: Hashable, Sendable, Codable {
  public static let currentFormat = 1

  public var format: Int
  public var id: PointID
  public var dataClass: DataClassName
  public var protection: ProtectionName
  /// `logical`.
  public var method: String
  /// The restored state holds every change committed up to this instant and none after it. Nil: unknown.
  public var sigma: Timestamp?
  public var started: Timestamp
  /// From this instant on the point was complete in the store that it was first written to.
  public var available: Timestamp
  public var plan: String
  public var planDigest: String
  /// The attempt that made it: `RUN.STEP.ATTEMPT`.
  public var mark: String
  public var toolVersion: String
  /// Nil: the objects are stored as they were written.
  public var encryption: PointEncryption?
  public var objects: [PointObject]
  /// Before compression.
  public var rawBytes: ByteCount
  public var storedBytes: ByteCount
  public var rows: Int64
  /// Why the point is not trusted by itself, if it is not: never `latest`, never a reason to expire another.
  public var suspect: String?
  /// What the method adds: its own format, decoded by its provider.
  public var content: JSONValue
  public var checksum: String

  public init(
    id: PointID, dataClass: DataClassName, protection: ProtectionName, method: String, sigma: Timestamp?, started: Timestamp, available: Timestamp,
    plan: String, planDigest: String, mark: String, toolVersion: String, objects: [PointObject], rawBytes: ByteCount, rows: Int64, suspect: String?,
    content: JSONValue, encryption: PointEncryption? = nil
  ) throws {
    format = Self.currentFormat
    self.id = id; self.dataClass = dataClass; self.protection = protection; self.method = method; self.sigma = sigma; self.started = started
    self.available = available; self.plan = plan; self.planDigest = planDigest; self.mark = mark; self.toolVersion = toolVersion
    self.encryption = encryption
    self.objects = objects.sorted { $0.path < $1.path }
    self.rawBytes = rawBytes; self.rows = rows; self.suspect = suspect; self.content = content
    storedBytes = objects.reduce(.zero) { $0 + $1.size }
    checksum = ""
    checksum = try computedChecksum()
  }

  public var place: PointPlace { PointPlace(dataClass: dataClass, id: id) }

  /// The instant that the point's age counts from.
  public var consistentAt: Timestamp { sigma ?? started }

  func computedChecksum() throws -> String {
    var unsigned = self
    unsigned.checksum = ""
    return SHA256Digest.of(try CanonicalJSON.bytes(unsigned)).hex
  }

  /// A manifest as it was read, or why it cannot be trusted.
  static func read(_ bytes: [UInt8]) -> Result<PointManifest, ManifestProblem> {
    struct Header: Decodable { var format: Int }
    guard let header = try? CanonicalJSON.decode(Header.self, from: bytes) else { return .failure(.damaged("it is not JSON")) }
    guard header.format <= currentFormat else { return .failure(.newer(header.format)) }
    guard let manifest = try? CanonicalJSON.decode(PointManifest.self, from: bytes) else { return .failure(.damaged("parts of it are missing or wrong")) }
    guard (try? manifest.computedChecksum()) == manifest.checksum else { return .failure(.damaged("its checksum does not fit its contents")) }
    return .success(manifest)
  }
}

/// Why a manifest is not one.
enum ManifestProblem: Error, CustomStringConvertible {
  case damaged(String)
  case newer(Int)
  var description: String {
    switch self {
    case .damaged(let why): "the manifest is damaged: \(why)"
    case .newer(let format): "the manifest has format \(format), written by a newer sie-dr"
    }
  }
}
