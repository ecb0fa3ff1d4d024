import CanonicalJSON
import ChangePlanning
import Journaling
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

@Suite("The state of a run")
struct RunStateTests {
  private func state(_ events: [Event]) throws -> RunState {
    try RunState(replaying: JournalText(Sample.bytes([.runStarted(Sample.start())] + events)).records)
  }
  private func states(_ events: [Event]) throws -> [StepState] {
    let state = try state(events)
    return (0..<state.count).map { state.state($0) }
  }
  private func job(_ step: StepName, _ attempt: Int = 1) -> Job { Sample.job(step, .perform, attempt) }
  private func undo(_ step: StepName, _ attempt: Int = 1) -> Job { Sample.job(step, .undo, attempt) }

  @Test("column of the words people see")
  func words() throws {
    let began: [Event] = [.intent(job("data"))]
    let done = began + [Sample.done(job("data"))]
    #expect(try states([]) == [.ready, .waiting, .ready])
    #expect(try states(began) == [.running, .waiting, .ready])
    #expect(try states(done) == [.done, .ready, .ready])
    #expect(try states(began + [Sample.failed(job("data"))]) == [.failed, .waiting, .ready])
    #expect(try states([.skipped(Skipped(step: "data", by: "ada", reason: "r"))]) == [.skipped, .ready, .ready])
    #expect(try states(began + [Sample.resumed]) == [.inDoubt, .waiting, .ready])
    #expect(try states(done + [.finished(.interrupted(.interrupt))]) == [.done, .notStarted, .notStarted])

    let back = done + [.rollbackStarted(.requested(by: "ada"))]
    #expect(try states(back) == [.done, .notStarted, .notStarted])
    #expect(try states(back + [.intent(undo("data"))]) == [.undoing, .notStarted, .notStarted])
    #expect(try states(back + [.intent(undo("data")), Sample.done(undo("data"))]) == [.undone, .notStarted, .notStarted])
    #expect(try states(back + [.intent(undo("data")), Sample.failed(undo("data"))]) == [.undoFailed, .notStarted, .notStarted])
  }

  @Test("a torn record may have been the intent of any step that was ready")
  func torn() throws {
    #expect(try states([Sample.torn]) == [.inDoubt, .waiting, .inDoubt])
    #expect(try states([.intent(job("data")), Sample.done(job("data")), Sample.torn]) == [.done, .inDoubt, .inDoubt])
    let state = try state([Sample.torn])
    #expect(state["data"]?.attempts == 1, "the attempt that may have been begun has used its number")
    // What was torn after the end can only have been a resume, which acts on nothing.
    #expect(try states([.finished(.interrupted(.interrupt)), Sample.torn]) == [.ready, .waiting, .ready])
  }

  @Test("what cannot have happened is refused with the record's number", arguments: [
    ([.intent(Sample.job("check"))], "`check` began before what it needs was done"),
    ([.intent(Sample.job("data", .perform, 2))], "attempts are counted one by one"),
    ([.intent(Sample.job("data")), .intent(Sample.job("data", .perform, 2))], "`data` cannot begin in its state"),
    ([Sample.done(Sample.job("data"))], "`data` was not running"),
    ([.intent(Sample.job("data", .undo))], "nothing is undone before the rollback begins"),
    ([.intent(Sample.job("nowhere"))], "the changeset has no step `nowhere`"),
    ([.finished(.done)], "not every step was done"),
    ([.finished(.interrupted(.interrupt)), .intent(Sample.job("data"))], "the run had ended"),
    ([.intent(Sample.job("data")), .rollbackStarted(.requested(by: "ada"))], "a rollback begins when nothing runs any more"),
    ([.rollbackStarted(.requested(by: "ada")), .intent(Sample.job("data", .undo))], "there is nothing to undo of `data`"),
    ([.outcome(Outcome(job: Sample.job("data", .perform, 0), ending: .unchanged))], "`data` was to change something"),
    ([.settled(Settled(job: Sample.job("data", .perform, 0), settlement: .notDone))], "`data` was not in doubt"),
  ] as [([Event], String)])
  func illegal(events: [Event], why: String) throws {
    let error = #expect(throws: JournalDamage.self) { try state(events) }
    #expect(error == JournalDamage(record: events.count + 1, kind: .illegal(why)))
  }

