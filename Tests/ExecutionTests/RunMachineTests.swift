import CanonicalJSON
import ChangePlanning
import ExecutionCore
import Journaling
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// The machine with a journal that never fails: `say` acknowledges every record at once and gives back all other actions, in order.
private struct Bench {
  var machine: RunMachine
  var now = Timestamp.sample
  var events: [Event] = []

  init(_ steps: [SampleStep], parallelism: Int = 2, before: SampleStep? = nil, after: SampleStep? = nil) throws {
    let changeset = try Changeset.sample(steps, parallelism: parallelism, before: before, after: after)
    machine = try RunMachine(
      starting: RunStarted(run: .sample, toolVersion: "0.0.1", parallelism: parallelism, changeset: changeset), at: now)
  }

  mutating func say(_ input: Input) -> [Action] {
    var rest: [Action] = []
    var inputs = [input]
    while !inputs.isEmpty {
      for action in machine.handle(inputs.removeFirst(), at: now) {
        if case .record(let entry) = action {
          events.append(entry.event)
          inputs.append(.recorded)
        } else {
          rest.append(action)
        }
      }
    }
    return rest
  }

  /// As `say`, without the timers.
  mutating func expect(_ input: Input) -> [Action] { say(input).filter { if case .wake = $0 { false } else { true } } }

  mutating func resume(_ order: ResumeOrder) throws -> [Action] {
    machine = try RunMachine(resuming: machine.state, order, at: now)
    return expect(.started)
  }

  func state(_ step: StepName) -> StepState? { machine.state.index(of: step).map { machine.state.state($0) } }
}

private func perform(_ step: StepName, _ attempt: Int = 1) -> Job { Job(step: step, activity: .perform, attempt: attempt) }
private func undo(_ step: StepName, _ attempt: Int = 1) -> Job { Job(step: step, activity: .undo, attempt: attempt) }
private func done(_ job: Job) -> Input { .jobSucceeded(job, job.activity == .perform ? StepResult(summary: "set") : nil) }
private func failed(_ job: Job, transient: Bool = false) -> Input {
  .jobFailed(job, StepFailure("broken", "it does not work", transient: transient))
}
private func onwards(_ adjust: (inout ResumeOrder) -> Void = { _ in }) -> ResumeOrder {
  var order = ResumeOrder(.onwards, by: "ada", toolVersion: "0.0.1", parallelism: 2)
  adjust(&order)
  return order
}

@Suite("The run machine")
struct RunMachineTests {
  @Test("column of a quiet run")
  func quiet() throws {
    var bench = try Bench([SampleStep("a"), SampleStep("b", needs: ["a"]), SampleStep("c")])
    #expect(bench.expect(.started) == [.start(perform("a")), .start(perform("c"))])
    #expect(bench.expect(done(perform("c"))) == [])
    #expect(bench.expect(done(perform("a"))) == [.start(perform("b"))])
    #expect(bench.expect(done(perform("b"))) == [.finish(.recorded(.done))])
    #expect(bench.expect(done(perform("b"))) == [], "after the end nothing is heard")
  }

  @Test("an effect waits for the acknowledgement of its intent, and of everything before it")
  func intentFirst() throws {
    var machine = try Bench([SampleStep("a")]).machine
    func kinds(_ actions: [Action]) -> [String] {
      actions.compactMap { action in
        if case .record(let entry) = action { "record \(name(entry.event))" } else if case .start = action { "start" } else { nil }
      }
    }
    func name(_ event: Event) -> String { if case .intent = event { "intent" } else { "start of the run" } }
    #expect(kinds(machine.handle(.started, at: .sample)) == ["record start of the run"])
    #expect(kinds(machine.handle(.recorded, at: .sample)) == ["record intent"])
    #expect(kinds(machine.handle(.recorded, at: .sample)) == ["start"])
  }

  @Test("a transient failure is tried again after a wait that the run's name decides, and no more often than allowed")
  func retries() throws {
    var bench = try Bench([SampleStep("a") { $0.retries = 1 }])
    _ = bench.say(.started)
    let actions = bench.say(failed(perform("a"), transient: true))
    guard case .wake(let timer, let at) = actions.first, actions.count == 1 else { Issue.record("\(actions)"); return }
    #expect((TimeSpan.milliseconds(500)...TimeSpan.seconds(1)).contains(at - bench.now))
    #expect(bench.expect(.timerFired(timer)) == [.start(perform("a", 2))])
    #expect(bench.expect(failed(perform("a", 2), transient: true)) == [.finish(.recorded(.paused(.stepFailed("a"))))])
    #expect(bench.state("a") == .failed)
  }

