internal import Glibc
internal import ProviderInterface
internal import RecoveryPoints

/// The schema archive of a point, or a list of its entries, as a file that `pg_restore` can seek in and open several times. It has no name any more once it is open:
/// the archive may hold passwords, and nothing of it stays behind, whatever becomes of this process.
final class ArchiveFile: Sendable {
  private let descriptor: Int32

  /// Where programs that this process starts find it.
  var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

  private init(descriptor: Int32) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// Downloads and verifies the object.
  static func download(_ path: String, from reader: PointReader, into folder: String) async throws -> ArchiveFile {
    let file = try make(in: folder)
    let download = try await reader.open(path)
    do {
      while let chunk = try await download.next() { try file.append(chunk, folder) }
    } catch {
      await download.close()
      throw error
    }
    await download.close()
    return file
  }

  static func holding(_ bytes: [UInt8], in folder: String) throws(StepFailure) -> ArchiveFile {
    let file = try make(in: folder)
    try file.append(bytes, folder)
    return file
  }

  private static func make(in folder: String) throws(StepFailure) -> ArchiveFile {
    var template = Array("\(folder)/sie-dr-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw StepFailure(
        "no-temporary-file", "no temporary file can be made in \(folder): \(String(cString: strerror(errno)))",
        details: ["the schema of the point is read by pg_restore from a temporary file"],
        helps: ["set TMPDIR to a folder that can be written"])
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
    return ArchiveFile(descriptor: descriptor)
  }

  private func append(_ bytes: [UInt8], _ folder: String) throws(StepFailure) {
    var done = 0
    while done < bytes.count {
      let n = bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if n < 0, errno == EINTR { continue }
      guard n > 0 else {
        throw StepFailure(
          "no-temporary-file", "the schema of the point cannot be kept in \(folder): \(String(cString: strerror(errno)))",
          helps: ["free space there, or set TMPDIR"])
      }
      done += n
    }
  }
}
