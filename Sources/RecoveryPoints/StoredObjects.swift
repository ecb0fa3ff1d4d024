internal import Hashing
internal import ObjectStore
internal import Units

/// An object as it is stored, on its way in: hashed and counted. Used by one task.
final class StoredUpload {
  private let path: String
  private let upload: any ObjectUpload
  private let hasher = SHA256Hasher()
  private var size = ByteCount.zero

  init(path: String, upload: any ObjectUpload) { self.path = path; self.upload = upload }

  func write(_ chunk: [UInt8]) async throws(StoreError) {
    hasher.update(chunk)
    size += ByteCount(bytes: Int64(chunk.count))
    try await upload.write(chunk)
  }

  func finish() async throws(StoreError) -> PointObject {
    try await upload.finish()
    return PointObject(path: path, size: size, sha256: hasher.finalize())
  }

  func abort() async { await upload.abort() }
}

/// An object as it is stored, on its way out. The end comes only if size and SHA-256 are those of the manifest. Used by one task.
final class StoredDownload {
  private let object: PointObject
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
  func next() async throws(StoreError) -> [UInt8]? {
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

  func close() async { await download.close() }

  private func damaged(_ how: String) -> StoreError {
    StoreError(store: store, .damaged, key: key, "the object \(how): restore from another store or an older point")
  }
}
