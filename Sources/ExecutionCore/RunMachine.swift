internal import ChangePlanning
public import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
public import Units

/// The core that decides what a run does next: inputs in, actions out. It has no clock, no disk and no chance of its own.
///
/// Each piece of work passes through a slot: a step's place in the changeset, or one of the two steps around a rollback. A slot has at
/// most one thing going on. An effect is started by the acknowledgement of its intent, never before.
public struct RunMachine: Sendable {
  /// How long a job that was told to stop may take before the run goes on without it.
  static let grace = TimeSpan.seconds(30)

  enum Mode: Hashable, Sendable {
    case opening
    /// Finding out what became of the steps in doubt, before anything is started.
    case settling
    /// Until enough people have agreed.
    case gate
    case forward
    /// Every step is done, and people look whether it is to stay.
    case trial
    case rollback(RollbackStage)
    /// Nothing new is started; when nothing runs any more, the reason decides what comes next.
    case stopping(StopReason)
    case finishing
    case finished
  }
  enum RollbackStage: Hashable, Sendable { case before, undoing, after }
  enum StopReason: Hashable, Sendable {
    case rollback(RollbackReason)
    case pause(PauseReason)
    case interrupt(Interruption)
    case lockLost(holder: String)
    case journalLost(reason: String)

    /// A stronger reason replaces a weaker one. A pause is stronger than a rollback: a person can still choose the rollback.
    var strength: Int {
      switch self {
      case .rollback: 0
      case .pause: 1
      case .interrupt: 2
      case .lockLost: 3
      case .journalLost: 4
      }
    }
    /// Whether records can still be written.
    var silencesJournal: Bool { strength >= 3 }
  }