  @Test("what is not transient is not tried again")
  func permanent() throws {
    var bench = try Bench([SampleStep("a") { $0.retries = 5 }])
    _ = bench.say(.started)
    #expect(bench.expect(failed(perform("a"))) == [.finish(.recorded(.paused(.stepFailed("a"))))])
  }

  @Test("a step beyond its time-out is cancelled; if it does not stop, it is in doubt and the run waits for a person")
  func timeouts() throws {
    var bench = try Bench([SampleStep("a")])
    let actions = bench.say(.started)
    guard case .wake(let timeout, let at)? = actions.last else { Issue.record("\(actions)"); return }
    #expect(at - bench.now == .minutes(1))
    let cancelling = bench.say(.timerFired(timeout))
    guard case .wake(let grace, _)? = cancelling.last else { Issue.record("\(cancelling)"); return }
    #expect(cancelling.first == .cancel(perform("a")))

    var heard = bench
    #expect(heard.expect(.jobFailed(perform("a"), .cancelled)) == [.finish(.recorded(.paused(.stepFailed("a"))))])
    #expect(heard.state("a") == .timedOut)

    var justInTime = bench
    #expect(justInTime.expect(done(perform("a"))) == [.finish(.recorded(.done))])

    #expect(bench.expect(.timerFired(grace)) == [.finish(.recorded(.paused(.didNotStop("a"))))])
    #expect(bench.state("a") == .inDoubt)
    #expect(bench.expect(done(perform("a"))) == [], "too late")
  }

  @Test("column of failure policies")
  func policies() throws {
    func end(_ policy: FailurePolicy) throws -> (Bench, [Action]) {
      var bench = try Bench([
        SampleStep("a"), SampleStep("b") { $0.onFailure = policy }, SampleStep("c", needs: ["a"]), SampleStep("d", needs: ["b"]),
      ])
      _ = bench.say(.started)
      _ = bench.say(failed(perform("b")))
      let actions = bench.expect(done(perform("a")))
      return (bench, actions)
    }
    let (paused, pausedEnd) = try end(.pause)
    #expect(pausedEnd == [.finish(.recorded(.paused(.stepFailed("b"))))])
    #expect(paused.state("c") == .notStarted)

    var (continuing, next) = try end(.continue)
    #expect(next == [.start(perform("c"))])
    #expect(continuing.expect(done(perform("c"))) == [.finish(.recorded(.failed))])
    #expect(continuing.state("d") == .notStarted)

    var (back, undoing) = try end(.rollback)
    #expect(undoing == [.undo(undo("b")), .undo(undo("a"))], "a kind's failed attempt may have left something, so it is undone too")
    #expect(back.expect(done(undo("a"))) == [])
    #expect(back.expect(done(undo("b"))) == [.finish(.recorded(.rolledBack))])
  }

  @Test("a rollback says what cannot be undone, and leaves standing what that rests on")
  func irreversible() throws {
    var bench = try Bench([
      SampleStep("fence"), SampleStep("promote", needs: ["fence"]) { $0.undo = .irreversible(reason: "a primary cannot be demoted") },
      SampleStep("data"),
      SampleStep("smoke", needs: ["promote", "data"]) { $0.onFailure = .rollback; $0.undo = .nothingToUndo; $0.action = .check },
    ])
    _ = bench.say(.started)
    for step in ["fence", "data", "promote"] as [StepName] { _ = bench.say(done(perform(step))) }
    #expect(bench.expect(failed(perform("smoke"))) == [.undo(undo("data"))])
    #expect(bench.expect(done(undo("data"))) == [.finish(.recorded(.rollbackIncomplete))])
    #expect(["fence", "promote", "data"].map { bench.state($0) } == [.done, .done, .undone])
    #expect(bench.machine.state.undoDuty(1) == .impossible(reason: "a primary cannot be demoted"))
  }

