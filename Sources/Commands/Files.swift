internal import Diagnostics
internal import Glibc

/// Plain files: plans, changesets.
enum Files {
  static let largest = 64 << 20

  static func read(_ path: String) throws(CommandFailure) -> [UInt8] {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw cannot("read", path, errno) }
    defer { if path != "-" { close(descriptor) } }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw cannot("read", path, errno) }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= largest else {
        throw CommandFailure("file-too-large", "\(path) is larger than \(largest >> 20) MiB", helps: ["is this the right file?"])
      }
    }
  }

  /// Written beside the path and renamed over it, so that a reader sees the old file or the new one.
  static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws(CommandFailure) {
    let draft = "\(path).\(getpid()).new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw cannot("write", path, errno) }
    var rest = bytes[...]
    // Whatever the umask: an exporter runs as somebody else.
    var problem: Int32 = mode != 0o600 && fchmod(descriptor, mode) != 0 ? errno : 0
    while !rest.isEmpty && problem == 0 {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { problem = errno }
    }
    if problem == 0, fsync(descriptor) != 0 { problem = errno }
    close(descriptor)
    if problem == 0, rename(draft, path) != 0 { problem = errno }
    guard problem == 0 else {
      unlink(draft)
      throw cannot("write", path, problem)
    }
  }

  /// With the rights that the file has, and in its place where the path is a link to it.
  static func replace(_ path: String, with text: [UInt8]) throws(CommandFailure) {
    var info = stat()
    guard stat(path, &info) == 0, let real = realpath(path, nil) else {
      throw CommandFailure("cannot-write", "\(path) cannot be written any more", helps: ["check that it is still there"])
    }
    defer { free(real) }
    try write(text, to: String(cString: real), mode: info.st_mode & 0o7777)
  }

  /// What a folder's files are by their names: tests of plans end in `.test.yaml`, overlays, which are neither, in `.overlay.yaml`.
  enum Kind { case plans, tests }

  /// The files that a path stands for: itself, or those of a folder and its subfolders, sorted.
  static func plans(at path: String, _ kind: Kind = .plans) throws(CommandFailure) -> [String] {
    var info = stat()
    guard path != "-", stat(path, &info) == 0 else {
      if path == "-" { return [path] }
      throw cannot("read", path, errno)
    }
    guard info.st_mode & S_IFMT == S_IFDIR else { return [path] }
    var found: [String] = []
    for name in entries(of: path) where !name.hasPrefix(".") {
      let child = path.hasSuffix("/") ? path + name : path + "/" + name
      guard stat(child, &info) == 0 else { continue }
      if info.st_mode & S_IFMT == S_IFDIR { found += try plans(at: child, kind) }
      if info.st_mode & S_IFMT == S_IFREG, kind.holds(name) { found.append(child) }
    }
    return found
  }

  static func entries(of folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// The folder that a file lies in, absolute and without symbolic links.
  static func folder(of path: String) -> String {
    let slash = path.lastIndex(of: "/")
    let folder = path == "-" ? "." : slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard let resolved = realpath(folder, nil) else { return folder }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// With those above it; one that is there is left as it is.
  static func makeFolder(_ path: String) throws(CommandFailure) {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    guard errno == ENOENT, !parent.isEmpty else { throw cannot("write", path, errno) }
    try makeFolder(parent)
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw cannot("write", path, errno) }
  }

  private static func cannot(_ verb: String, _ path: String, _ code: Int32) -> CommandFailure {
    let (reason, help): (String, String) =
      switch code {
      case ENOENT: ("it does not exist", "check the path; it counts from the current folder")
      case EACCES, EPERM: ("permission is denied", "run as a user who may \(verb) it")
      case EISDIR: ("it is a folder", "name a file")
      case ENOSPC: ("the disk is full", "make room, or write elsewhere")
      case EROFS: ("the file system is read-only", "write elsewhere")
      default: (String(cString: strerror(code)), "check the path and the disk")
      }
    return CommandFailure("cannot-\(verb)-file", "cannot \(verb) \(path): \(reason)", helps: [help])
  }
}

extension Files.Kind {
  fileprivate func holds(_ name: String) -> Bool {
    // They are laid over plans.
    if name.hasSuffix(".overlay.yaml") || name.hasSuffix(".overlay.yml") { return false }
    let isTest = name.hasSuffix(".test.yaml") || name.hasSuffix(".test.yml")
    return isTest ? self == .tests : self == .plans && (name.hasSuffix(".yaml") || name.hasSuffix(".yml"))
  }
}
