internal import CanonicalJSON
internal import Hashing
public import ObjectStore
internal import PlanModel
public import Units

/// Writes one recovery point: objects first, the manifest last. Until `publish` has returned there is no point.
public struct PointWriter: Sendable {
  public let place: PointPlace
  public let store: any ObjectStore

  public init(_ place: PointPlace, in store: any ObjectStore) { self.place = place; self.store = store }

  /// Begins an object; what is written is hashed and counted on the way.
  public func upload(_ path: String) async throws(StoreError) -> PointUpload {
    let key = try place.key(path, in: store.name)
    return PointUpload(path: path, upload: try await store.upload(key))
  }

  /// A small object in one go.
  public func put(_ path: String, _ bytes: [UInt8]) async throws(StoreError) -> PointObject {
    try await store.put(place.key(path, in: store.name), bytes, ifAbsent: false)
    return PointObject(path: path, size: ByteCount(bytes: Int64(bytes.count)), sha256: .of(bytes))
  }

  /// Makes the point: checksums and instructions for people with stock tools, then the manifest, only if there is none yet.
  public func publish(_ manifest: PointManifest, instructions: String) async throws(StoreError) {
    let sums = manifest.objects.map { "\($0.sha256)  \($0.path)\n" }.joined()
    try await store.put(place.key(PointPlace.checksums, in: store.name), Array(sums.utf8), ifAbsent: false)
    try await store.put(place.key(PointPlace.instructions, in: store.name), Array(instructions.utf8), ifAbsent: false)
    try await store.put(place.key(PointPlace.manifest, in: store.name), encoded(manifest), ifAbsent: true)
  }

  /// Removes whatever there is of the point, the manifest first: at no moment is there a point that is not whole.
  public func discard() async throws(StoreError) {
    try await store.delete(place.key(PointPlace.manifest, in: store.name))
    for object in try await store.listAll(prefix: place.prefix) { try await store.delete(object.key) }
  }

  private func encoded(_ manifest: PointManifest) throws(StoreError) -> [UInt8] {
    do { return Array(try CanonicalJSON.prettyText(manifest).utf8) } catch {
      throw StoreError(store: store.name, .other, "the manifest cannot be written as JSON: \(error)")
    }
  }
}

/// One object of a point on its way into the store. Used by one task.
public final class PointUpload {
  public let path: String
  private let upload: any ObjectUpload
  private let hasher = SHA256Hasher()
  public private(set) var size = ByteCount.zero

  init(path: String, upload: any ObjectUpload) { self.path = path; self.upload = upload }

  public func write(_ chunk: [UInt8]) async throws(StoreError) {
    hasher.update(chunk)
    size += ByteCount(bytes: Int64(chunk.count))
    try await upload.write(chunk)
  }

  public func finish() async throws(StoreError) -> PointObject {
    try await upload.finish()
    return PointObject(path: path, size: size, sha256: hasher.finalize())
  }

  public func abort() async { await upload.abort() }
}