  @Test("the step before a rollback holds it back when it fails; the one after runs when all is undone")
  func hooks() throws {
    var bench = try Bench(
      [SampleStep("a"), SampleStep("b", needs: ["a"]) { $0.onFailure = .rollback; $0.undo = .nothingToUndo }],
      before: SampleStep("agree") { $0.question = "roll back?" }, after: SampleStep("tell"))
    _ = bench.say(.started)
    _ = bench.say(done(perform("a")))
    let agree = Job(step: "agree", activity: .beforeRollback, attempt: 1)
    #expect(bench.expect(failed(perform("b"))) == [.ask(agree, .confirm("roll back?"))])

    var declined = bench
    #expect(declined.expect(.questionAnswered(agree, .no(by: "ada"))) == [.finish(.recorded(.paused(.rollbackHeldBack("agree"))))])
    #expect(declined.state("a") == .done)
    let again = Job(step: "agree", activity: .beforeRollback, attempt: 2)
    #expect(try declined.resume(onwards()) == [.ask(again, .confirm("roll back?"))])

    let tell = Job(step: "tell", activity: .afterRollback, attempt: 1)
    #expect(bench.expect(.questionAnswered(agree, .yes(by: "ada"))) == [.undo(undo("a"))])
    #expect(bench.expect(done(undo("a"))) == [.start(tell)])
    var untold = bench
    #expect(untold.expect(failed(tell)) == [.finish(.recorded(.rollbackIncomplete))])
    #expect(bench.expect(done(tell)) == [.finish(.recorded(.rolledBack))])
  }

  @Test("where the world has moved the step does not run, and the run waits")
  func moved() throws {
    var bench = try Bench([SampleStep("a") { $0.basis = .facts(["exists": false]) }])
    #expect(bench.expect(.started) == [.observe(perform("a"))])

    var same = bench
    let measured = Observation(facts: ["exists": false], measurements: ["lag": 7])
    #expect(same.expect(.preconditionObserved(perform("a"), measured)) == [.start(perform("a"))])

    for found in [Observation(facts: ["exists": true]), .unreachable("connection refused")] {
      var other = bench
      #expect(other.expect(.preconditionObserved(perform("a"), found)) == [.finish(.recorded(.paused(.moved("a"))))])
      #expect(other.events.contains(.moved(Moved(step: "a", planned: ["exists": false], found: found))))
      #expect(other.state("a") == .notStarted)
      #expect(try other.resume(onwards()) == [.observe(perform("a"))])
    }
  }

  @Test("what holds already is not done, but looked at")
  func unchanged() throws {
    var bench = try Bench([SampleStep("a") { $0.action = .none; $0.basis = .facts([:]) }, SampleStep("b", needs: ["a"])])
    #expect(bench.expect(.started) == [.observe(perform("a"))])
    #expect(bench.expect(.preconditionObserved(perform("a"), Observation())) == [.start(perform("b"))])
    #expect(bench.state("a") == .unchanged)
  }

  @Test("a question waits for its answer, and a run without anybody to answer can be resumed")
  func questions() throws {
    var bench = try Bench([SampleStep("ask") { $0.question = "go?"; $0.undo = .nothingToUndo }, SampleStep("a", needs: ["ask"])])
    #expect(bench.expect(.started) == [.ask(perform("ask"), .confirm("go?"))])
    var nobody = bench
    #expect(nobody.expect(.questionAnswered(perform("ask"), .nobody)) == [.finish(.recorded(.paused(.unanswered("ask"))))])
    #expect(try nobody.resume(onwards()) == [.ask(perform("ask"), .confirm("go?"))])
    var no = bench
    #expect(no.expect(.questionAnswered(perform("ask"), .no(by: "ada"))) == [.finish(.recorded(.paused(.stepFailed("ask"))))])
    #expect(bench.expect(.questionAnswered(perform("ask"), .yes(by: "ada"))) == [.start(perform("a"))])
    #expect(bench.events.contains(.confirmed(Confirmed(job: perform("ask"), by: "ada"))))
  }

