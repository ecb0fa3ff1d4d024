internal import Glibc
internal import ProviderInterface

/// The folder in which one step of one run saves rows: of this user alone, since nobody knows what is in them.
struct SavedRows: Sendable {
  let folder: String

  /// Made where it is not there. What an earlier attempt has left is written over.
  init(below parent: String, _ mark: StepMark) throws(StepFailure) {
    folder = "\(parent)/\(mark.run).\(mark.step)"
    for path in Self.folders(of: folder) where mkdir(path, 0o700) != 0 && errno != EEXIST { throw Self.failure("the folder \(path) cannot be made") }
  }

  private static func folders(of path: String) -> [String] {
    var (paths, at): ([String], String) = ([], path.hasPrefix("/") ? "" : ".")
    for part in path.split(separator: "/") {
      at += "/\(part)"
      paths.append(at)
    }
    return paths
  }

  /// What stays of a table's name in a file's; a number before it keeps files apart.
  static func file(_ number: Int, _ table: QualifiedName, _ what: String) -> String {
    let name = "\(table.schema).\(table.name)".unicodeScalars.map { scalar -> Character in
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "." || scalar == "-") ? Character(scalar) : "_"
    }
    return "\(number).\(String(name.prefix(80))).\(what).csv"
  }

  /// Empties the file, or makes it.
  func start(_ name: String) throws(StepFailure) { close(try open(name, O_TRUNC)) }

  func append(_ bytes: UnsafeRawBufferPointer, to name: String) throws(StepFailure) {
    let descriptor = try open(name, O_APPEND)
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let n = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if n < 0, errno == EINTR { continue }
      guard n > 0 else { throw Self.failure("rows cannot be saved in \(folder)/\(name)") }
      rest = rest.dropFirst(n)
    }
  }

  func append(_ text: String, to name: String) throws(StepFailure) {
    let bytes = Array(text.utf8)
    try bytes.withUnsafeBytes { bytes in Result { () throws(StepFailure) in try append(bytes, to: name) } }.get()
  }

  /// They are on the disk, and not only on the way there.
  func sync(_ name: String) throws(StepFailure) {
    let descriptor = try open(name, 0)
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw Self.failure("rows cannot be saved in \(folder)/\(name)") }
  }

  private func open(_ name: String, _ flags: Int32) throws(StepFailure) -> Int32 {
    let descriptor = Glibc.open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0o600)
    guard descriptor >= 0 else { throw Self.failure("\(folder)/\(name) cannot be written") }
    return descriptor
  }

  private static func failure(_ what: String) -> StepFailure {
    let reason = String(cString: strerror(errno))
    return StepFailure(
      "rows-not-saved", "\(what): \(reason)", details: ["rows that only the database with the bad ones has would be lost with it"],
      helps: ["make room there, or a place that this user may write to, then resume"])
  }
}
