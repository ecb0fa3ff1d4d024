internal import ChangePlanning
public import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import Units

/// A word as it was found in the inbox, and what `ssh-keygen` says of the signature if it is an approval.
public struct Spoken: Hashable, Sendable {
  public enum Signature: Hashable, Sendable {
    /// It is of a key that may sign as the name in the statement; its fingerprint.
    case good(key: String)
    case bad(code: String, why: String)
  }
  public var word: Word
  public var signature: Signature?
  public init(_ word: Word, _ signature: Signature? = nil) { self.word = word; self.signature = signature }

  /// What goes on record.
  func event(in state: RunState, at now: Timestamp) -> Event {
    do throws(WordRefusal) {
      let said = Said(word, key: try key())
      try state.judge(said, at: now)
      return .said(said)
    } catch { return .wordRefused(WordRefused(word, code: error.code, why: error.why)) }
  }

  private func key() throws(WordRefusal) -> String? {
    guard case .approve = word.order else { return nil }
    switch signature {
    case .good(let key): return key
    case .bad(let code, let why): throw WordRefusal(code, why)
    case nil: throw WordRefusal("approval-unchecked", "the signature of `\(word.person)` was checked by nobody")
    }
  }
}

// What people say from other terminals while the run goes on.

extension RunMachine {
  /// Takes up what can be taken up now; the rest waits, or is left to whoever resumes.
  mutating func listen(_ now: Timestamp) {
    let spoken = unheard
    unheard = []
    for word in spoken where !hear(word, now) { unheard.append(word) }
  }

  /// False: not now.
  private mutating func hear(_ spoken: Spoken, _ now: Timestamp) -> Bool {
    guard !state.hasHeard(spoken.word.id) else { return true }
    switch mode {
    case .gate, .forward, .trial, .rollback: break
    case .opening, .settling, .stopping, .finishing, .finished: return false
    }
    if mode == .forward, case .skip(let name) = spoken.word.order, let step = state.index(of: name), work[step]?.kind == .acting {
      // It is skipped when it has stopped; if it is done all the same, there is nothing to skip.
      if work[step]?.stop == nil { cancel(step, because: .skipped, now) }
      return false
    }
    let event = spoken.event(in: state, at: now)
    record(event, now)
    if case .said(let said) = event { follow(said.word.order, now) }
    return true
  }

  private mutating func follow(_ order: Word.Order, _ now: Timestamp) {
    if case .stopping = mode { return }
    switch order {
    case .approve(let approval): tryToPass(approval.statement.gate, now)
    case .skip(let name):
      guard mode == .forward, let step = state.index(of: name) else { return }
      dropIfWithoutEffect(step)
      scheduler.finished(step)
    case .retry(let name):
      guard mode == .forward, let step = state.index(of: name) else { return }
      if work[step]?.kind == .waiting {
        work[step] = nil
        act(step, .perform, now)
      } else {
        scheduler.restored(step)
      }
    // The mode's turn comes after this.
    case .commit: break
    case .rollback: stop(.rollback(state.rollbackWanted ?? .trialOver), now)
    }
  }

  // MARK: Gates

  /// Goes on to the first step when enough people have agreed.
  mutating func enterGate(_ now: Timestamp) {
    guard state.isShut(.beginning) else { return enterForward(now) }
    mode = .gate
    wait(at: .beginning, now)
  }

  /// Just before a step acts. False: it waits.
  mutating func passes(_ step: Int, _ now: Timestamp) -> Bool {
    let gate = Gate(step: state.specification(step).name)
    guard state.isShut(gate), state.changeset.steps[step].change.action != .none else { return true }
    work[step] = Work(job: Job(step: state.specification(step).name, activity: .perform, attempt: state[step].attempts + 1), kind: .approving)
    wait(at: gate, now)
    return false
  }

  private mutating func wait(at gate: Gate, _ now: Timestamp) {
    if state.gates[gate]?.since == nil { record(.awaited(gate), now) }
    guard let course = state.gates[gate], let deadline = course.deadline, let end = course.end else { return }
    tryToPass(gate, now)
    guard isWaiting(at: gate) else { return }
    for time in Set([deadline, end]).sorted() {
      timersSet += 1
      let timer = TimerID(number: timersSet)
      gateTimers[timer] = gate
      actions.append(.wake(timer, at: time))
    }
  }

  private func isWaiting(at gate: Gate) -> Bool {
    guard let name = gate.step else { return mode == .gate }
    return mode == .forward && state.index(of: name).map { work[$0]?.kind == .approving } ?? false
  }

  private mutating func tryToPass(_ gate: Gate, _ now: Timestamp) {
    guard isWaiting(at: gate), let opened = state.gates[gate]?.opening(of: gate, at: now) else { return }
    record(.gateOpened(opened), now)
    guard isWaiting(at: gate) else { return }
    guard let name = gate.step, let step = state.index(of: name) else { return enterForward(now) }
    work[step] = nil
    startStep(step, now)
  }

  mutating func gateTimeOver(_ gate: Gate, _ now: Timestamp) {
    guard isWaiting(at: gate) else { return }
    tryToPass(gate, now)
    guard isWaiting(at: gate), let end = state.gates[gate]?.end, now >= end else { return }
    if let step = gate.step.flatMap({ state.index(of: $0) }) { scheduler.withdrawn(step) }
    stop(.pause(.unapproved(gate)), now)
  }

  // MARK: Trials

  /// Every step is done.
  mutating func reachedGoal(_ now: Timestamp) {
    guard let provisional = state.changeset.provisional, state.commitment == nil else { return finish(.done, now) }
    mode = .trial
    if state.trial == nil { record(.trialBegan(Trial(until: now + provisional.duration, then: provisional.ending)), now) }
    guard mode == .trial, let trial = state.trial else { return }
    timersSet += 1
    let timer = TimerID(number: timersSet)
    trialTimer = timer
    actions.append(.wake(timer, at: trial.until))
  }

  mutating func trialTimeOver(_ now: Timestamp) {
    guard mode == .trial, state.isOnTrial, let trial = state.trial, now >= trial.until else { return }
    record(.trialOver(trial.then), now)
    if mode == .trial, let reason = state.rollbackWanted { stop(.rollback(reason), now) }
  }
}
