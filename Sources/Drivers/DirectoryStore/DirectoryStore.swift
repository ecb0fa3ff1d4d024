internal import Concurrency
internal import Glibc
public import ObjectStore
public import Units

/// A store whose objects are the files below a folder, under their keys as they are: `cp`, `sha256sum` and `rsync` work on it.
///
/// The root is never made by reading or writing: a mount that is not there must not become a folder on the system's own disk
/// (`create` makes one on purpose). Keys follow these rules: a part has at most 255 bytes, `a` cannot lie beside `a/b`, nothing lies
/// below `.sie-dr-tmp`; each is refused with words. Symbolic links inside the root are not followed, and not listed. Files are
/// readable for their owner alone. Calls run on a few threads of the store's own, and return at once when their task is cancelled.
public struct DirectoryStore: ObjectStore {
  private let place: Place
  private let pool: BlockingPool

  public var name: String { place.store }

  /// `root`: an absolute path, or one that counts from the current folder. Nothing is touched yet.
  public init(name: String, root: String) {
    place = Place(store: name, root: root)
    pool = BlockingPool(threads: 4)
  }

  /// Makes the root folder if it is missing and its parent is there. For the changing half of the program, once, before a run.
  public func create() async throws(StoreError) {
    let place = place
    try await perform(nil) { () throws(StoreError) in
      if mkdir(place.root, 0o700) != 0 {
        if errno == EEXIST { return }
        guard errno != ENOENT else {
          let detail = "the folder that is to hold \(place.root) is not there; if it is a mount, mount it; else create it"
          throw StoreError(store: place.store, .unreachable, detail)
        }
        throw place.error(.last, while: "creating the store's folder", nil)
      }
      do throws(FileFailure) {
        try Folder.root(place.root + "/..").synchronize()
      } catch {
        throw place.error(error, while: "creating the store's folder", nil)
      }
    }
  }

  public func list(prefix: String, after: ObjectKey?, limit: Int) async throws(StoreError) -> ObjectPage {
    try await inRoot("listing", nil) { (root) throws(FileFailure) in try Listing.page(in: root, prefix: prefix, after: after, limit: limit) }
  }

  public func info(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
    try await inRoot("looking for it", key) { (root) throws(FileFailure) in
      let (folders, last) = try Self.split(key)
      let parent = try root.objectFolder(at: folders)
      guard let status = parent.status(of: last) else { throw .last }
      switch status.kind {
      case .file: return ObjectInfo(key: key, status)
      case .link: throw .symbolicLink
      case .folder, .other: throw .system(code: ENOENT)
      }
    }
  }

  public func open(_ key: ObjectKey) async throws(StoreError) -> any ObjectDownload {
    let file = try await inRoot("opening it", key) { (root) throws(FileFailure) in
      let (folders, last) = try Self.split(key)
      return try ReadableFile(last, in: try root.objectFolder(at: folders))
    }
    return DirectoryDownload(place: place, key: key, file: file, pool: pool)
  }

  public func put(_ key: ObjectKey, _ bytes: [UInt8], ifAbsent: Bool) async throws(StoreError) {
    try await inRoot("writing it", key) { (root) throws(FileFailure) in
      let file = try PendingFile(for: key, in: root)
      defer { file.abort() }
      try file.write(bytes)
      try file.publish(ifAbsent: ifAbsent)
    }
  }

  public func upload(_ key: ObjectKey) async throws(StoreError) -> any ObjectUpload {
    let file = try await inRoot("beginning to write it", key) { (root) throws(FileFailure) in try PendingFile(for: key, in: root) }
    return DirectoryUpload(place: place, key: key, file: file, pool: pool)
  }

  public func delete(_ key: ObjectKey) async throws(StoreError) {
    try await inRoot("deleting it", key) { (root) throws(FileFailure) in
      guard !key.hasPrefix(PendingFile.folder + "/") else { return }
      var parts = key.path.split(separator: "/")
      var flags: Int32 = 0
      // First the file, then each folder that is empty now.
      while let last = parts.popLast() {
        do throws(FileFailure) {
          let parent = try root.folder(at: parts)
          guard unlinkat(parent.descriptor, String(last), flags) == 0 else { throw .last }
          try parent.synchronize()
        } catch {
          switch error {
          case .system(ENOENT), .system(ENOTDIR), .notFolder: return
          case .system(EISDIR) where flags == 0: return
          case .system(let code) where flags != 0 && [ENOTEMPTY, EEXIST, EBUSY, EACCES, EPERM].contains(code): return
          default: throw error
          }
        }
        flags = AT_REMOVEDIR
      }
    }
  }

  public func discardUploads(prefix: String) async throws(StoreError) {
    try await inRoot("discarding unfinished uploads", nil) { (root) throws(FileFailure) in try PendingFile.discard(prefix: prefix, in: root) }
  }

  public func openUploads(prefix: String) async throws(StoreError) -> [ObjectKey] {
    try await inRoot("looking for unfinished uploads", nil) { (root) throws(FileFailure) in
      Set(try PendingFile.all(prefix: prefix, in: root).compactMap(\.key)).sorted()
    }
  }

  /// What this user may still write on the file system of the store's folder.
  public func freeSpace() async throws(StoreError) -> ByteCount {
    try await inRoot("asking for free space", nil) { (root) throws(FileFailure) in
      var room = statvfs()
      guard fstatvfs(root.descriptor, &room) == 0 else { throw .last }
      return ByteCount(bytes: Int64(clamping: UInt64(room.f_bavail) * UInt64(room.f_frsize)))
    }
  }

  /// The folders that lead to an object, and its name in the last of them.
  private static func split(_ key: ObjectKey) throws(FileFailure) -> (folders: ArraySlice<Substring>, last: String) {
    let parts = key.path.split(separator: "/")
    guard parts.first != Substring(PendingFile.folder), let last = parts.last else { throw .system(code: ENOENT) }
    return (parts.dropLast(), String(last))
  }

  private func inRoot<Value: Sendable>(
    _ doing: String, _ key: ObjectKey?, _ work: @escaping @Sendable (borrowing Folder) throws(FileFailure) -> Value
  ) async throws(StoreError) -> Value {
    let place = place
    return try await perform(key) { () throws(StoreError) in
      do throws(FileFailure) {
        let root = try Folder.root(place.root)
        return try work(root)
      } catch {
        throw place.error(error, while: doing, key)
      }
    }
  }

  private func perform<Value: Sendable>(
    _ key: ObjectKey?, _ work: @escaping @Sendable () throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    try await pool.run(abandonedAs: place.cancelled(key), work)
  }
}
