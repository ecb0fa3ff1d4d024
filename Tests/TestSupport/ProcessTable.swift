public import Glibc

/// The processes of this machine, as far as tests need to see them.
public struct SeenProcess: Hashable, Sendable {
  public var pid: pid_t
  /// Joined by spaces.
  public var arguments: String
  public var workingFolder: String

  /// All that can be looked at now.
  public static func all() -> [SeenProcess] {
    names(in: "/proc").compactMap { name in
      guard let pid = pid_t(name), let arguments = try? readFile("/proc/\(name)/cmdline"), !arguments.isEmpty else { return nil }
      return SeenProcess(
        pid: pid, arguments: arguments.split(separator: "\0").joined(separator: " "), workingFolder: target(of: "/proc/\(name)/cwd") ?? "")
    }
  }

  private static func target(of link: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = readlink(link, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }
}

/// The names in a folder, sorted; none where there is no such folder.
public func names(in folder: String) -> [String] {
  guard let stream = opendir(folder) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Every file below a folder by its path in it, with its bytes.
public func files(below folder: String) throws -> [String: [UInt8]] {
  var found: [String: [UInt8]] = [:]
  for name in names(in: folder) {
    var info = stat()
    guard lstat("\(folder)/\(name)", &info) == 0 else { continue }
    switch info.st_mode & S_IFMT {
    case S_IFDIR: for (path, bytes) in try files(below: "\(folder)/\(name)") { found["\(name)/\(path)"] = bytes }
    case S_IFREG: found[name] = try readBytes("\(folder)/\(name)")
    default: continue
    }
  }
  return found
}

/// Whether a run of the program in this folder has written its first record: what is killed before that is no run that could be resumed.
public func journalIsBegun(in folder: String) -> Bool {
  guard let run = names(in: "\(folder)/.sie-dr/runs").first else { return false }
  return (try? readBytes("\(folder)/.sie-dr/runs/\(run)/journal.jsonl").contains(UInt8(ascii: "\n"))) ?? false
}
