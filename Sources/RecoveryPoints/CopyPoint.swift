internal import Hashing
public import ObjectStore
public import Units

/// Brings a point into a second store: each object, copied by the store itself where it can and sent else, is proved against the manifest, which goes
/// last. A point that is there already stays as it is, and its objects with it; what an interrupted copy has left is overwritten. What people
/// have said of the point comes along.
@discardableResult
public func copyPoint(
  _ manifest: PointManifest, from source: any ObjectReading, to target: any ObjectStore, progress: (ByteCount) -> Void = { _ in }
) async throws(StoreError) -> CopyWays {
  if try await isPublished(manifest, in: target) { return CopyWays() }
  // What is there of it may not be removed any more: it is about to be a point again.
  try await target.delete(manifest.place.key(PointPlace.expired, in: target.name))
  let reader = PointReader(manifest, in: source)
  let writer = PointWriter(manifest.place, in: target)
  var ways = CopyWays()
  var done = ByteCount.zero
  for object in manifest.objects {
    if let way = try await copyByStore(object, reader, PointReader(manifest, in: target), target) {
      ways[keyPath: way] += 1
    } else {
      try await copy(object, reader, writer)
      ways.sent += 1
    }
    done += object.size
    progress(done)
  }
  // Before the manifest: at no moment is a point there that lacks its hold.
  for kind in PointNote.Kind.allCases {
    if let note = try await PointNote.read(kind, of: manifest.place, in: source) { _ = try await note.put(kind, beside: manifest.place, in: target) }
  }
  let instructions = try await source.read(manifest.place.key(PointPlace.instructions, in: source.name))
  try await writer.publish(manifest, instructions: String(decoding: instructions, as: UTF8.self))
  return ways
}

/// How the objects of a copy came to the second store, and what proved them.
public struct CopyWays: Hashable, Sendable, CustomStringConvertible {
  /// Copied by the store itself, and proved by the checksum that it made on the way.
  public var byChecksum = 0
  /// Copied by the store itself, and read once.
  public var byReading = 0
  /// Sent by this program, and proved on the way.
  public var sent = 0
  public init() {}

  public static func += (a: inout Self, b: Self) { a.byChecksum += b.byChecksum; a.byReading += b.byReading; a.sent += b.sent }

  public var description: String {
    let counts = [
      (byChecksum, "by the store itself, proved by its checksum"), (byReading, "by the store itself, each read once to prove it"), (sent, "sent by this host"),
    ]
    return counts.filter { $0.0 > 0 }.map { "\($0.0) object\($0.0 == 1 ? "" : "s") \($0.1)" }.joined(separator: ", ")
  }
}

/// Has the target copy an object by itself, and proves it; nil where it cannot, or where the copy is not what the manifest says: then the
/// bytes are sent, which tells whether the source is damaged.
private func copyByStore(
  _ object: PointObject, _ source: PointReader, _ copied: PointReader, _ target: any ObjectStore
) async throws(StoreError) -> WritableKeyPath<CopyWays, Int>? {
  let place = source.manifest.place
  let (from, to) = (try place.key(object.path, in: source.store.name), try place.key(object.path, in: target.name))
  guard let copy = try await target.copy(to, from: source.store, from), copy.size == object.size else { return nil }
  if let sha256 = copy.sha256 { return sha256 == object.sha256.bytes.base64 ? \.byChecksum : nil }
  do throws(StoreError) {
    let download = try await copied.open(object)
    do throws(StoreError) { while try await download.next() != nil {} } catch {
      await download.close()
      throw error
    }
    await download.close()
    return \.byReading
  } catch {
    guard error.reason == .damaged else { throw error }
    return nil
  }
}

/// Whether the store holds this very point. Something else under its name is an error: nothing of it may be overwritten.
func isPublished(_ manifest: PointManifest, in store: any ObjectReading) async throws(StoreError) -> Bool {
  let key = try manifest.place.key(PointPlace.manifest, in: store.name)
  let bytes: [UInt8]
  do throws(StoreError) { bytes = try await store.read(key) } catch {
    guard error.reason == .notFound else { throw error }
    return false
  }
  switch PointManifest.read(bytes) {
  case .success(manifest): return true
  case .success: throw StoreError(store: store.name, .alreadyExists, key: key, "another point has this name there; it was left alone")
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
