internal import CanonicalJSON
internal import Glibc
internal import ProviderInterface
internal import Units
internal import Watching

/// Where a watch keeps what it knows: `watch/PLAN.json`, and all that it was told in `watch/PLAN.jsonl`.
final class WatchFiles {
  private let folder: String
  private let plan: String
  private var log: Int32 = -1
  private var logged = 0
  /// A log as long is put aside, in the place of the one that was put aside before.
  private static let longest = 8 << 20

  init(_ stateDirectory: String, plan: String) { folder = "\(stateDirectory)/watch"; self.plan = plan }
  deinit { if log >= 0 { close(log) } }

  private var statePath: String { "\(folder)/\(plan).json" }
  private var logPath: String { "\(folder)/\(plan).jsonl" }

  /// Nil where there is none yet. One that cannot be read is an error: without it nobody knows what was started.
  func state() throws(CommandFailure) -> WatchState? {
    guard access(statePath, F_OK) == 0 else { return nil }
    let bytes = try Files.read(statePath)
    guard let state = try? CanonicalJSON.decode(WatchState.self, from: bytes), state.formatVersion == WatchState.currentFormat else {
      throw CommandFailure(
        "watch-state-damaged", "\(statePath) is not what a watch of this version remembers",
        details: ["it says which scenarios were started: without it one could be started twice"],
        helps: ["see with `sie-dr runs` what was started, then move the file away: mv \(statePath) \(statePath).damaged"])
    }
    return state
  }

  func keep(_ state: WatchState) throws(CommandFailure) {
    let bytes: [UInt8]
    do { bytes = try CanonicalJSON.bytes(state) } catch { throw CommandFailure("watch-state-unwritable", "what it remembers cannot be written: \(error)") }
    try Files.write(bytes + [0x0A], to: statePath)
  }

  /// Says what is wrong, if the record could not be kept: a watch goes on without its log.
  func log(_ record: WatchRecord) -> String? {
    if log < 0 || logged > Self.longest { reopen() }
    guard log >= 0, let line = try? CanonicalJSON.bytes(record.json) else { return "cannot open \(logPath): \(String(cString: strerror(errno)))" }
    let bytes = line + [0x0A]
    let count = bytes.withUnsafeBytes { write(log, $0.baseAddress, $0.count) }
    logged += bytes.count
    return count == bytes.count ? nil : "cannot write \(logPath): \(String(cString: strerror(errno)))"
  }

  private func reopen() {
    if log >= 0 { close(log) }
    if logged > Self.longest { rename(logPath, logPath + ".1") }
    log = open(logPath, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    var info = stat()
    logged = log >= 0 && fstat(log, &info) == 0 ? Int(info.st_size) : 0
  }

  /// The records of a log, by the time at which they were known.
  static func records(_ path: String) throws(CommandFailure) -> [WatchRecord] {
    var records: [WatchRecord] = []
    for (index, line) in try Files.read(path).split(separator: 0x0A).enumerated() {
      guard let json = try? CanonicalJSON.decode(JSONValue.self, from: line), let record = WatchRecord(json) else {
        throw CommandFailure(
          "not-a-probe-log", "line \(index + 1) of \(path) is no record of a watch", helps: ["a watch writes its log into the state directory: watch/PLAN.jsonl"])
      }
      records.append(record)
    }
    return records.sorted { $0.at < $1.at }
  }
}
