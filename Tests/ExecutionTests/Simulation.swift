import CanonicalJSON
import ChangePlanning
import ExecutionCore
import Hashing
import Journaling
import PlanModel
import ProviderInterface
import Scheduling
import TestSupport
import Testing
import Units

/// Drives the real core through a model world, event by event, with crashes at will. All chance comes from the seed.
struct Simulation {
  struct Disturbance {
    /// The tool dies before this event of the run, counted over everything that happens.
    var crashBefore: Int?
    /// Signals arrive before these events.
    var interruptsBefore: [Int] = []
    /// The journal takes no more after so many records.
    var journalEndsAfter: Int?
    var nobodyAnswers = false
  }

  private enum Event {
    case input(Input)
    case acknowledge
    case effect(Job)
    case report(Job, Input)
    /// Of those that people are about to say.
    case word(String)
  }
  private struct Scheduled {
    var at: Timestamp
    var number: Int
    var event: Event
  }

  var world: ModelWorld
  /// Durable records, and those on their way to the disk.
  private(set) var durable: [Entry] = []
  private var unsynced: [Entry] = []
  private var queue: [Scheduled] = []
  private var numbers = 0
  private var now = Timestamp.sample
  private var random: SplitMix64
  private var machine: RunMachine
  private var acting: Set<Job> = []
  private(set) var ending: RunEnding?
  private(set) var events = 0
  private var recordsTaken = 0
  private var disturbance: Disturbance

  init(_ world: ModelWorld, seed: Int, _ disturbance: Disturbance = Disturbance()) throws {
    self.world = world
    self.disturbance = disturbance
    random = SplitMix64(seed: "run \(seed)")
    let start = RunStarted(run: .sample, toolVersion: "0.0.1", parallelism: world.changeset.parallelism, changeset: world.changeset)
    machine = try RunMachine(starting: start, at: now)
    feed(.started)
  }

  var state: RunState { machine.state }
  var violations: [String] { world.violations }

  /// Until the process ends, in good order or by a crash (then `ending` is nil).
  mutating func run() {
    while ending == nil {
      guard events < 5_000, let next = queue.indices.min(by: { (queue[$0].at, queue[$0].number) < (queue[$1].at, queue[$1].number) }) else {
        world.violations.append("the run came to no end")
        return
      }
      if events == disturbance.crashBefore {
        disturbance.crashBefore = nil
        return
      }
      if disturbance.interruptsBefore.contains(events) { feed(.interruptReceived(.interrupt)) }
      events += 1
      let scheduled = queue.remove(at: next)
      now = max(now, scheduled.at)
      happen(scheduled.event)
    }
  }

  /// The next crash, counted from now.
  mutating func crash(afterEvents count: Int) { disturbance.crashBefore = events + count }
  /// Somebody has made room on the disk.
  mutating func roomAgain() { disturbance.journalEndsAfter = nil }

  /// After a crash or an end: the same world, a new process, the journal as the disk kept it.
  mutating func resume(_ direction: ResumeOrder.Direction = .onwards) throws {
    let torn = keepWhatTheDiskHas()
    queue = []
    acting = []
    ending = nil
    now = now + .seconds(30)
    guard !durable.isEmpty else { return try startAgain() }
    let records = durable.enumerated().map { number, entry in
      JournalRecord(seq: number + 1, prev: .of([]), at: entry.at, who: "ada", host: "ops-1", event: entry.event)
    }
    disturbance.crashBefore = nil
    disturbance.interruptsBefore = []
    let state = try RunState(replaying: records)
    if let result = state.result, !result.canBeResumed, direction == .onwards || result == .rolledBack {
      // It had come to its end; only the last word was not heard.
      ending = .recorded(result)
      return
    }
    var order = ResumeOrder(direction, by: "ada", toolVersion: "0.0.1", parallelism: world.changeset.parallelism, tornBytes: torn)
    order.words = world.inbox
    machine = try RunMachine(resuming: state, order, at: now)
    for (id, word) in world.unsaid { schedule(at: max(now, word.at), .word(id)) }
    feed(.started)
  }

