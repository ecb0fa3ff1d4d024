internal import Glibc

/// What the operating system refused, in its words and with what it was asked for.
public struct SystemFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// In plain words: "write the journal".
  public var what: String
  public var path: String
  public var code: Int32

  public init(_ what: String, _ path: String, code: Int32) {
    self.what = what
    self.path = path
    self.code = code
  }

  public var reason: String { String(cString: strerror(code)) }
  public var description: String { "cannot \(what) \(path): \(reason)" }
}

/// Calls once more whenever a signal came in between.
func systemCall(_ what: String, _ path: String, _ body: () -> Int) throws(SystemFailure) -> Int {
  while true {
    let result = body()
    if result >= 0 { return result }
    if errno != EINTR { throw SystemFailure(what, path, code: errno) }
  }
}

/// An open file that is closed with its last reference.
final class Descriptor: Sendable {
  let number: Int32
  let path: String

  init(opening path: String, _ flags: Int32, mode: mode_t = 0o600, to what: String) throws(SystemFailure) {
    number = Int32(try systemCall(what, path) { Int(open(path, flags | O_CLOEXEC, mode)) })
    self.path = path
  }
  deinit { close(number) }

  func sync() throws(SystemFailure) { _ = try systemCall("make durable", path) { Int(fsync(number)) } }

  /// - Parameter most: what is larger is refused.
  func readAll(atMost most: Int = .max) throws(SystemFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = try systemCall("read", path) { pread(number, &chunk, chunk.count, off_t(bytes.count)) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      if bytes.count > most { throw SystemFailure("read", path, code: EFBIG) }
    }
  }

  func write(_ bytes: [UInt8]) throws(SystemFailure) {
    var written = 0
    while written < bytes.count {
      written += try systemCall("write", path) {
        bytes.withUnsafeBytes { buffer in Glibc.write(number, buffer.baseAddress?.advanced(by: written), buffer.count - written) }
      }
    }
  }

  func truncate(to size: Int) throws(SystemFailure) { _ = try systemCall("shorten", path) { Int(ftruncate(number, off_t(size))) } }

  /// False where somebody else holds it.
  func lock() throws(SystemFailure) -> Bool {
    do { _ = try systemCall("lock", path) { Int(flock(number, LOCK_EX | LOCK_NB)) } } catch {
      if error.code == EWOULDBLOCK { return false }
      throw error
    }
    return true
  }

  func unlock() { flock(number, LOCK_UN) }
}

enum Folder {
  /// Makes the folder and those above it, readable by this user only; the new names are durable when it returns.
  static func make(_ path: String) throws(SystemFailure) {
    if mkdir(path, 0o700) == 0 { return try sync(parent(of: path)) }
    if errno == EEXIST { return }
    guard errno == ENOENT, parent(of: path) != path else { throw SystemFailure("create the folder", path, code: errno) }
    try make(parent(of: path))
    try make(path)
  }

  static func sync(_ path: String) throws(SystemFailure) {
    try Descriptor(opening: path, O_RDONLY | O_DIRECTORY, to: "open the folder").sync()
  }

  static func names(in path: String) throws(SystemFailure) -> [String] {
    guard let folder = opendir(path) else { throw SystemFailure("list the folder", path, code: errno) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
