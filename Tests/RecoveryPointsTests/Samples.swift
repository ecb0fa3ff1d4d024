import CanonicalJSON
import DirectoryStore
import Hashing
import ObjectStore
import PlanModel
import RecoveryPoints
import TestSupport
import Units

let shop: DataClassName = "shop"
let noon = Timestamp(milliseconds: 1_795_521_600_000)
let note = PointNote(who: "ann", host: "bastion", at: noon, reason: "the incident of \"today\"")

func place(minutes: Int64 = 0, mark: String = "run.backup.1") -> PointPlace {
  PointPlace(dataClass: shop, id: PointID(started: noon + .minutes(minutes), mark: mark))
}

func object(_ text: String) -> ObjectKey {
  guard let key = ObjectKey(text) else { preconditionFailure("'\(text)' is no key") }
  return key
}

/// What a sample point holds; the second object is longer than one chunk of a download.
let sampleObjects: [(path: String, bytes: [UInt8])] = [
  ("db/0/schema.dump", Array("CREATE TABLE t ();".utf8)),
  ("db/0/data/000001.copy.zst", (0..<1_200_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }),
  ("globals.sql.zst", []),
]

/// Writes a point the way a backup step does: uploads, then a small object, then the manifest.
@discardableResult
func writePoint(
  _ place: PointPlace, in store: any ObjectStore, sigma: Timestamp? = noon, suspect: String? = nil, protection: ProtectionName = "half-hourly",
  rows: Int64 = 12, raw: ByteCount = ByteCount(bytes: 9_000_000), note: JSONValue = "a table named \"é\\n\"", sealing: (any ObjectSealing)? = nil
) async throws -> PointManifest {
  let writer = PointWriter(place, in: store, sealing: sealing)
  var objects: [PointObject] = []
  for (path, bytes) in sampleObjects {
    let upload = try await writer.upload(path)
    do {
      for start in stride(from: 0, to: bytes.count, by: 500_000) { try await upload.write(Array(bytes[start..<min(start + 500_000, bytes.count)])) }
      objects.append(try await upload.finish())
    } catch {
      await upload.abort()
      throw error
    }
  }
  objects.append(try await writer.put("db/0/sequences.sql", Array("SELECT 1;".utf8)))
  let manifest = try PointManifest(
    id: place.id, dataClass: place.dataClass, protection: protection, method: "logical", sigma: sigma, started: noon, available: noon + .minutes(2),
    plan: "sie", planDigest: "d1", mark: "run.backup.1", toolVersion: "1.0.0", objects: objects, rawBytes: raw, rows: rows,
    suspect: suspect, content: ["note": note], encryption: sealing?.encryption)
  try await writer.publish(manifest, instructions: "zstd -dc …\n")
  return manifest
}

/// Every object of a point, read and proved.
func readWhole(_ manifest: PointManifest, in store: any ObjectReading) async throws {
  let reader = PointReader(manifest, in: store)
  for object in manifest.objects { _ = try await reader.read(object.path) }
}

enum StoreKind: CaseIterable {
  case memory, directory

  /// Runs a body on a new, empty store.
  func withStore(_ name: String = "east", _ body: (any ObjectStore) async throws -> Void) async throws {
    switch self {
    case .memory: try await body(InMemoryStore(name: name))
    case .directory:
      let root = try temporaryFolder("points")
      defer { removeFolder(root) }
      try await body(DirectoryStore(name: name, root: root))
    }
  }
}
