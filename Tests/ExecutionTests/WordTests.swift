import CanonicalJSON
import ChangePlanning
import ExecutionCore
import Journaling
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units

/// The machine with a journal that never fails, and a clock that goes to each timer.
private struct Bench {
  var machine: RunMachine
  var now = Timestamp.sample
  var events: [Event] = []
  var timers: [(id: TimerID, at: Timestamp)] = []
  private var words = 0

  init(_ steps: [SampleStep], approval: ApprovalRule? = nil, provisional: Provisional? = nil) throws {
    let changeset = try Changeset.sample(steps, approval: approval, provisional: provisional)
    machine = try RunMachine(starting: RunStarted(run: .sample, toolVersion: "0.0.1", parallelism: 2, changeset: changeset), at: now)
  }

  mutating func say(_ input: Input) -> [Action] {
    var rest: [Action] = []
    var inputs = [input]
    while !inputs.isEmpty {
      for action in machine.handle(inputs.removeFirst(), at: now) {
        switch action {
        case .record(let entry):
          events.append(entry.event)
          inputs.append(.recorded)
        case .wake(let id, let at): timers.append((id, at))
        default: rest.append(action)
        }
      }
    }
    return rest
  }

  /// Lets time go by; every timer on the way fires.
  mutating func wait(_ span: TimeSpan) -> [Action] {
    let end = now + span
    var actions: [Action] = []
    while let next = timers.indices.filter({ timers[$0].at <= end }).min(by: { timers[$0].at < timers[$1].at }) {
      let timer = timers.remove(at: next)
      now = max(now, timer.at)
      actions += say(.timerFired(timer.id))
    }
    now = end
    return actions
  }

  mutating func word(_ order: Word.Order, reason: String = "because") -> Word {
    words += 1
    return Word(id: "word-\(words)", by: "ada", host: "ops-2", at: now, reason: reason, order: order)
  }
  mutating func tell(_ order: Word.Order, reason: String = "because") -> [Action] { say(.wordSpoken(Spoken(word(order, reason: reason)))) }

  func approval(_ name: String, step: StepName? = nil, breaksGlass: Bool = false, _ adjust: (inout ApprovalStatement) -> Void = { _ in }) -> Word.Order {
    var statement = ApprovalStatement(
      digest: machine.state.changeset.digest, run: .sample, gate: Gate(step: step), name: name, at: now, until: now + .hours(1), reason: breaksGlass ? "nobody answers" : "",
      breaksGlass: breaksGlass)
    adjust(&statement)
    return .approve(SignedApproval(statement, signature: "of \(name)"))
  }
  mutating func approve(_ name: String, step: StepName? = nil, key: String? = nil, breaksGlass: Bool = false, _ adjust: (inout ApprovalStatement) -> Void = { _ in }) -> [Action] {
    say(.wordSpoken(Spoken(word(approval(name, step: step, breaksGlass: breaksGlass, adjust)), .good(key: key ?? "key of \(name)"))))
  }

  /// Why the last word was refused.
  var refusal: String? { if case .wordRefused(let refused) = events.last { refused.code } else { nil } }
  func state(_ step: StepName) -> StepState? { machine.state.index(of: step).map { machine.state.state($0) } }
  func count(_ holds: (Event) -> Bool) -> Int { events.count(where: holds) }

  /// The process has died, or has ended in good order: another one reads the journal.
  mutating func resume(_ adjust: (inout ResumeOrder) -> Void = { _ in }) throws -> [Action] {
    var order = ResumeOrder(.onwards, by: "ada", toolVersion: "0.0.1", parallelism: 2)
    adjust(&order)
    timers = []
    machine = try RunMachine(resuming: machine.state, order, at: now)
    return say(.started)
  }
}

private func perform(_ step: StepName, _ attempt: Int = 1) -> Job { Job(step: step, activity: .perform, attempt: attempt) }
private func undo(_ step: StepName) -> Job { Job(step: step, activity: .undo, attempt: 1) }
private func done(_ step: StepName, _ attempt: Int = 1) -> Input { .jobSucceeded(perform(step, attempt), StepResult(summary: "set")) }
private func failed(_ step: StepName, _ attempt: Int = 1, transient: Bool = false) -> Input {
  .jobFailed(perform(step, attempt), StepFailure("broken", "it does not work", transient: transient))
}
private let two = ApprovalRule(by: ["a", "b", "c"], atLeast: 2, within: .minutes(15))
private let withGlass = ApprovalRule(by: ["a", "b"], atLeast: 2, within: .minutes(15), breakGlass: .init(by: ["on-call"], within: .minutes(5)))

