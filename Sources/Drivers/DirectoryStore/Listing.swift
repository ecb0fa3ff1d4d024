internal import Glibc
internal import ObjectStore
internal import Units

/// One page of a listing: walks the folders in key order, entering only those that can hold what is asked for.
struct Listing {
  private let prefix: String
  private let after: String?
  private let limit: Int
  private var found: [ObjectInfo] = []

  static func page(in root: borrowing Folder, prefix: String, after: ObjectKey?, limit: Int) throws(FileFailure) -> ObjectPage {
    let limit = max(1, min(limit, 100_000))
    // One more than asked for tells whether there is a next page.
    var listing = Listing(prefix: prefix, after: after?.path, limit: limit + 1)
    try listing.visit(root, path: "")
    let objects = Array(listing.found.prefix(limit))
    return ObjectPage(objects: objects, next: listing.found.count > limit ? objects.last?.key : nil)
  }

  private init(prefix: String, after: String?, limit: Int) {
    self.prefix = prefix
    self.after = after
    self.limit = limit
  }

  /// `path` is empty or ends in `/`.
  private mutating func visit(_ folder: borrowing Folder, path: String) throws(FileFailure) {
    for entry in try folder.entries() {
      guard found.count < limit else { return }
      if path.isEmpty, entry.name == PendingFile.folder { continue }
      if entry.isFolder { try visit(subfolder: entry.name, of: folder, path: path + entry.name + "/") } else { add(entry.name, in: folder, path) }
    }
  }

  private mutating func visit(subfolder name: String, of folder: borrowing Folder, path: String) throws(FileFailure) {
    guard path.utf8.starts(with: prefix.utf8) || prefix.utf8.starts(with: path.utf8) else { return }
    if let after, !after.utf8.starts(with: path.utf8), path.utf8.lexicographicallyPrecedes(after.utf8) { return }
    guard path.utf8.count <= 900 else { return }
    let subfolder: Folder
    do throws(FileFailure) {
      subfolder = try folder.subfolder(name)
    } catch {
      switch error {
      case .system(ENOENT), .symbolicLink, .notFolder: return  // Removed or replaced since its name was read.
      default: throw error
      }
    }
    try visit(subfolder, path: path)
  }

  private mutating func add(_ name: String, in folder: borrowing Folder, _ path: String) {
    guard let key = ObjectKey(path + name), key.hasPrefix(prefix) else { return }
    if let after, !after.utf8.lexicographicallyPrecedes(key.path.utf8) { return }
    guard let status = folder.status(of: name), status.kind == .file else { return }
    found.append(ObjectInfo(key: key, status))
  }
}

extension ObjectInfo {
  init(key: ObjectKey, _ status: Folder.Status) {
    self.init(key: key, size: ByteCount(bytes: status.size), modified: Timestamp(milliseconds: status.modifiedMilliseconds))
  }
}
