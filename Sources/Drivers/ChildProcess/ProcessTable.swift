internal import Glibc

/// The system's processes, as /proc shows them.
enum ProcessTable {
  struct Entry: Equatable {
    var pid, parent, group, session: pid_t
    /// As in `ps`: `Z` is a process that has ended and was not yet waited for.
    var state: UInt8

    /// Reads the line of /proc/PID/stat: the name, in brackets, may hold anything, brackets included.
    init?(stat line: [UInt8]) {
      guard let open = line.firstIndex(of: UInt8(ascii: "(")), let close = line.lastIndex(of: UInt8(ascii: ")")), open < close,
        let pid = pid_t(String(decoding: line[..<open], as: UTF8.self).filter { $0 != " " })
      else { return nil }
      let fields = line[(close + 1)...].split(separator: UInt8(ascii: " ")).prefix(4).map { String(decoding: $0, as: UTF8.self) }
      guard fields.count == 4, let state = fields[0].utf8.first, let parent = pid_t(fields[1]), let group = pid_t(fields[2]),
        let session = pid_t(fields[3])
      else { return nil }
      (self.pid, self.parent, self.group, self.session, self.state) = (pid, parent, group, session, state)
    }
  }

  /// The living children of a process.
  static func children(of parent: pid_t) -> [Entry] {
    all().filter { $0.parent == parent && $0.state != UInt8(ascii: "Z") }
  }

  static func all() -> [Entry] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var entries: [Entry] = []
    while let item = readdir(folder) {
      let name = withUnsafePointer(to: &item.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) { String(cString: $0) }
      }
      // A process may end while the list is read.
      guard pid_t(name) != nil, let entry = Entry(stat: beginning(of: "/proc/\(name)/stat")) else { continue }
      entries.append(entry)
    }
    return entries
  }

  private static func beginning(of path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return [UInt8](unsafeUninitializedCapacity: 1_024) { buffer, count in
      count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
    }
  }
}