@Suite("Approvals") struct ApprovalMachineTests {
  @Test("nothing begins before two people have agreed") func waits() throws {
    var bench = try Bench([SampleStep("x")], approval: two)
    #expect(bench.say(.started) == [])
    #expect(bench.events.last == .awaited(.beginning))
    #expect(bench.approve("a") == [])
    #expect(bench.approve("c") == [.start(perform("x"))])
    #expect(bench.events.contains(.gateOpened(GateOpened(.beginning, by: ["a", "c"], glassBroken: false))))
    #expect(bench.say(done("x")) == [.finish(.recorded(.done))])
  }

  @Test("column of approvals that do not count") func refused() throws {
    var bench = try Bench([SampleStep("x")], approval: two)
    _ = bench.say(.started)
    _ = bench.approve("a")
    func refusal(_ name: String, key: String? = nil, step: StepName? = nil, breaksGlass: Bool = false, _ adjust: (inout ApprovalStatement) -> Void = { _ in }) -> String? {
      var trial = bench
      let actions = trial.approve(name, step: step, key: key, breaksGlass: breaksGlass, adjust)
      #expect(actions.isEmpty == (trial.refusal != nil))
      return trial.refusal
    }
    #expect(refusal("a") == "approval-twice")
    #expect(refusal("b", key: "key of a") == "approval-twice", "two names, one key: one person")
    #expect(refusal("d") == "approval-by-stranger")
    #expect(refusal("b") { $0.digest = "another" } == "approval-of-another")
    #expect(refusal("b") { $0.run = RunID(rawValue: "20261124T081534Z-else") } == "approval-of-another")
    #expect(refusal("b") { $0.until = .sample - .seconds(1) } == "approval-expired")
    #expect(refusal("b") { $0.at = .sample + .minutes(6) } == "approval-from-the-future")
    #expect(refusal("b") { $0.formatVersion = 2 } == "approval-unreadable")
    #expect(refusal("b", step: "x") == "approval-not-asked")
    #expect(refusal("b", breaksGlass: true) == "approval-by-stranger", "the plan has no glass")
    #expect(refusal("b") { $0.run = nil } == nil, "one of the changeset is one of each of its runs")
    let unsigned = bench.word(bench.approval("b"))
    #expect(bench.say(.wordSpoken(Spoken(unsigned, .bad(code: "approval-bad-signature", why: "it was changed")))) == [])
    #expect(bench.refusal == "approval-bad-signature")
    #expect(bench.say(.wordSpoken(Spoken(bench.word(bench.approval("b"))))) == [])
    #expect(bench.refusal == "approval-unchecked")
    #expect(bench.approve("b") == [.start(perform("x"))])
  }

  @Test("too few in time: the run pauses, and who resumes gives them the whole time again") func late() throws {
    var bench = try Bench([SampleStep("x")], approval: two)
    _ = bench.say(.started)
    _ = bench.approve("a")
    #expect(bench.wait(.minutes(14)) == [])
    #expect(bench.wait(.minutes(1)) == [.finish(.recorded(.paused(.unapproved(.beginning))))])
    // Said while nobody was at work: it is taken up by whoever resumes.
    bench.now = bench.now + .minutes(30)
    let word = bench.word(bench.approval("b"))
    #expect(try bench.resume { $0.words = [Spoken(word, .good(key: "key of b"))] } == [.start(perform("x"))])
    #expect(bench.machine.state.hasHeard(word.id))
  }

  @Test("an approval counts as long as it says, and may then be given again") func expires() throws {
    var bench = try Bench([SampleStep("x")], approval: ApprovalRule(by: ["a", "b"], atLeast: 2, within: .hours(3)))
    _ = bench.say(.started)
    _ = bench.approve("a")
    _ = bench.wait(.minutes(61))
    #expect(bench.approve("b") == [], "the first has expired meanwhile")
    #expect(bench.approve("a") == [.start(perform("x"))])
  }

  @Test("over a crash the time goes on") func crash() throws {
    var bench = try Bench([SampleStep("x")], approval: two)
    _ = bench.say(.started)
    _ = bench.wait(.minutes(10))
    #expect(try bench.resume() == [])
    #expect(bench.count { $0 == .awaited(.beginning) } == 1)
    #expect(bench.wait(.minutes(5)) == [.finish(.recorded(.paused(.unapproved(.beginning))))])
  }

