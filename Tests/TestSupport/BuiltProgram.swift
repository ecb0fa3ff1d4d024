internal import Glibc

/// The programs that were built beside the tests.
public enum BuiltProgram {
  /// The path of the tool itself. Tests of what starts it must name it: `/proc/self/exe` is the test program there.
  public static let sieDR = folder + "/sie-dr"

  private static let folder: String = {
    let own = [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, count in
      count = buffer.withMemoryRebound(to: CChar.self) { name in
        name.baseAddress.map { max(0, readlink("/proc/self/exe", $0, name.count)) } ?? 0
      }
    }
    return String(decoding: own[..<(own.lastIndex(of: UInt8(ascii: "/")) ?? 0)], as: UTF8.self)
  }()
}
