internal import CLinuxProcess
internal import Glibc

/// A few bytes that programs can open like a file, by any number of them at once: for a secret that a program wants to read from a path. They are
/// on no disk and have no name, and are gone with this object or this process.
public final class MemoryFile: Sendable {
  private let descriptor: Int32

  /// Where programs that this process starts find it.
  public var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

  /// Nil where the system has no memory or descriptor left.
  public init?(_ bytes: [UInt8]) {
    descriptor = dr_memory_file("sie-dr")
    guard descriptor >= 0, fchmod(descriptor, 0o600) == 0, write(descriptor, bytes, bytes.count) == bytes.count else { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