  /// What was not synced may be there whole, in part, or not at all; and now and then the last durable record is damaged.
  private mutating func keepWhatTheDiskHas() -> Int {
    if ending == nil, unsynced.isEmpty, durable.count > 1, Int.random(in: 0..<3, using: &random) == 0 {
      durable.removeLast()
      return 17
    }
    let kept = Int.random(in: 0...unsynced.count, using: &random)
    // Nobody waited for these to be acknowledged, and people see them all the same.
    for entry in unsynced.prefix(kept) {
      durable.append(entry)
      _ = world.people.react(to: entry, world.changeset, &world.unsaid)
    }
    let isTorn = kept < unsynced.count && Bool.random(using: &random)
    unsynced = []
    return isTorn ? 17 : 0
  }

  private mutating func startAgain() throws {
    let start = RunStarted(run: .sample, toolVersion: "0.0.1", parallelism: world.changeset.parallelism, changeset: world.changeset)
    machine = try RunMachine(starting: start, at: now)
    feed(.started)
  }

  // MARK: The shell's part

  private mutating func feed(_ input: Input) {
    for action in machine.handle(input, at: now) { carryOut(action) }
  }

  private mutating func later(_ most: Int, _ event: Event) {
    schedule(at: now + .milliseconds(Int64(Int.random(in: 0...most, using: &random))), event)
  }
  private mutating func schedule(at: Timestamp, _ event: Event) {
    numbers += 1
    queue.append(Scheduled(at: at, number: numbers, event: event))
  }

  private mutating func carryOut(_ action: Action) {
    switch action {
    case .record(let entry):
      unsynced.append(entry)
      later(5, .acknowledge)
    case .observe(let job): later(2_000, .input(.preconditionObserved(job, observation(of: job))))
    case .start(let job), .undo(let job): start(job)
    case .settle(let job): later(2_000, .input(.jobSettled(job, settlement(of: job))))
    case .ask(let job, let question): later(60_000, .input(.questionAnswered(job, answer(to: question, job))))
    case .cancel(let job):
      // Whatever it was about to do, it does not do any more.
      guard acting.contains(job) else { return }
      queue.removeAll { if case .effect(job) = $0.event { true } else if case .report(job, _) = $0.event { true } else { false } }
      later(2_000, .report(job, .jobFailed(job, .cancelled)))
    case .wake(let timer, let at): schedule(at: at, .input(.timerFired(timer)))
    case .finish(let ending): finish(ending)
    }
  }

  private mutating func finish(_ ending: RunEnding) {
    self.ending = ending
    if case .journalLost(let reason) = ending, disturbance.journalEndsAfter == nil { world.violations.append(reason) }
    if !acting.isEmpty { world.violations.append("the run ended while something was acting") }
    if case .recorded(let result) = ending, durable.last?.event != .finished(result) {
      world.violations.append("the end is not on record")
    }
  }

  private func observation(of job: Job) -> Observation {
    guard let index = world.index(job.step), case .facts(let facts) = world.changeset.steps[index].basis else { return .nothing }
    return Observation(facts: facts, measurements: ["size": 7])
  }

  private func settlement(of job: Job) -> Settlement {
    guard let index = world.index(job.step) else { return .notDone }
    if !world.natures[index].canBeSettled { return .unknown("look at \(job.step)") }
    return world.applied.contains(index) ? .done(StepResult(summary: "found done")) : .notDone
  }

  private mutating func answer(to question: Question, _ job: Job) -> Answer {
    if disturbance.nobodyAnswers { return .nobody }
    switch question {
    case .confirm:
      if let index = world.index(job.step) { world.confirmed.insert(index) }
      return .yes(by: "ada")
    case .didItHappen:
      return world.index(job.step).map(world.applied.contains) == true ? .yes(by: "ada") : .no(by: "ada")
    }
  }

