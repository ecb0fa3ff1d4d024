internal import Hashing
public import ObjectStore
internal import PlanModel
public import Units

/// Reads the objects of a point, each proved against the manifest by the time its last byte is handed over.
public struct PointReader: Sendable {
  public let manifest: PointManifest
  public let store: any ObjectReading
  /// Decrypts objects; nil: there is no key at hand.
  public let unsealing: (any ObjectUnsealing)?

  public init(_ manifest: PointManifest, in store: any ObjectReading, unsealing: (any ObjectUnsealing)? = nil) {
    self.manifest = manifest; self.store = store; self.unsealing = unsealing
  }

  /// By the name that the object was written under; the suffix of encrypted ones is not part of it.
  public func object(_ path: String) -> PointObject? {
    let stored = manifest.encryption == nil ? path : path + PointEncryption.suffix
    return manifest.objects.first { $0.path == stored }
  }

  /// Opens an object as it is stored, for a copy: encrypted, if the point is.
  public func open(_ object: PointObject) async throws(StoreError) -> PointDownload {
    let place = StoredPlace(store: store.name, key: try manifest.place.key(object.path, in: store.name))
    return PointDownload(object, StoredDownload(object, place.key, place.store, try await download(place.key)))
  }

  private func download(_ key: ObjectKey) async throws(StoreError) -> any ObjectDownload {
    do throws(StoreError) { return try await store.open(key) } catch {
      guard error.reason == .notFound else { throw error }
      throw StoreError(
        store: store.name, .damaged, key: key, "an object that the manifest of point \(manifest.id) names is gone: use another store or point")
    }
  }

  /// Opens an object by its path, as it was written; `damaged` if the manifest names no such object.
  public func open(_ path: String) async throws(StoreError) -> PointDownload {
    guard let object = object(path) else {
      throw StoreError(store: store.name, .damaged, "the manifest of point \(manifest.id) names no object '\(path)'")
    }
    guard let encryption = manifest.encryption else { return try await open(object) }
    let place = StoredPlace(store: store.name, key: try manifest.place.key(object.path, in: store.name))
    guard let unsealing else {
      throw StoreError(store: store.name, .sealed, key: place.key, "it is encrypted to \(encryption.recipients.joined(separator: ", ")), and no identity was given")
    }
    let stored = StoredDraining(object, place, try await download(place.key))
    return PointDownload(object, UnsealedDownload(stored, unsealing, place))
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

/// One object of a point on its way out. The end comes only if it is proved. Used by one task.
public final class PointDownload {
  private enum Way { case plain(StoredDownload), unsealed(UnsealedDownload) }
  public let object: PointObject
  private let way: Way
  private var failure: StoreError?

  init(_ object: PointObject, _ download: StoredDownload) { self.object = object; way = .plain(download) }
  init(_ object: PointObject, _ download: UnsealedDownload) { self.object = object; way = .unsealed(download) }

  /// The next chunk, or nil at the verified end. Throws `damaged` where the object is not what was stored.
  public func next() async throws(StoreError) -> [UInt8]? {
    do throws(StoreError) {
      return switch way {
      case .plain(let download): try await download.next()
      case .unsealed(let download): try await download.next()
      }
    } catch {
      failure = error
      throw error
    }
  }

  /// Why work with the bytes failed: damaged bytes fail in many ways before their end has shown the damage, so what is left is read and
  /// proved. Gives the error itself where the bytes are good.
  public func cause(of error: any Error) async -> any Error {
    guard failure == nil, !Task.isCancelled else { return failure ?? error }
    do throws(StoreError) { while try await next() != nil {} } catch let damage { return damage }
    return error
  }

  public func close() async {
    switch way {
    case .plain(let download): await download.close()
    case .unsealed(let download): await download.close()
    }
  }
}
