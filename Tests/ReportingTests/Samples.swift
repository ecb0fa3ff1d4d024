import CanonicalJSON
import ChangePlanning
import Hashing
import Journaling
import PlanModel
import ProviderInterface
import TestSupport
import Units

/// A run that fails once, waits for a person, goes on and is done.
enum Sample {
  static func job(_ step: StepName, _ activity: Job.Activity = .perform, _ attempt: Int = 1) -> Job { Job(step: step, activity: activity, attempt: attempt) }

  static func changeset(duties: [PostIncident.Duty]? = [.init(kind: .report, within: .hours(24), by: "commander", place: "wiki"), .init(kind: .tickets)]) throws -> Changeset {
    var changeset = try Changeset.sample([
      SampleStep("restore") { $0.duration = .minutes(10) }, SampleStep("promote") { $0.duration = .minutes(1) },
      SampleStep("check", needs: ["restore"]) { $0.action = .check; $0.undo = .nothingToUndo },
      SampleStep("tell") { $0.action = .run; $0.undo = .irreversible(reason: "a message cannot be called back") },
    ])
    changeset.duties = duties
    changeset.steps[0].specification.footprint.recovers = "orders"
    changeset.steps[1].specification.footprint.recovers = "carts"
    changeset.steps[2].duration = PredictedDuration(amount: .hours(1), source: .timeout)
    changeset.steps[2].specification.branch = BranchPlace(choice: "way", branch: "first", number: 0, until: nil, needs: [])
    changeset.prediction = Prediction(
      duration: .minutes(70), guaranteed: .hours(3), criticalPath: ["restore", "check"], beforeRun: .minutes(5),
      objectives: [
        PredictedObjective(kind: .rpo, dataClass: "orders", target: .hours(1), computed: .minutes(41)),
        PredictedObjective(kind: .rpo, dataClass: "carts", target: .seconds(30), computed: .seconds(30)),
        PredictedObjective(kind: .rpo, dataClass: "search", target: nil, computed: nil),
        PredictedObjective(kind: .rto, dataClass: nil, target: .minutes(30), computed: .minutes(75)),
      ])
    changeset.digest = try changeset.computedDigest()
    return changeset
  }

  /// The point is of 41 minutes before the run.
  static let restored = StepResult(summary: "restored 3 tables", outputs: ["point": .text("20261124T073534Z-4f2a91")])
  static func promoted(_ span: String, _ bytes: String) -> StepResult { StepResult(summary: "promoted", measurements: ["lostSpanAtMost": .string(span), "lostBytes": .string(bytes)]) }

  static func events(promoted: StepResult = promoted("12s", "16MB")) throws -> [(TimeSpan, Event)] {
    let failure = StepFailure("no-such-server", "the server is gone", details: ["nobody answers"], helps: ["look at it"])
    return [
      (.zero, .runStarted(RunStarted(run: .sample, toolVersion: "0.0.1", parallelism: 2, changeset: try changeset()))),
      (.seconds(1), .intent(job("restore"))), (.seconds(1), .intent(job("promote"))), (.seconds(41), .outcome(Outcome(job: job("promote"), ending: .done(promoted)))),
      (.minutes(2), .outcome(Outcome(job: job("restore"), ending: .failed(failure)))),
      (.minutes(2), .paused(.stepFailed("restore"))), (.minutes(2), .finished(.paused(.stepFailed("restore")))),
      (.minutes(7), .resumed(Resumed(toolVersion: "0.0.1", parallelism: 2, tornBytes: 0))),
      (.minutes(7), .intent(job("restore", .perform, 2))), (.minutes(19), .outcome(Outcome(job: job("restore", .perform, 2), ending: .done(restored)))),
      (.minutes(19), .intent(job("check"))), (.minutes(20), .outcome(Outcome(job: job("check"), ending: .done(StepResult(summary: "true"))))),
      (.minutes(20), .skipped(Skipped(step: "tell", by: "ada", reason: "told by hand"))), (.minutes(20), .finished(.done)),
    ]
  }

  static func records(_ events: [(TimeSpan, Event)]) -> [JournalRecord] {
    events.enumerated().map { index, event in
      JournalRecord(seq: index + 1, prev: SHA256Digest.of([]), at: .sample + event.0, who: index < 7 ? "bob" : "ada", host: "ops-1", event: event.1)
    }
  }
}
