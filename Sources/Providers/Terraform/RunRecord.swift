internal import CanonicalJSON
internal import PlanModel
internal import PointSteps
internal import ProviderInterface

/// What a run has made by a configuration: a file beside it, written before anything is made, so that undo knows it also after a crash in the middle.
struct RunRecord: Codable, Hashable, Sendable {
  var run: RunID
  var step: String
  var attempt: Int
  var isDone = false
  /// Addresses that were not there before.
  var made: Set<String> = []
  /// The workspace was not there before.
  var madeWorkspace = false
  var summary = ""
  var outputs: [String: String] = [:]

  init(_ mark: StepMark) { run = mark.run; step = mark.step.rawValue; attempt = mark.attempt }

  static func path(_ mark: StepMark, in folder: String) -> String { "\(folder)/.sie-dr-\(mark.run)-\(mark.step).json" }

  static func read(_ mark: StepMark, in folder: String) -> RunRecord? {
    Folders.read(path(mark, in: folder), limit: 16 << 20).flatMap { try? CanonicalJSON.decode(RunRecord.self, from: $0) }
  }

  func write(_ mark: StepMark, in folder: String) throws(StepFailure) {
    let path = Self.path(mark, in: folder)
    Folders.remove(path + ".new")
    guard let bytes = try? CanonicalJSON.bytes(self), Folders.write(path + ".new", bytes), Folders.move(path + ".new", to: path) else {
      throw StepFailure("folder-failed", "\(path) cannot be written: \(Folders.lastProblem)", details: ["without it nobody could undo what is made"], helps: ["let the user of sie-dr write into the folder of the configuration"])
    }
  }
}
