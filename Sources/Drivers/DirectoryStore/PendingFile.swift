internal import CLinuxFiles
internal import Concurrency
internal import Glibc
internal import ObjectStore

/// A file that is being written in the store's own folder of unfinished uploads, on the same file system as its later place.
///
/// It owns what it needs: a write that its caller no longer waits for can end in peace. Without `publish` it leaves nothing.
final class PendingFile: Sendable {
  /// In the root; its contents are no objects.
  static let folder = ".sie-dr-tmp"

  private enum Phase { case writing, published, aborted }

  private let root: Int32
  private let file: Int32
  private let name: String
  private let key: ObjectKey
  // Held while the file gets its name: a caller that gave up on `publish` and aborts gets either the whole object or none.
  private let phase = Lock(Phase.writing)

  /// `root` is duplicated.
  init(for key: ObjectKey, in root: borrowing Folder) throws(FileFailure) {
    guard key.path != Self.folder, !key.hasPrefix(Self.folder + "/") else { throw .reservedName }
    if key.path.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.count > 255 }) { throw .system(code: ENAMETOOLONG) }
    if mkdirat(root.descriptor, Self.folder, 0o700) != 0, errno != EEXIST { throw .last }
    let unique = String(UInt64.random(in: .min ... .max), radix: 16)
    name = "\(Self.folder)/\(getpid())-\(unique)-\(Self.flattened(key.path))"
    self.key = key
    let duplicate = openat(root.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard duplicate >= 0 else { throw .last }
    file = openat(duplicate, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      let code = errno
      close(duplicate)
      throw .system(code: code)
    }
    self.root = duplicate
  }

  deinit {
    abort()
    close(file)
    close(root)
  }

  func write(_ bytes: [UInt8]) throws(FileFailure) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + written }, $0.count - written) }
      if count >= 0 { written += count } else if errno != EINTR { throw .last }
    }
  }

  /// Makes the contents durable, then gives them their name, durably.
  func publish(ifAbsent: Bool) throws(FileFailure) {
    guard fsync(file) == 0 else { throw .last }
    try phase.withLock { phase throws(FileFailure) in
      guard phase == .writing else { throw .discarded }
      try place(ifAbsent: ifAbsent)
      phase = .published
    }
  }

  /// Removes the file if it has not been published.
  func abort() {
    phase.withLock { phase in
      guard phase == .writing else { return }
      phase = .aborted
      unlinkat(root, name, 0)
      // While somebody still holds the upload the file stays open; its space is given back now.
      _ = ftruncate(file, 0)
    }
  }

  private func place(ifAbsent: Bool) throws(FileFailure) {
    let parts = key.path.split(separator: "/")
    guard let last = parts.last.map(String.init) else { throw .system(code: EINVAL) }
    // Whoever deletes the last object of a folder removes the folder too, perhaps just before the new name is made in it.
    for _ in 0..<1_000 {
      do throws(FileFailure) {
        let parent = try Folder.root(descriptor: root).makingFolder(at: parts.dropLast())
        try rename(to: last, in: parent, ifAbsent: ifAbsent)
        return try parent.synchronize()
      } catch {
        guard case .system(ENOENT) = error else { throw error }
        guard faccessat(root, name, F_OK, 0) == 0 else { throw .discarded }
      }
    }
    throw .system(code: EBUSY)
  }

  private func rename(to last: String, in parent: borrowing Folder, ifAbsent: Bool) throws(FileFailure) {
    let result = ifAbsent ? renameIfAbsent(to: last, in: parent) : renameat(root, name, parent.descriptor, last)
    guard result != 0 else { return }
    switch errno {
    case EEXIST: throw parent.status(of: last)?.kind == .folder ? .nameTaken : .alreadyThere
    case EISDIR, ENOTDIR: throw .nameTaken
    default: throw .last
    }
  }

  /// In one step where the file system can; a network file system may not know how, and there a program killed in between leaves the file
  /// its second name.
  private func renameIfAbsent(to last: String, in parent: borrowing Folder) -> Int32 {
    if dr_rename_if_absent(root, name, parent.descriptor, last) == 0 { return 0 }
    guard errno == EINVAL || errno == ENOSYS || errno == ENOTSUP, linkat(root, name, parent.descriptor, last, 0) == 0 else { return -1 }
    unlinkat(root, name, 0)
    return 0
  }

  /// Removes the unfinished files under a prefix, whoever wrote them.
  static func discard(prefix: String, in root: borrowing Folder) throws(FileFailure) {
    let left = try all(prefix: prefix, in: root)
    guard !left.isEmpty else { return }
    let pending = try root.subfolder(folder)
    for (name, _) in left where unlinkat(pending.descriptor, name, 0) != 0 && errno != ENOENT { throw .last }
  }

  /// The unfinished files under a prefix, each with its key as far as its name tells it.
  static func all(prefix: String, in root: borrowing Folder) throws(FileFailure) -> [(name: String, key: ObjectKey?)] {
    let pending: Folder
    do throws(FileFailure) {
      pending = try root.subfolder(folder)
    } catch {
      if case .system(ENOENT) = error { return [] } else { throw error }
    }
    let wanted = flattened(prefix)
    var found: [(name: String, key: ObjectKey?)] = []
    for entry in try pending.entries() where !entry.isFolder {
      let parts = entry.name.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[2].utf8.starts(with: wanted.utf8) else { continue }
      found.append((entry.name, ObjectKey(String(parts[2].replacing("%2F", with: "/").replacing("%25", with: "%")))))
    }
    return found
  }

  /// A key or prefix in one file name, cut to the 200 bytes that leave room for what makes it unique.
  private static func flattened(_ path: String) -> String {
    var text = ""
    for scalar in path.unicodeScalars {
      let next = switch scalar {
      case "/": "%2F"
      case "%": "%25"
      default: String(scalar)
      }
      guard text.utf8.count + next.utf8.count <= 200 else { break }
      text += next
    }
    return text
  }
}
