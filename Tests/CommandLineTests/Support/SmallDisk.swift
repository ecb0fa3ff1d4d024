import Glibc
import TestSupport
import Testing

/// A file system of a few kilobytes, mounted for one test: a disk that is really full. Needs root and the right to mount; nil without.
final class SmallDisk: Sendable {
  let path: String

  init?(kilobytes: Int) throws {
    path = try temporaryFolder("disk")
    let mounted = geteuid() == 0 ? try runProgram(["mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "sie-dr-test", path], mayFail: true) : nil
    guard mounted?.status == 0 else {
      removeFolder(path)
      print("not tested: a small file system cannot be mounted here (\(mounted?.errors ?? "not root"))")
      return nil
    }
  }

  deinit {
    umount2(path, 2)  // MNT_DETACH
    removeFolder(path)
  }
}
