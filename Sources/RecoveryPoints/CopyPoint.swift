internal import Hashing
public import ObjectStore
public import Units

/// Brings a point into a second store: each object is proved against the manifest on the way, the manifest goes last. A point that is
/// there already stays as it is, and its objects with it; what an interrupted copy has left is overwritten. What people have said of the point comes along.
public func copyPoint(
  _ manifest: PointManifest, from source: any ObjectReading, to target: any ObjectStore, progress: (ByteCount) -> Void = { _ in }
) async throws(StoreError) {
  if try await isPublished(manifest, in: target) { return }
  // What is there of it may not be removed any more: it is about to be a point again.
  try await target.delete(manifest.place.key(PointPlace.expired, in: target.name))
  let reader = PointReader(manifest, in: source)
  let writer = PointWriter(manifest.place, in: target)
  var done = ByteCount.zero
  for object in manifest.objects {
    try await copy(object, reader, writer)
    done += object.size
    progress(done)
  }
  // Before the manifest: at no moment is a point there that lacks its hold.
  for kind in PointNote.Kind.allCases {
    if let note = try await PointNote.read(kind, of: manifest.place, in: source) { _ = try await note.put(kind, beside: manifest.place, in: target) }
  }
  let instructions = try await source.read(manifest.place.key(PointPlace.instructions, in: source.name))
  do throws(StoreError) {
    try await writer.publish(manifest, instructions: String(decoding: instructions, as: UTF8.self))
  } catch {
    // The reply was lost, or another copy of this very point was quicker.
    guard try await isPublished(manifest, in: target) else { throw error }
  }
}

/// Whether the store holds this very point. Something else under its name is an error: nothing of it may be overwritten.
private func isPublished(_ manifest: PointManifest, in store: any ObjectReading) async throws(StoreError) -> Bool {
  let key = try manifest.place.key(PointPlace.manifest, in: store.name)
  let bytes: [UInt8]
  do throws(StoreError) { bytes = try await store.read(key) } catch {
    guard error.reason == .notFound else { throw error }
    return false
  }
  switch PointManifest.read(bytes) {
  case .success(manifest): return true
  case .success: throw StoreError(store: store.name, .alreadyExists, key: key, "another point has this name there; the copy left it alone")
  case .failure(let problem): throw StoreError(store: store.name, .damaged, key: key, "\(problem); remove that point there, then copy again")
  }
}

private func copy(_ object: PointObject, _ reader: PointReader, _ writer: PointWriter) async throws(StoreError) {
  let download = try await reader.open(object)
  let upload: PointUpload
  do throws(StoreError) { upload = try await writer.upload(object.path) } catch {
    await download.close()
    throw error
  }
  do throws(StoreError) {
    while let chunk = try await download.next() { try await upload.write(chunk) }
    let copied = try await upload.finish()
    guard copied == object else { throw StoreError(store: writer.store.name, .damaged, "the copy of '\(object.path)' differs from its original") }
  } catch {
    await upload.abort()
    await download.close()
    throw error
  }
  await download.close()
}