  @Test("the glass is broken when the time is over, not before, and that is on record") func glass() throws {
    var bench = try Bench([SampleStep("x")], approval: withGlass)
    _ = bench.say(.started)
    #expect(bench.approve("on-call") == [], "alone counts only by breaking the glass")
    #expect(bench.refusal == "approval-by-stranger")
    #expect(bench.approve("on-call", breaksGlass: true) { $0.reason = "" } == [])
    #expect(bench.refusal == "reason-missing")
    #expect(bench.approve("a", breaksGlass: true) == [])
    #expect(bench.refusal == "approval-by-stranger")
    _ = bench.approve("a")
    var late = bench
    #expect(bench.approve("on-call", breaksGlass: true) == [], "the others still have time")
    #expect(bench.wait(.minutes(15)) == [.start(perform("x"))])
    #expect(bench.events.contains(.gateOpened(GateOpened(.beginning, by: ["on-call"], glassBroken: true))))

    #expect(late.wait(.minutes(16)) == [])
    var enough = late
    #expect(enough.approve("b") == [.start(perform("x"))], "whoever wakes up late is heard all the same")
    #expect(late.approve("on-call", breaksGlass: true) == [.start(perform("x"))])
    var asleep = try Bench([SampleStep("x")], approval: withGlass)
    _ = asleep.say(.started)
    #expect(asleep.wait(.minutes(20)) == [.finish(.recorded(.paused(.unapproved(.beginning))))])
  }

  @Test("before a point of no return the run waits, others go on, and then it looks whether the world is still the same") func step() throws {
    let rule = ApprovalRule(by: ["a"], atLeast: 1, within: .minutes(15))
    var bench = try Bench([
      SampleStep("fence"),
      SampleStep("promote", needs: ["fence"]) { $0.approval = rule; $0.undo = .irreversible(reason: "the timelines part"); $0.basis = .facts(["role": "standby"]) },
      SampleStep("tell"), SampleStep("after", needs: ["tell"]),
    ])
    #expect(bench.say(.started) == [.start(perform("fence")), .start(perform("tell"))])
    #expect(bench.say(done("fence")) == [])
    #expect(bench.events.last == .awaited(Gate(step: "promote")))
    #expect(bench.say(done("tell")) == [.start(perform("after"))])
    #expect(bench.approve("a") == [], "of the beginning, which nobody asks for")
    #expect(bench.refusal == "approval-not-asked")
    var late = bench
    #expect(bench.approve("a", step: "promote") == [.observe(perform("promote"))])
    #expect(bench.say(.preconditionObserved(perform("promote"), Observation(facts: ["role": "standby"]))) == [.start(perform("promote"))])
    #expect(bench.say(failed("promote", transient: true)) == [])
    #expect(late.say(done("after")) == [])
    #expect(late.wait(.minutes(15)) == [.finish(.recorded(.paused(.unapproved(Gate(step: "promote")))))])
    #expect(late.state("promote") == .notStarted)
  }

  @Test("a step that is unchanged waits for nobody; one that was approved and failed is not asked for again") func once() throws {
    let rule = ApprovalRule(by: ["a"], atLeast: 1, within: .minutes(15))
    var same = try Bench([SampleStep("x") { $0.approval = rule; $0.action = .none; $0.basis = .facts([:]) }])
    #expect(same.say(.started) == [.observe(perform("x"))])
    var bench = try Bench([SampleStep("x") { $0.approval = rule }])
    #expect(bench.say(.started) == [])
    #expect(bench.approve("a", step: "x") == [.start(perform("x"))])
    #expect(bench.say(failed("x")) == [.finish(.recorded(.paused(.stepFailed("x"))))])
    #expect(try bench.resume() == [.start(perform("x", 2))])
  }

  @Test("who waits can be interrupted, rolled back, and skipped past") func others() throws {
    var bench = try Bench([SampleStep("x")], approval: two)
    _ = bench.say(.started)
    var interrupted = bench
    #expect(interrupted.say(.interruptReceived(.interrupt)) == [.finish(.recorded(.interrupted(.interrupt)))])
    var back = bench
    #expect(back.tell(.rollback) == [.finish(.recorded(.rolledBack))])
    #expect(bench.tell(.skip("x")) == [])
    #expect(bench.approve("a") == [])
    #expect(bench.approve("b") == [.finish(.recorded(.done))])
  }
}

