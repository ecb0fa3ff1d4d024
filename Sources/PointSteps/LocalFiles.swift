internal import Concurrency
internal import Glibc
public import ProviderInterface

/// A folder of this user alone, for the time of `body`.
public func withWorkFolder<Value: Sendable>(
  in parent: String, _ body: (_ folder: String) async throws(StepFailure) -> Value
) async throws(StepFailure) -> Value {
  var template = Array("\(parent)/sie-dr-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else {
    throw StepFailure("no-work-folder", "no folder can be made in \(parent): \(String(cString: strerror(errno)))", helps: ["set TMPDIR to a place that this user may write to"])
  }
  let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  do throws(StepFailure) {
    let value = try await body(folder)
    await Folders.removed(folder)
    return value
  } catch {
    await Folders.removed(folder)
    throw error
  }
}

/// Files and folders of this host that a step works with.
public enum Folders {
  public static func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0
  }

  /// As `remove`, on a thread that may block.
  public static func removed(_ path: String) async { await BlockingPool(threads: 1).run { remove(path) } }

  /// With all that is in it; links are removed, not followed.
  public static func remove(_ path: String) {
    var info = stat()
    guard lstat(path, &info) == 0 else { return }
    guard info.st_mode & S_IFMT == S_IFDIR else { unlink(path); return }
    chmod(path, 0o700)
    for name in names(in: path) { remove("\(path)/\(name)") }
    rmdir(path)
  }

  public static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// A file or folder gets another name on the same file system; whatever has that name already goes only if it is a file.
  public static func move(_ path: String, to new: String) -> Bool { rename(path, new) == 0 }

  /// Why the last call on this thread failed, for people.
  public static var lastProblem: String { String(cString: strerror(errno)) }

  public static func read(_ path: String, limit: Int = 1 << 20) -> [UInt8]? {
    guard let reader = FileReader(path) else { return nil }
    var bytes: [UInt8] = []
    while let chunk = try? reader.next() {
      bytes += chunk
      guard bytes.count <= limit else { return nil }
    }
    return bytes
  }

  public static func write(_ path: String, _ bytes: [UInt8]) -> Bool {
    let file = open(path, O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { return false }
    defer { close(file) }
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { return false }
      done += max(0, count)
    }
    return fsync(file) == 0
  }
}

/// A new file of one user alone, a piece at a time.
public final class FileWriter: Sendable {
  private let descriptor: Int32

  /// Nil where there is such a file already, or none can be made. It is given to the owner of `folder`, or of what that stands in, where this user may do so.
  public init?(_ path: String, ownerOf folder: String) {
    descriptor = open(path, O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    var info = stat()
    let around = folder.split(separator: "/").dropLast().map { "/\($0)" }.joined()
    if stat(folder, &info) == 0 || stat(around.isEmpty ? "/" : around, &info) == 0, info.st_uid != geteuid() { _ = fchown(descriptor, info.st_uid, info.st_gid) }
  }
  deinit { if descriptor >= 0 { close(descriptor) } }

  public func write(_ bytes: [UInt8]) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { return false }
      done += max(0, count)
    }
    return true
  }

  /// Whether all of it is on the disk.
  public func finish() -> Bool { fsync(descriptor) == 0 }
}

/// A file from its beginning, a piece at a time.
public final class FileReader: Sendable {
  public struct Failed: Error, CustomStringConvertible {
    public let description: String
    public init(description: String) { self.description = description }
  }
  private let descriptor: Int32

  public init?(_ path: String) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
  }
  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Nil at the end.
  public func next() throws(Failed) -> [UInt8]? {
    while true {
      var count = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, used in
        count = read(descriptor, buffer.baseAddress, buffer.count)
        used = max(0, count)
      }
      if count > 0 { return bytes }
      if count == 0 { return nil }
      guard errno == EINTR else { throw Failed(description: String(cString: strerror(errno))) }
    }
  }
}