  /// What goes on in a slot.
  struct Work: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case observing, acting, settling, asking, waiting, approving }
    enum Stop: Hashable, Sendable { case timeout, interrupt, branchGivenUp, skipped }
    var job: Job
    var kind: Kind
    /// Its intent is durable, so that it may have acted.
    var hasBegun = false
    var stop: Stop?
  }
  struct BranchNumber: Hashable, Sendable { var choice: StepName; var number: Int }
  /// What an acknowledged record lets happen.
  enum Release: Hashable, Sendable {
    case nothing
    case open
    case begin(Job)
    case finish(RunResult)
  }
  enum Alarm: Hashable, Sendable { case timeout, grace, retry }

  /// The run as its journal will say.
  public internal(set) var state: RunState
  let opening: Opening
  let graph: StepGraph
  var mode = Mode.opening
  var scheduler: Scheduler
  var work: [Int: Work] = [:]
  var releases: [Release] = []
  var timers: [TimerID: (slot: Int, job: Job, alarm: Alarm)] = [:]
  var timersSet = 0
  /// Of the branches that were begun: choice and number.
  var deadlines: [TimerID: BranchNumber] = [:]
  var gateTimers: [TimerID: Gate] = [:]
  var trialTimer: TimerID?
  /// What was said and could not be taken up yet.
  var unheard: [Spoken] = []
  var actions: [Action] = []

  /// Takes one input and says what to do now.
  public mutating func handle(_ input: Input, at now: Timestamp) -> [Action] {
    guard mode != .finished else { return [] }
    actions = []
    switch input {
    case .started: open(now)
    case .recorded: released(now)
    case .journalFailed(let reason): loseJournal(.journalLost(reason: reason), now)
    case .lockLost(let holder): loseJournal(.lockLost(holder: holder), now)
    case .preconditionObserved(let job, let observation): observed(job, observation, now)
    case .jobSucceeded(let job, let result): ended(job, .success(result), now)
    case .jobFailed(let job, let failure): ended(job, .failure(failure), now)
    case .jobSettled(let job, let settlement): settled(job, settlement, now)
    case .questionAnswered(let job, let answer): answered(job, answer, now)
    case .timerFired(let timer): fired(timer, now)
    case .wordSpoken(let spoken): unheard.append(spoken)
    case .interruptReceived(let signal): interrupted(signal, now)
    }
    advance(now)
    defer { actions = [] }
    return actions
  }

  // MARK: Slots

  var slotBeforeRollback: Int { state.count }
  var slotAfterRollback: Int { state.count + 1 }

  func slot(of job: Job) -> Int? {
    switch job.activity {
    case .perform, .undo: state.index(of: job.step)
    case .beforeRollback: slotBeforeRollback
    case .afterRollback: slotAfterRollback
    }
  }

  /// The slot in which exactly this is going on; nil for what comes too late.
  func slot(of job: Job, doing kind: Work.Kind) -> Int? {
    guard let slot = slot(of: job), let current = work[slot], current.job == job, current.kind == kind else { return nil }
    return slot
  }

  func specification(_ slot: Int) -> StepSpecification? {
    if slot < state.count { return state.specification(slot) }
    return slot == slotBeforeRollback ? state.changeset.rollbackBefore : state.changeset.rollbackAfter
  }

  func record(in slot: Int) -> StepRecord {
    if slot < state.count { return state[slot] }
    return slot == slotBeforeRollback ? state.beforeRollback : state.afterRollback
  }

  /// How long one attempt at the job may take.
  func timeout(of job: Job, in slot: Int) -> TimeSpan {
    guard let specification = specification(slot) else { return .zero }
    return job.activity == .undo ? specification.undoTimeout : specification.timeout
  }

  // MARK: The journal

  /// Puts an event on record; `release` happens once it is durable.
  mutating func record(_ event: Event, _ now: Timestamp, then release: Release = .nothing) {
    if case .stopping(let reason) = mode, reason.silencesJournal { return }
    do {
      try state.apply(event, at: now)
      releases.append(release)
      actions.append(.record(Entry(at: now, event: event)))
    } catch {
      // The table refuses what the machine wants: a mistake in the machine. The run must end without another effect.
      loseJournal(.journalLost(reason: "internal error: \(error.why)"), now)
    }
  }

  private mutating func released(_ now: Timestamp) {
    guard !releases.isEmpty else { return }
    switch releases.removeFirst() {
    case .nothing: break
    case .open: enterDirection(now)
    case .begin(let job): begin(job, now)
    case .finish(let result):
      mode = .finished
      actions.append(.finish(.recorded(result)))
    }
  }

  /// The intent is durable: the effect may start.
  private mutating func begin(_ job: Job, _ now: Timestamp) {
    guard let slot = slot(of: job, doing: .acting) else { return }
    guard work[slot]?.stop == nil else {
      work[slot] = nil
      record(.outcome(Outcome(job: job, ending: .cancelled)), now)
      return
    }
    work[slot]?.hasBegun = true
    actions.append(job.activity == .undo ? .undo(job) : .start(job))
    setTimer(.timeout, slot, job, after: timeout(of: job, in: slot), now)
  }

  /// No record can be written any more, so nothing may be started; what has begun may end.
  private mutating func loseJournal(_ reason: StopReason, _ now: Timestamp) {
    releases = []
    stop(reason, now)
    for slot in work.keys.sorted() where work[slot]?.hasBegun == false { work[slot] = nil }
    if case .lockLost = reason { cancelAll(now) }
  }

  // MARK: Timers

  mutating func setTimer(_ alarm: Alarm, _ slot: Int, _ job: Job, after span: TimeSpan, _ now: Timestamp) {
    timersSet += 1
    let timer = TimerID(number: timersSet)
    timers[timer] = (slot, job, alarm)
    actions.append(.wake(timer, at: now + span))
  }

  private mutating func fired(_ timer: TimerID, _ now: Timestamp) {
    if let gate = gateTimers[timer] { return gateTimeOver(gate, now) }
    if timer == trialTimer { return trialTimeOver(now) }
    if let branch = deadlines[timer] { return deadlinePassed(branch, now) }
    guard let (slot, job, alarm) = timers.removeValue(forKey: timer), let current = work[slot], current.job == job else { return }
    switch (alarm, current.kind) {
    case (.retry, .waiting): tryAgain(slot, job, now)
    case (.timeout, .acting) where current.stop == nil: cancel(slot, because: .timeout, now)
    case (.grace, .acting): abandon(slot, job, now)
    case (.timeout, .observing):
      actions.append(.cancel(job))
      observed(job, .unreachable("not observed within \(timeout(of: job, in: slot).rounded)"), now)
    case (.timeout, .settling):
      actions.append(.cancel(job))
      settled(job, .unknown("nobody could find out within \(timeout(of: job, in: slot).rounded)"), now)
    case (.timeout, .asking):
      actions.append(.cancel(job))
      answered(job, .nobody, now)
    default: break
    }
  }
}
