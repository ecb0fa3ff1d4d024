internal import CanonicalJSON
internal import PlanModel
internal import PointSteps
internal import ProviderInterface

/// What a restore leaves beside the database folder, so that resume and undo know whose the data in it is.
struct RestoreMark: Codable, Hashable, Sendable {
  enum State: String, Codable, Sendable { case begun, done }

  var run: RunID
  var step: String
  var attempt: Int
  var state: State
  var point: String
  /// Whether there was data in the folder, which is moved aside.
  var hadData: Bool
  /// Whether the server answered before.
  var wasRunning: Bool
  var documents: Int64 = 0

  func isOf(_ mark: StepMark) -> Bool { run == mark.run && step == mark.step.rawValue }
}

/// The database folder of a server, and what lies beside it under names of this step's own.
struct DatabaseFolder: Sendable {
  let path: String

  /// While it is imported: it holds every key.
  var dump: String { path + ".sie-dr-dump" }
  /// The data that was there.
  func former(_ run: RunID) -> String { "\(path).sie-dr-before-\(run)" }
  private var mark: String { path + ".sie-dr-restore.json" }

  func readMark() -> RestoreMark? { Folders.read(mark).flatMap { try? CanonicalJSON.decode(RestoreMark.self, from: $0) } }

  func write(_ value: RestoreMark) throws(StepFailure) {
    let new = mark + ".new"
    Folders.remove(new)
    guard let bytes = try? CanonicalJSON.bytes(value), Folders.write(new, bytes), Folders.move(new, to: mark) else { throw failure("write \(mark)") }
  }

  func removeMark() { Folders.remove(mark) }

  func moveAside(_ run: RunID) throws(StepFailure) {
    guard Folders.move(path, to: former(run)) else { throw failure("move \(path) aside") }
  }

  func putBack(_ run: RunID) throws(StepFailure) {
    guard Folders.move(former(run), to: path) else { throw failure("put \(former(run)) back") }
  }

  private func failure(_ what: String) -> StepFailure {
    StepFailure(
      "folder-failed", "this user cannot \(what)", details: [Folders.lastProblem],
      helps: ["the folder must be no mount point, and the user of sie-dr must be able to change it and the folder around it; then resume"])
  }
}