  @Test("the first interrupt lets running steps end, the second cancels them")
  func interrupts() throws {
    var bench = try Bench([SampleStep("a"), SampleStep("b", needs: ["a"])])
    _ = bench.say(.started)
    #expect(bench.expect(.interruptReceived(.terminate)) == [])
    var drained = bench
    #expect(drained.expect(done(perform("a"))) == [.finish(.recorded(.interrupted(.terminate)))])
    #expect(try drained.resume(onwards()) == [.start(perform("b"))])

    #expect(bench.expect(.interruptReceived(.terminate)) == [.cancel(perform("a"))])
    #expect(bench.expect(.jobFailed(perform("a"), .cancelled)) == [.finish(.recorded(.interrupted(.terminate)))])
    #expect(try bench.resume(onwards()) == [.start(perform("a", 2))])
  }

  @Test("without the lock nothing is recorded or started any more, and what runs is cancelled")
  func lockLost() throws {
    var bench = try Bench([SampleStep("a"), SampleStep("b", needs: ["a"])])
    _ = bench.say(.started)
    let before = bench.events
    #expect(bench.expect(.lockLost(holder: "bob")) == [.cancel(perform("a"))])
    #expect(bench.expect(.jobFailed(perform("a"), .cancelled)) == [.finish(.lockLost(holder: "bob"))])
    #expect(bench.events == before)
  }

  @Test("a person can go on without a step, or say what became of one; what does not fit is refused before anything is written")
  func orders() throws {
    var bench = try Bench([SampleStep("a"), SampleStep("b", needs: ["a"])])
    _ = bench.say(.started)
    _ = bench.say(failed(perform("a")))
    var skipping = bench
    #expect(try skipping.resume(onwards { $0.skips = ["a": "done by hand"] }) == [.start(perform("b"))])
    #expect(skipping.state("a") == .skipped)

    let events = bench.events
    #expect(throws: RunRefused.order("`a` was not in doubt")) { try bench.resume(onwards { $0.verdicts = ["a": .done] }) }
    #expect(throws: RunRefused.order("the changeset has no step `nowhere`")) { try bench.resume(onwards { $0.skips = ["nowhere": ""] }) }
    #expect(throws: RunRefused.order("`b` waits for `a`: skip that too, or skip `b` when that is over")) { try bench.resume(onwards { $0.skips = ["b": ""] }) }
    #expect(bench.events == events)
    var both = bench
    #expect(try both.resume(onwards { $0.skips = ["a": "", "b": ""] }) == [.finish(.recorded(.done))])

    var crashed = try Bench([SampleStep("a"), SampleStep("b", needs: ["a"])])
    _ = crashed.say(.started)
    #expect(try crashed.resume(onwards { $0.verdicts = ["a": .done] }) == [.start(perform("b"))])
  }

  @Test("a step in doubt is settled before anything is started; where nobody knows, a person is asked")
  func doubt() throws {
    var bench = try Bench([SampleStep("a"), SampleStep("b")], parallelism: 1)
    _ = bench.say(.started)
    #expect(try bench.resume(onwards { $0.parallelism = 1 }) == [.settle(perform("a"))])
    var notDone = bench
    #expect(notDone.expect(.jobSettled(perform("a"), .notDone)) == [.start(perform("a", 2))])
    var found = bench
    #expect(found.expect(.jobSettled(perform("a"), .done(StepResult(summary: "found")))) == [.start(perform("b"))])
    #expect(bench.expect(.jobSettled(perform("a"), .unknown("look at it"))) == [.ask(perform("a"), .didItHappen("look at it"))])
    #expect(bench.expect(.questionAnswered(perform("a"), .nobody)) == [.finish(.recorded(.paused(.inDoubt(["a"]))))])
  }

  @Test("column of exit codes")
  func exitCodes() {
    let column: [(RunEnding, Int32)] = [
      (.recorded(.done), 0), (.recorded(.failed), 1), (.recorded(.rolledBack), 4), (.recorded(.rollbackIncomplete), 5),
      (.recorded(.paused(.moved("a"))), 6), (.journalLost(reason: "full"), 6), (.lockLost(holder: "bob"), 7),
      (.recorded(.interrupted(.interrupt)), 130), (.recorded(.interrupted(.terminate)), 143),
    ]
    for (ending, code) in column { #expect(ending.exitCode == code) }
  }

  @Test("steps that wait for each other are refused by name")
  func cycle() {
    #expect(throws: RunRefused.cycle(["a", "b", "a"])) { try Bench([SampleStep("a", needs: ["b"]), SampleStep("b", needs: ["a"])]) }
  }
}