  @Test("nothing is undone before what rests on it, nor under what cannot be undone")
  func reverseOrder() throws {
    var steps = [SampleStep("a"), SampleStep("b", needs: ["a"])]
    func error(_ undo: StepSpecification.Undo) throws -> IllegalTransition? {
      steps[1].undo = undo
      let start = RunStarted(run: .sample, toolVersion: "0.0.1", parallelism: 1, changeset: try .sample(steps))
      var state = RunState(start, at: .sample)
      for step in ["a", "b"] as [StepName] {
        try state.apply(.intent(job(step)), at: .sample)
        try state.apply(Sample.done(job(step)), at: .sample)
      }
      try state.apply(.rollbackStarted(.requested(by: "ada")), at: .sample)
      do { try state.apply(.intent(self.undo("a")), at: .sample) } catch { return error }
      return nil
    }
    #expect(try error(.byKind("x"))?.why == "`a` was undone before `b`, which rests on it")
    #expect(try error(.irreversible(reason: "promoted"))?.why == "`a` was undone before `b`, which rests on it")
    #expect(try error(.nothingToUndo) == nil)
  }

  @Test("column of what a rollback owes to a step")
  func duties() throws {
    let began: [Event] = [.intent(job("a"))]
    let done = began + [Sample.done(job("a"))]
    let failed = began + [Sample.failed(job("a"))]
    let timedOut = began + [.outcome(Outcome(job: job("a"), ending: .timedOut(StepFailure("timed-out", "slow"))))]
    let lost = began + [Sample.resumed]
    let byKind = StepSpecification.Undo.byKind("drops it")
    let written = StepSpecification.Undo.step(.init(kind: "sample.set", arguments: StepArguments([:]), timeout: .seconds(1), retries: 0))
    let final = StepSpecification.Undo.irreversible(reason: "promoted")
    let column: [(StepSpecification.Undo, [Event], UndoDuty)] = [
      (byKind, [], .nothing), (byKind, done, .undo), (byKind, failed, .undo), (byKind, timedOut, .undo), (byKind, lost, .undo),
      (written, [], .nothing), (written, done, .undo), (written, failed, .nothing), (written, timedOut, .settle), (written, lost, .settle),
      (final, [], .nothing), (final, done, .impossible(reason: "promoted")), (final, failed, .nothing), (final, timedOut, .settle),
      (.unknown, done, .impossible(reason: "nobody wrote how to undo it")), (.nothingToUndo, done, .nothing),
      (.nothingToUndo, lost, .nothing),
    ]
    for (undo, events, duty) in column {
      let changeset = try Changeset.sample([SampleStep("a") { $0.undo = undo }])
      var state = RunState(RunStarted(run: .sample, toolVersion: "0.0.1", parallelism: 1, changeset: changeset), at: .sample)
      for event in events { try state.apply(event, at: .sample) }
      #expect(state.undoDuty(0) == duty, "\(undo) after \(events.count) events")
    }
  }

  @Test("retries are counted on after a crash, and given anew where a person resumes")
  func counting() throws {
    let failure = Sample.failed(job("data"), transient: true)
    let crashed = try state([.intent(job("data")), failure, Sample.resumed])
    #expect(crashed["data"]?.attempts == 1)
    let paused: [Event] = [.intent(job("data")), failure, .finished(.paused(.stepFailed("data"))), Sample.resumed]
    let resumed = try state(paused)
    #expect(resumed["data"]?.failures == 0)
    #expect(resumed["data"]?.attempts == 1)
    #expect(try states(paused + [.intent(job("data", 2))])[0] == .running)

    let changeset = try Changeset.sample([SampleStep("data") { $0.retries = 1 }])
    var state = RunState(RunStarted(run: .sample, toolVersion: "0.0.1", parallelism: 1, changeset: changeset), at: .sample)
    for event in [.intent(job("data")), failure, Sample.resumed] { try state.apply(event, at: .sample) }
    #expect(state[0].failures == 1, "one attempt is left after the crash")
  }

  @Test("a journal without a whole record never began")
  func empty() {
    let error = #expect(throws: JournalDamage.self) { try RunState(replaying: []) }
    #expect(error?.kind == .empty)
  }
}
