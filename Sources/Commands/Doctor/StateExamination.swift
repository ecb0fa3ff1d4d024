internal import Concurrency
internal import Glibc
internal import ProviderInterface
internal import Units

/// Whether a run could keep its journal: in the state directory, or where it would be made.
struct StateExamination: Sendable {
  let path: String
  let timeout: TimeSpan
  private let pool = BlockingPool(threads: 1)

  init(_ path: String, timeout: TimeSpan) { self.path = path; self.timeout = timeout }

  private struct Overdue: Error {}

  func outcomes() async -> [CheckOutcome] {
    do {
      return try await withDeadline(timeout.duration) { [path, pool] in
        try await pool.run(abandonedAs: Overdue()) { () throws(Overdue) in Self.look(at: path) }
      }
    } catch {
      let help = "look whether \(path) is on a mount that has gone away"
      return [CheckOutcome("write", .failed, "did not answer within \(timeout.rounded)", helps: [help]), CheckOutcome("space", .notChecked, "it did not answer")]
    }
  }

  private static func look(at path: String) -> [CheckOutcome] {
    var place = path
    // Not made here: that is the first run's business.
    while access(place, F_OK) != 0, errno == ENOENT, let slash = place.lastIndex(of: "/"), place != "/" {
      place = slash == place.startIndex ? "/" : String(place[..<slash])
    }
    let problem = place == path ? writingProblem(in: place) : access(place, W_OK | X_OK) == 0 ? nil : errno
    let writing =
      problem.map {
        CheckOutcome(
          "write", .failed, "no journal can be written in \(place): \(String(cString: strerror($0)))",
          helps: ["run as a user who may write there, or name another place with --state or the plan's `state:`"])
      } ?? CheckOutcome("write", .ok, place == path ? "journals can be written" : "is not there yet, and can be made")
    var room = statvfs()
    guard statvfs(place, &room) == 0 else { return [writing, CheckOutcome("space", .notChecked, String(cString: strerror(errno)))] }
    let free = ByteCount(bytes: Int64(clamping: UInt64(room.f_bavail) * UInt64(room.f_frsize)))
    return [writing, SpaceVerdict.outcome(free: free, needed: SpaceVerdict.least)]
  }

  /// A file of our own, made and removed at once.
  private static func writingProblem(in folder: String) -> Int32? {
    let file = "\(folder)/.doctor.\(getpid())"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor); unlink(file) }
    let written = write(descriptor, "x", 1)
    return written == 1 && fsync(descriptor) == 0 ? nil : errno
  }
}