@Suite("Words during a run") struct WordMachineTests {
  @Test("a step whose turn has come is skipped, and what needs it goes on") func skipPending() throws {
    var bench = try Bench([SampleStep("a"), SampleStep("b", needs: ["a"]) { $0.question = "go on?" }, SampleStep("c", needs: ["b"])])
    _ = bench.say(.started)
    #expect(bench.tell(.skip("b")) == [])
    #expect(bench.refusal == "step-not-due", "else `c` would begin before `a` is done")
    #expect(bench.say(done("a")) == [.ask(perform("b"), .confirm("go on?"))])
    #expect(bench.tell(.skip("b"), reason: "done by hand") == [.cancel(perform("b")), .start(perform("c"))])
    #expect(bench.state("b") == .skipped)
    #expect(bench.machine.state["b"]?.skipped?.reason == "done by hand")
  }

  @Test("a running step is told to stop, and is skipped when it has") func skipRunning() throws {
    var bench = try Bench([SampleStep("a"), SampleStep("b", needs: ["a"])])
    _ = bench.say(.started)
    #expect(bench.tell(.skip("a")) == [.cancel(perform("a"))])
    var done_ = bench
    #expect(bench.say(.jobFailed(perform("a"), .cancelled)) == [.start(perform("b"))])
    #expect(bench.state("a") == .skipped)
    #expect(done_.say(done("a")) == [.start(perform("b"))])
    #expect(done_.refusalCodes == ["step-over"] && done_.state("a") == .done)
  }

  @Test("a skipped step that may have acted is looked at by a rollback") func skippedThenBack() throws {
    var bench = try Bench([SampleStep("a") { $0.undo = .step(.init(kind: "sample.reset", arguments: StepArguments([:]), timeout: .minutes(1), retries: 0)) }, SampleStep("b", needs: ["a"])])
    _ = bench.say(.started)
    _ = bench.tell(.skip("a"))
    _ = bench.say(.jobFailed(perform("a"), .cancelled))
    #expect(bench.tell(.rollback) == [])
    #expect(bench.say(done("b")) == [.undo(undo("b"))])
    #expect(bench.say(.jobSucceeded(undo("b"), nil)) == [.settle(perform("a"))])
  }

  @Test("what failed for good is tried again while the rest goes on, and what waits for its next try is tried at once") func retry() throws {
    var bench = try Bench([SampleStep("a") { $0.onFailure = .continue }, SampleStep("b"), SampleStep("c", needs: ["a"])])
    _ = bench.say(.started)
    _ = bench.say(failed("a"))
    #expect(bench.tell(.retry("a")) == [.start(perform("a", 2))])
    #expect(bench.say(done("a", 2)) == [.start(perform("c"))])

    var waiting = try Bench([SampleStep("a") { $0.retries = 1 }])
    _ = waiting.say(.started)
    _ = waiting.say(failed("a", transient: true))
    #expect(waiting.tell(.retry("a")) == [.start(perform("a", 2))])
    #expect(waiting.wait(.seconds(30)) == [], "its own turn is gone")
    #expect(waiting.say(failed("a", 2, transient: true)) == [], "it has all its tries again")
  }

  @Test("where the world had moved, and the rest went on, it is looked at again") func retryMoved() throws {
    var bench = try Bench([SampleStep("a") { $0.onFailure = .continue; $0.basis = .facts(["is": false]) }, SampleStep("b")])
    _ = bench.say(.started)
    _ = bench.say(.preconditionObserved(perform("a"), Observation(facts: ["is": true])))
    #expect(bench.tell(.retry("a")) == [.observe(perform("a"))])
  }

