internal import Glibc
internal import ObjectStore

/// An open folder. Names are looked up in it one by one, never through a symbolic link, so that nothing leads out of the root.
struct Folder: ~Copyable {
  let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// The root of a store, which may itself be a link to a folder. Never created here.
  static func root(_ path: String) throws(FileFailure) -> Folder {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .root(code: errno) }
    return Folder(descriptor: descriptor)
  }

  /// A second descriptor of an open root.
  static func root(descriptor: Int32) throws(FileFailure) -> Folder {
    let duplicate = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard duplicate >= 0 else { throw .last }
    return Folder(descriptor: duplicate)
  }

  func subfolder(_ name: String) throws(FileFailure) -> Folder {
    let found = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    if found >= 0 { return Folder(descriptor: found) }
    let code = errno
    guard code == ENOTDIR || code == ELOOP else { throw .system(code: code) }
    throw status(of: name)?.kind == .link ? .symbolicLink : .notFolder
  }

  /// The folder `names` below this one.
  func folder(at names: some Collection<Substring>) throws(FileFailure) -> Folder {
    var folder = try Self.root(descriptor: descriptor)
    for name in names { folder = try folder.subfolder(String(name)) }
    return folder
  }

  /// The same for reading: where an object lies in the way there is no such folder.
  func objectFolder(at names: some Collection<Substring>) throws(FileFailure) -> Folder {
    do throws(FileFailure) {
      return try folder(at: names)
    } catch {
      if case .notFolder = error { throw .system(code: ENOENT) } else { throw error }
    }
  }

  /// The same, making what is missing; each new name survives a power cut when this returns.
  func makingFolder(at names: some Collection<Substring>) throws(FileFailure) -> Folder {
    var folder = try Self.root(descriptor: descriptor)
    for name in names.map(String.init) {
      if mkdirat(folder.descriptor, name, 0o700) == 0 { try folder.synchronize() } else if errno != EEXIST { throw .last }
      do throws(FileFailure) {
        folder = try folder.subfolder(name)
      } catch {
        if case .notFolder = error { throw .nameTaken } else { throw error }
      }
    }
    return folder
  }

  /// Makes the names in this folder survive a power cut.
  func synchronize() throws(FileFailure) {
    guard fsync(descriptor) == 0 else { throw .last }
  }

  struct Status {
    enum Kind { case file, folder, link, other }
    var kind: Kind
    var size: Int64
    var modifiedMilliseconds: Int64
  }

  /// What is called `name`, without following it; nil if nothing is, or it cannot be told.
  func status(of name: String) -> Status? {
    var found = stat()
    guard fstatat(descriptor, name, &found, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    let kind: Status.Kind = switch found.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    case S_IFLNK: .link
    default: .other
    }
    let modified = Int64(found.st_mtim.tv_sec) * 1_000 + Int64(found.st_mtim.tv_nsec) / 1_000_000
    return Status(kind: kind, size: Int64(found.st_size), modifiedMilliseconds: modified)
  }

  struct Entry {
    var name: String
    var isFolder: Bool
    /// With the `/` that follows a folder's name in a key, which is what decides its place.
    var sortKey: String { isFolder ? name + "/" : name }
  }

  /// Files and folders in the order of the keys they stand for. Links, devices and names that no key can have are left out.
  func entries() throws(FileFailure) -> [Entry] {
    // A descriptor of its own: a stream moves its descriptor's position, and closes it.
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { throw .last }
    guard let stream = fdopendir(copy) else {
      let code = errno
      close(copy)
      throw .system(code: code)
    }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw .last }
        break
      }
      guard let name = Self.name(of: entry), let kind = kind(entry, name) else { continue }
      entries.append(Entry(name: name, isFolder: kind == .folder))
    }
    return entries.sorted { $0.sortKey.utf8.lexicographicallyPrecedes($1.sortKey.utf8) }
  }

  private func kind(_ entry: UnsafeMutablePointer<dirent>, _ name: String) -> Status.Kind? {
    let kind: Status.Kind? = switch Int(entry.pointee.d_type) {
    case Int(DT_REG): .file
    case Int(DT_DIR): .folder
    case Int(DT_UNKNOWN): status(of: name)?.kind
    default: nil
    }
    return kind == .file || kind == .folder ? kind : nil
  }

  /// Nil for `.`, `..` and what no part of a key can be.
  private static func name(of entry: UnsafeMutablePointer<dirent>) -> String? {
    guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return nil }
    let bytes = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
    guard let name = String(validatingCString: bytes), ObjectKey(name) != nil else { return nil }
    return name
  }
}
