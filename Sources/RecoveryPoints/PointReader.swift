internal import Hashing
public import ObjectStore
internal import PlanModel
public import Units

/// Reads the objects of a point, each proved against the manifest by the time its last byte is handed over.
public struct PointReader: Sendable {
  public let manifest: PointManifest
  public let store: any ObjectReading

  public init(_ manifest: PointManifest, in store: any ObjectReading) { self.manifest = manifest; self.store = store }

  public func object(_ path: String) -> PointObject? { manifest.objects.first { $0.path == path } }

  public func open(_ object: PointObject) async throws(StoreError) -> PointDownload {
    let key = try manifest.place.key(object.path, in: store.name)
    do throws(StoreError) { return PointDownload(object, key, store.name, try await store.open(key)) } catch {
      guard error.reason == .notFound else { throw error }
      throw StoreError(
        store: store.name, .damaged, key: key, "an object that the manifest of point \(manifest.id) names is gone: use another store or point")
    }
  }

  /// Opens an object by its path; `damaged` if the manifest names no such object.
  public func open(_ path: String) async throws(StoreError) -> PointDownload {
    guard let object = object(path) else {
      throw StoreError(store: store.name, .damaged, "the manifest of point \(manifest.id) names no object '\(path)'")
    }
    return try await open(object)
  }

  /// A small object whole, verified.
  public func read(_ path: String, limit: ByteCount = ByteCount(bytes: 64 << 20)) async throws(StoreError) -> [UInt8] {
    let download = try await open(path)
    var bytes: [UInt8] = []
    do throws(StoreError) {
      while let chunk = try await download.next() {
        bytes += chunk
        guard bytes.count <= limit.bytes else { throw StoreError(store: store.name, .damaged, "'\(path)' is larger than \(limit.rounded)") }
      }
    } catch {
      await download.close()
      throw error
    }
    await download.close()
    return bytes
  }
}

/// One object of a point on its way out. The end comes only if size and SHA-256 are those of the manifest. Used by one task.
public final class PointDownload {
  public let object: PointObject
  private let key: ObjectKey
  private let store: String
  private let download: any ObjectDownload
  private let hasher = SHA256Hasher()
  private var size: Int64 = 0
  private var isVerified = false

  init(_ object: PointObject, _ key: ObjectKey, _ store: String, _ download: any ObjectDownload) {
    self.object = object; self.key = key; self.store = store; self.download = download
  }

  /// The next chunk, or nil at the verified end. Throws `damaged` where the object is not what was stored.
  public func next() async throws(StoreError) -> [UInt8]? {
    guard !isVerified else { return nil }
    if let chunk = try await download.next() {
      hasher.update(chunk)
      size += Int64(chunk.count)
      guard size <= object.size.bytes else { throw damaged("is longer than the \(object.size) that were stored") }
      return chunk
    }
    guard size == object.size.bytes else { throw damaged("ends after \(ByteCount(bytes: size)) of the \(object.size) that were stored") }
    guard hasher.finalize() == object.sha256 else { throw damaged("has other bytes than were stored (its SHA-256 differs)") }
    isVerified = true
    return nil
  }

  public func close() async { await download.close() }

  private func damaged(_ how: String) -> StoreError {
    StoreError(store: store, .damaged, key: key, "the object \(how): restore from another store or an older point")
  }
}
