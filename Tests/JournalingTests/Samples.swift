import ChangePlanning
import Hashing
import Journaling
import PlanModel
import ProviderInterface
import TestSupport
import Units

/// A file in memory that can be told to fail.
struct MemoryFile: AppendOnlyFile {
  struct Full: Error {}
  final class Storage {
    var bytes: [UInt8] = []
    var synced = 0
    /// Bytes that still find room; nil is any number.
    var room: Int?
    var syncFails = false
  }
  let storage = Storage()

  func append(_ bytes: [UInt8]) throws {
    guard let room = storage.room, room < bytes.count else {
      storage.bytes += bytes
      storage.room = storage.room.map { $0 - bytes.count }
      return
    }
    storage.bytes += bytes.prefix(room)
    throw Full()
  }
  func sync() throws {
    if storage.syncFails { throw Full() }
    storage.synced = storage.bytes.count
  }
}

enum Sample {
  /// `data` needs nothing, `check` needs it, `notify` is apart.
  static func changeset() throws -> Changeset {
    try Changeset.sample([
      SampleStep("data"),
      SampleStep("check", needs: ["data"]) { $0.undo = .nothingToUndo; $0.action = .check },
      SampleStep("notify") { $0.undo = .irreversible(reason: "a message cannot be called back"); $0.action = .run },
    ])
  }

  static func start() throws -> RunStarted {
    RunStarted(run: .sample, toolVersion: "0.0.1", parallelism: 2, changeset: try changeset())
  }

  static func job(_ step: StepName, _ activity: Job.Activity = .perform, _ attempt: Int = 1) -> Job {
    Job(step: step, activity: activity, attempt: attempt)
  }

  static func done(_ job: Job) -> Event {
    .outcome(Outcome(job: job, ending: .done(job.activity == .perform ? StepResult(summary: "set") : nil)))
  }

  static func failed(_ job: Job, transient: Bool = false) -> Event {
    .outcome(Outcome(job: job, ending: .failed(StepFailure("no-such-server", "the server is gone", transient: transient))))
  }

  static let resumed = Event.resumed(Resumed(toolVersion: "0.0.1", parallelism: 2, tornBytes: 0))
  static let torn = Event.resumed(Resumed(toolVersion: "0.0.1", parallelism: 2, tornBytes: 17))

  /// A whole small run: intent and outcome of `data`, then the pause after `check` failed.
  static func events() throws -> [Event] {
    [
      .runStarted(try start()), .intent(job("data")), done(job("data")), .intent(job("check")), failed(job("check")),
      .paused(.stepFailed("check")), .finished(.paused(.stepFailed("check"))),
    ]
  }

  static func bytes(_ events: [Event]) throws -> [UInt8] {
    let file = MemoryFile()
    var writer = JournalWriter(file, who: "ada", host: "ops-1")
    for (second, event) in events.enumerated() { try writer.append([Entry(at: .sample + .seconds(Int64(second)), event: event)]) }
    return file.storage.bytes
  }
}
