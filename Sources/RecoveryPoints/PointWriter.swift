internal import CanonicalJSON
internal import Hashing
public import ObjectStore
internal import PlanModel
internal import Units

/// Writes one recovery point: objects first, the manifest last. Until `publish` has returned there is no point.
public struct PointWriter: Sendable {
  public let place: PointPlace
  public let store: any ObjectStore
  /// Encrypts every object; nil: they are stored as they are written.
  public let sealing: (any ObjectSealing)?

  public init(_ place: PointPlace, in store: any ObjectStore, sealing: (any ObjectSealing)? = nil) {
    self.place = place; self.store = store; self.sealing = sealing
  }

  /// Begins an object; what is stored is hashed and counted on the way. An encrypted object's name gets a suffix.
  public func upload(_ path: String) async throws(StoreError) -> PointUpload {
    guard let sealing else { return PointUpload(StoredUpload(path: path, upload: try await store.upload(try place.key(path, in: store.name)))) }
    let stored = path + PointEncryption.suffix
    let key = try place.key(stored, in: store.name)
    return PointUpload(SealedUpload(stored, try await store.upload(key), sealing, StoredPlace(store: store.name, key: key)))
  }

  /// A small object in one go.
  public func put(_ path: String, _ bytes: [UInt8]) async throws(StoreError) -> PointObject {
    guard sealing == nil else { return try await putSealed(path, bytes) }
    try await store.put(place.key(path, in: store.name), bytes, ifAbsent: false)
    return PointObject(path: path, size: ByteCount(bytes: Int64(bytes.count)), sha256: .of(bytes))
  }

  private func putSealed(_ path: String, _ bytes: [UInt8]) async throws(StoreError) -> PointObject {
    let upload = try await upload(path)
    do throws(StoreError) {
      try await upload.write(bytes)
      return try await upload.finish()
    } catch {
      await upload.abort()
      throw error
    }
  }

  /// Makes the point: checksums and instructions for people with stock tools, then the manifest, only if there is none yet. Where the store fails
  /// after it may have taken the manifest, it is asked: the point is made if this very manifest is there.
  public func publish(_ manifest: PointManifest, instructions: String) async throws(StoreError) {
    let text = Array(instructions.utf8)
    let sums = manifest.objects.map { checksumLine($0.sha256, $0.path) } + [checksumLine(.of(text), PointPlace.instructions)]
    try await store.put(place.key(PointPlace.checksums, in: store.name), Array(sums.joined().utf8), ifAbsent: false)
    try await store.put(place.key(PointPlace.instructions, in: store.name), text, ifAbsent: false)
    do throws(StoreError) {
      try await store.put(place.key(PointPlace.manifest, in: store.name), encoded(manifest), ifAbsent: true)
    } catch {
      let isThere: Bool
      do throws(StoreError) { isThere = try await isPublished(manifest, in: store) } catch let second {
        guard second.reason != .alreadyExists else { throw second }
        var doubtful = error
        doubtful.detail += "; whether the point is there could not be found out: `sie-dr points list` shows it when the store answers again"
        throw doubtful
      }
      guard isThere else { throw error }
    }
  }

  /// Removes whatever there is of the point, the manifest first: at no moment is there a point that is not whole. What a killed program's
  /// uploads have left goes too, so none of them may still be running. Works in a cancelled task.
  public func discard() async throws(StoreError) {
    let (place, store) = (place, store)
    // A task of its own: stores refuse to work for a cancelled one, and that is when there is most to clear away.
    let outcome: Result<Void, StoreError> = await Task {
      do throws(StoreError) {
        try await store.delete(place.key(PointPlace.manifest, in: store.name))
        try await store.discardUploads(prefix: place.prefix)
        let expired = try place.key(PointPlace.expired, in: store.name)
        let objects = try await store.listAll(prefix: place.prefix).map(\.key)
        for key in objects where key != expired { try await store.delete(key) }
        if objects.contains(expired) { try await store.delete(expired) }
        return .success(())
      } catch {
        return .failure(error)
      }
    }.value
    try outcome.get()
  }

  /// As `sha256sum -c` reads it: in a name, a backslash is written twice and marked by one in front of the line.
  private func checksumLine(_ digest: SHA256Digest, _ path: String) -> String {
    guard path.contains("\\") else { return "\(digest)  \(path)\n" }
    return "\\\(digest)  \(path.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\"))\n"
  }

  private func encoded(_ manifest: PointManifest) throws(StoreError) -> [UInt8] {
    do { return Array(try CanonicalJSON.prettyText(manifest).utf8) } catch {
      throw StoreError(store: store.name, .other, "the manifest cannot be written as JSON: \(error)")
    }
  }
}

/// One object of a point on its way into the store. Used by one task.
public final class PointUpload {
  private enum Way { case plain(StoredUpload), sealed(SealedUpload) }
  private let way: Way

  init(_ upload: StoredUpload) { way = .plain(upload) }
  init(_ upload: SealedUpload) { way = .sealed(upload) }

  public func write(_ chunk: [UInt8]) async throws(StoreError) {
    switch way {
    case .plain(let upload): try await upload.write(chunk)
    case .sealed(let upload): try await upload.write(chunk)
    }
  }

  /// The object as it is stored, by the name that it has there.
  public func finish() async throws(StoreError) -> PointObject {
    switch way {
    case .plain(let upload): try await upload.finish()
    case .sealed(let upload): try await upload.finish()
    }
  }

  public func abort() async {
    switch way {
    case .plain(let upload): await upload.abort()
    case .sealed(let upload): await upload.abort()
    }
  }
}