  @Test("column of words that do not fit") func refused() throws {
    var bench = try Bench([SampleStep("a"), SampleStep("b", needs: ["a"])])
    _ = bench.say(.started)
    func refusal(_ order: Word.Order) -> String? {
      var trial = bench
      #expect(trial.tell(order) == [])
      return trial.refusal
    }
    #expect(refusal(.skip("z")) == "step-unknown")
    #expect(refusal(.retry("a")) == "step-not-failed")
    #expect(refusal(.retry("b")) == "step-not-failed")
    #expect(refusal(.commit) == "nothing-to-commit")
    _ = bench.say(done("a"))
    #expect(refusal(.skip("a")) == "step-over")
    _ = bench.tell(.rollback)
    #expect(bench.state("b") == .running)
    _ = bench.say(done("b"))
    for order in [Word.Order.skip("b"), .retry("b"), .rollback] { #expect(refusal(order) == "word-too-late") }
  }

  @Test("a word is heard once, whoever brings it") func once() throws {
    var bench = try Bench([SampleStep("a") { $0.onFailure = .continue }, SampleStep("b")])
    _ = bench.say(.started)
    _ = bench.say(failed("a"))
    let word = Spoken(bench.word(.retry("a")))
    #expect(bench.say(.wordSpoken(word)) == [.start(perform("a", 2))])
    _ = bench.say(failed("a", 2))
    #expect(bench.say(.wordSpoken(word)) == [])
    #expect(try bench.resume { $0.words = [word] } == [.settle(perform("b"))])
    #expect(bench.count { if case .said = $0 { true } else { false } } == 1)
  }

  @Test("what is said while a failure stops the run is left to whoever resumes") func stopping() throws {
    var bench = try Bench([SampleStep("a"), SampleStep("b")])
    _ = bench.say(.started)
    _ = bench.say(failed("a"))
    let word = Spoken(bench.word(.skip("a")))
    #expect(bench.say(.wordSpoken(word)) == [])
    #expect(bench.say(done("b")) == [.finish(.recorded(.paused(.stepFailed("a"))))])
    #expect(try bench.resume { $0.words = [word] } == [.finish(.recorded(.done))])
    #expect(bench.state("a") == .skipped)
  }
}

extension Bench {
  fileprivate var refusalCodes: [String] { events.compactMap { if case .wordRefused(let refused) = $0 { refused.code } else { nil } } }
}

@Suite("Trials") struct TrialMachineTests {
  private func tried(_ ending: Provisional.Ending) throws -> Bench {
    var bench = try Bench([SampleStep("a")], provisional: Provisional(duration: .minutes(30), ending: ending))
    _ = bench.say(.started)
    #expect(bench.tell(.commit) == [])
    #expect(bench.refusal == "nothing-to-commit")
    #expect(bench.say(done("a")) == [])
    #expect(bench.events.last == .trialBegan(Trial(until: .sample + .minutes(30), then: ending)))
    return bench
  }

  @Test("until somebody keeps it the run stays open") func commit() throws {
    var bench = try tried(.rollback)
    #expect(bench.wait(.minutes(29)) == [])
    #expect(bench.tell(.commit, reason: "it works") == [.finish(.recorded(.done))])
    #expect(bench.machine.state.commitment == .person("ada"))
  }

  @Test("or takes it back") func rollback() throws {
    var bench = try tried(.commit)
    #expect(bench.tell(.rollback) == [.undo(undo("a"))])
    #expect(bench.say(.jobSucceeded(undo("a"), nil)) == [.finish(.recorded(.rolledBack))])
    #expect(bench.machine.state.direction == .backward(.requested(by: "ada")))
  }

  @Test("or the time is over, and the plan's word is carried out") func over() throws {
    var kept = try tried(.commit)
    #expect(kept.wait(.minutes(30)) == [.finish(.recorded(.done))])
    #expect(kept.machine.state.commitment == .timeOver)
    var back = try tried(.rollback)
    #expect(back.wait(.minutes(30)) == [.undo(undo("a"))])
    #expect(back.machine.state.direction == .backward(.trialOver))
  }

  @Test("over crashes and interruptions its time goes on, and what was said in time counts") func crash() throws {
    var bench = try tried(.rollback)
    _ = bench.wait(.minutes(10))
    #expect(bench.say(.interruptReceived(.terminate)) == [.finish(.recorded(.interrupted(.terminate)))])
    _ = bench.wait(.minutes(5))
    #expect(try bench.resume() == [])
    #expect(bench.count { if case .trialBegan = $0 { true } else { false } } == 1)
    var late = bench
    #expect(bench.wait(.minutes(15)) == [.undo(undo("a"))])

    let word = late.word(.commit)
    late.now = late.now + .hours(2)
    #expect(try late.resume { $0.words = [Spoken(word)] } == [.finish(.recorded(.done))])
  }

  @Test("a decision that was durable when the process died is carried out") func decided() throws {
    var bench = try tried(.rollback)
    // The record of the word is durable, that of the rollback is not.
    var state = bench.machine.state
    try state.apply(.said(Said(bench.word(.rollback))), at: bench.now)
    bench.machine = try RunMachine(resuming: state, ResumeOrder(.onwards, by: "ada", toolVersion: "0.0.1", parallelism: 2), at: bench.now)
    #expect(bench.say(.started) == [.undo(undo("a"))])
  }
}
