internal import Glibc
internal import ObjectStore

/// What went wrong with a file, before it has words.
enum FileFailure: Error {
  case system(code: Int32)
  /// The store's root cannot be opened.
  case root(code: Int32)
  case symbolicLink
  /// The key names a folder here, or leads through an object.
  case nameTaken
  case alreadyThere
  case reservedName
  case discarded
  case notFolder

  static var last: FileFailure { .system(code: errno) }
}

/// Which store, and where: what every message has to say.
struct Place: Sendable {
  var store: String
  var root: String

  func cancelled(_ key: ObjectKey?) -> StoreError { StoreError(store: store, .cancelled, key: key, "cancelled") }

  /// A failure in words. `doing` goes on from "while".
  func error(_ failure: FileFailure, while doing: String, _ key: ObjectKey?) -> StoreError {
    let (reason, detail) = words(failure, doing)
    return StoreError(store: store, reason, key: key, detail)
  }

  private func words(_ failure: FileFailure, _ doing: String) -> (StoreError.Reason, String) {
    switch failure {
    case .system(let code): systemWords(code, doing)
    case .root(ENOENT):
      (.unreachable, "the store's folder \(root) is not there; if it is a mount, mount it; if it is new, create it with 'mkdir \(root)'")
    case .root(ENOTDIR), .notFolder: (.unreachable, "\(root) is not a folder; correct the store's path in the plan")
    case .root(let code): systemWords(code, doing)
    case .symbolicLink:
      (.denied, "the name leads through a symbolic link inside \(root), which is not followed; replace the link by what it points to")
    case .nameTaken:
      (.other, "in a folder one name cannot be an object and hold other objects too; move what has the name away from \(root)")
    case .alreadyThere: (.alreadyExists, "there is an object of that name")
    case .reservedName: (.other, "names below '\(PendingFile.folder)' are kept for unfinished uploads; choose another name")
    case .discarded: (.notFound, "its upload was discarded meanwhile")
    }
  }

  private func systemWords(_ code: Int32, _ doing: String) -> (StoreError.Reason, String) {
    switch code {
    case ENOSPC: (.noSpace, "no space is left on the file system of \(root) while \(doing); free some and run again ('df -h \(root)' shows it)")
    case EDQUOT: (.noSpace, "this user's disk quota is used up on the file system of \(root) while \(doing); free some or have it raised")
    case EFBIG: (.noSpace, "the file system of \(root), or 'ulimit -f', does not allow files this large while \(doing)")
    case EACCES, EPERM: (.denied, "this user has not the right while \(doing); see owner and mode with 'ls -ld \(root)'")
    case EROFS: (.denied, "the file system of \(root) is mounted read-only, found while \(doing); remount it for writing")
    case EIO: (.damaged, "the device below \(root) reports an input/output error while \(doing); see 'dmesg', and use another store meanwhile")
    case ENOENT: (.notFound, "there is no such object")
    case ENODEV, ENXIO, ENOTCONN, ESTALE, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, ECONNABORTED, ECONNRESET, EREMOTEIO:
      (.unreachable, "the file system of \(root) has gone away while \(doing); mount it again, or use another store")
    case ENAMETOOLONG: (.other, "a part of the name is longer than the 255 bytes that file systems allow")
    case EMFILE, ENFILE: (.other, "too many files are open while \(doing); raise the limit ('ulimit -n')")
    default: (.other, "failed while \(doing) in \(root): \(String(cString: strerror(code)))")
    }
  }
}