  private mutating func start(_ job: Job) {
    if !durable.contains(where: { $0.event == .intent(job) }) { world.violations.append("\(job) acted without a durable intent") }
    if job.activity == .perform, acting.count >= world.changeset.parallelism { world.violations.append("wider than allowed") }
    world.violations += acting.filter { isPreferred($0, to: job) }.map { "\(job) began while \($0) could still act" }
    acting.insert(job)
    let limits = SharedLimits(acting.compactMap { world.index($0.step).map(world.specification) })
    for (limit, capacity) in limits.capacities.enumerated() where limits.uses.reduce(0, { $0 + ($1[limit] ?? 0) }) > capacity {
      world.violations.append("\(job) takes more of \(limits.names[limit]) than there is")
    }
    guard let index = world.index(job.step), job.activity == .perform || job.activity == .undo else {
      return later(3_000, .report(job, .jobSucceeded(job, nil)))
    }
    let failure = StepFailure("broken", "it does not work", transient: true)
    let effectAt = now + .milliseconds(Int64(Int.random(in: 1...20_000, using: &random)))
    let endAt = effectAt + .milliseconds(Int64(Int.random(in: 0...3_000, using: &random)))
    if job.activity == .perform {
      if world.natures[index].hangsLeft > 0 {
        world.natures[index].hangsLeft -= 1
        // Half of the time it has had its effect before it hangs.
        if !world.natures[index].failsForGood, Bool.random(using: &random) { schedule(at: effectAt, .effect(job)) }
      } else if world.natures[index].failsForGood || world.natures[index].failuresLeft > 0 {
        world.natures[index].failuresLeft = max(0, world.natures[index].failuresLeft - 1)
        world.leaveRemains(index)
        schedule(at: endAt, .report(job, .jobFailed(job, failure)))
      } else {
        schedule(at: effectAt, .effect(job))
        schedule(at: endAt, .report(job, .jobSucceeded(job, StepResult(summary: "done"))))
      }
    } else if world.natures[index].undoFailsForGood || world.natures[index].undoFailuresLeft > 0 {
      world.natures[index].undoFailuresLeft = max(0, world.natures[index].undoFailuresLeft - 1)
      schedule(at: endAt, .report(job, .jobFailed(job, failure)))
    } else {
      schedule(at: effectAt, .effect(job))
      schedule(at: endAt, .report(job, .jobSucceeded(job, nil)))
    }
  }

  /// Whether it is of an earlier branch of the same choice.
  private func isPreferred(_ other: Job, to job: Job) -> Bool {
    guard job.activity == .perform, let own = world.place(job.step), let place = world.place(other.step) else { return false }
    return place.choice == own.choice && place.number < own.number
  }

  private mutating func happen(_ event: Event) {
    switch event {
    case .input(let input): feed(input)
    case .acknowledge: acknowledge()
    case .word(let id):
      guard let spoken = world.unsaid.removeValue(forKey: id)?.spoken else { return }
      world.inbox.append(spoken)
      feed(.wordSpoken(spoken))
    case .effect(let job):
      guard let index = world.index(job.step) else { return }
      if job.activity == .undo { world.undo(index) } else { world.perform(index) }
    case .report(let job, let input):
      acting.remove(job)
      feed(input)
    }
  }

  private mutating func acknowledge() {
    guard !unsynced.isEmpty else { return }
    if recordsTaken == disturbance.journalEndsAfter {
      unsynced = []
      return feed(.journalFailed(reason: "No space left on device"))
    }
    recordsTaken += 1
    durable.append(unsynced.removeFirst())
    if let last = durable.last {
      for (id, at) in world.people.react(to: last, world.changeset, &world.unsaid) { schedule(at: at, .word(id)) }
    }
    feed(.recorded)
  }

  /// The durable records as the bytes of a journal file.
  func bytes() throws -> [UInt8] {
    var bytes: [UInt8] = []
    var prev = try #require(SHA256Digest(String(repeating: "0", count: 64)))
    for (number, entry) in durable.enumerated() {
      let record = JournalRecord(seq: number + 1, prev: prev, at: entry.at, who: "ada", host: "ops-1", event: entry.event)
      let (line, digest) = try record.sealed()
      bytes += line
      prev = digest
    }
    return bytes
  }
}
