internal import CanonicalJSON
internal import Concurrency
internal import Glibc

extension StateDirectory {
  /// What can be seen of the lock without touching it: who only looks must not be in the way of whoever wants to take it.
  public enum LockSeen: Sendable, Hashable {
    case free
    /// Nil: the holder has not yet said who it is.
    case held(LockHolder?)
    /// No process of this machine holds it; the last holder worked on another one.
    case lastHeldElsewhere(LockHolder)
  }

  /// - Parameter host: this machine's name, as runs write it down.
  public func lockSeen(from host: String) async -> LockSeen {
    let path = "\(path)/lock"
    return await BlockingPool(threads: 1).run {
      var info = stat()
      guard stat(path, &info) == 0 else { return .free }
      let holder = (try? Descriptor(opening: path, O_RDONLY, to: "open the lock").readAll()).flatMap { try? CanonicalJSON.decode(LockHolder.self, from: $0) }
      let locks = (try? Descriptor(opening: "/proc/locks", O_RDONLY, to: "read").readAll()).map { String(decoding: $0, as: UTF8.self) } ?? ""
      if LockTable.holds(inode: UInt64(info.st_ino), locks) { return .held(holder) }
      if let holder, holder.host != host { return .lastHeldElsewhere(holder) }
      return .free
    }
  }
}

/// The kernel's table of locks, proc(5).
enum LockTable {
  /// Whether a line such as `2: FLOCK  ADVISORY  WRITE 22989 fe:00:16220259 0 EOF` is of this file. Those who wait have an arrow.
  static func holds(inode: UInt64, _ table: String) -> Bool {
    table.split(separator: "\n").contains { line in
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      guard fields.count >= 6, fields[1] == "FLOCK" else { return false }
      return fields[5].split(separator: ":").last == Substring(String(inode))
    }
  }
}
