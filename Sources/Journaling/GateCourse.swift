internal import ChangePlanning
public import PlanModel
internal import ProviderInterface
public import Units

/// Enough people have agreed, or the glass was broken.
public struct GateOpened: Hashable, Sendable, Codable {
  public var gate: Gate
  public var by: [String]
  public var glassBroken: Bool
  public init(_ gate: Gate, by: [String], glassBroken: Bool) { self.gate = gate; self.by = by; self.glassBroken = glassBroken }
}

/// How far a gate of a run is.
public struct GateCourse: Sendable {
  /// A signature that was taken.
  public struct Approval: Hashable, Sendable {
    public var name: String
    public var key: String
    public var breaksGlass: Bool
    public var reason: String
    public var until: Timestamp
  }
  public let rule: ApprovalRule
  /// When the run came to it; nil: not yet. Over a crash or an interruption the time goes on.
  public internal(set) var since: Timestamp?
  public internal(set) var approvals: [Approval] = []
  public internal(set) var opened: GateOpened?

  init(_ rule: ApprovalRule) { self.rule = rule }

  public var isWaitedAt: Bool { since != nil && opened == nil }
  /// When one person alone may go ahead, or the run pauses.
  public var deadline: Timestamp? { since.map { $0 + rule.within } }
  /// When the run pauses.
  public var end: Timestamp? { since.map { $0 + rule.longest } }

  /// Those that still count.
  public func standing(at now: Timestamp, breaksGlass: Bool = false) -> [Approval] {
    approvals.filter { $0.breaksGlass == breaksGlass && now <= $0.until }
  }

  /// Whether it opens now.
  public func opening(of gate: Gate, at now: Timestamp) -> GateOpened? {
    guard opened == nil else { return nil }
    let standing = standing(at: now)
    if standing.count >= rule.atLeast { return GateOpened(gate, by: standing.map(\.name), glassBroken: false) }
    guard rule.breakGlass != nil, let deadline, now >= deadline, let alone = self.standing(at: now, breaksGlass: true).first else { return nil }
    return GateOpened(gate, by: [alone.name], glassBroken: true)
  }
}

/// A recovery that is looked at before it is kept.
public struct Trial: Hashable, Sendable, Codable {
  public var until: Timestamp
  /// What happens then if nobody has said anything.
  public var then: Provisional.Ending
  public init(until: Timestamp, then: Provisional.Ending) { self.until = until; self.then = then }
}

extension RunState {
  /// How far into the future an approval's clock may be ahead of this one.
  private static let clockTolerance = TimeSpan.minutes(5)

  public func isShut(_ gate: Gate) -> Bool { gates[gate].map { $0.opened == nil } ?? false }
  /// Gates that the run is waiting at, the first step's first.
  public var gatesWaitedAt: [Gate] {
    ([Gate.beginning] + (0..<count).map { Gate(step: specification($0).name) }).filter { gates[$0]?.isWaitedAt ?? false }
  }
  public var isOnTrial: Bool { trial != nil && commitment == nil && rollbackWanted == nil && direction == .forward }

  /// Whether a word can be taken up in this state. The signature of an approval is not looked at here.
  public func judge(_ said: Said, at now: Timestamp) throws(WordRefusal) {
    switch said.word.order {
    case .approve(let approval): try judge(approval.statement, key: said.key, at: now)
    case .skip(let step):
      let record = try record(of: step)
      if direction != .forward { throw WordRefusal("word-too-late", "the run is being rolled back: nothing is skipped any more") }
      switch record.status {
      case .failed, .timedOut, .cancelled, .inDoubt: break
      case .pending:
        // What needs it would begin before what it needs is done.
        let open = index(of: step).map { needs($0).filter { !records[$0].isSatisfied } } ?? []
        if let first = open.first { throw WordRefusal("step-not-due", "`\(step)` waits for `\(specification(first).name)`: skip it when that is over, or skip that first") }
      case .running: throw WordRefusal("step-running", "`\(step)` is running")
      case .done, .unchanged, .skipped, .undoing, .undone, .undoFailed: throw WordRefusal("step-over", "`\(step)` is done already")
      }
    case .retry(let step):
      let record = try record(of: step)
      if direction != .forward { throw WordRefusal("word-too-late", "the run is being rolled back: an undo is tried again by `sie-dr rollback \(run)`") }
      if record.isPassedOver { throw WordRefusal("step-not-taken", "the branch of `\(step)` is not taken") }
      switch record.status {
      case .failed, .timedOut, .cancelled: break
      case .pending where record.attempts > 0 || record.moved != nil: break
      case .inDoubt: throw WordRefusal("step-in-doubt", "nobody knows whether `\(step)` happened: say so with `sie-dr resume \(run) --done \(step)` or `--not-done \(step)`")
      case .pending: throw WordRefusal("step-not-failed", "`\(step)` has not begun")
      case .running: throw WordRefusal("step-not-failed", "`\(step)` is running")
      case .done, .unchanged, .skipped, .undoing, .undone, .undoFailed: throw WordRefusal("step-not-failed", "`\(step)` has not failed")
      }
    case .commit:
      guard isOnTrial else {
        throw WordRefusal("nothing-to-commit", changeset.provisional == nil ? "the run is not provisional: what it does stays" : "the run is not on trial\(commitment == nil ? "" : " any more: it is committed")")
      }
    case .rollback:
      guard direction == .forward, rollbackWanted == nil else { throw WordRefusal("word-too-late", "the run is being rolled back already") }
    }
  }

  private func record(of step: StepName) throws(WordRefusal) -> StepRecord {
    guard let record = self[step] else { throw WordRefusal("step-unknown", "the run has no step `\(step)`") }
    return record
  }

  private func judge(_ statement: ApprovalStatement, key: String?, at now: Timestamp) throws(WordRefusal) {
    let name = statement.name
    guard statement.formatVersion == ApprovalStatement.currentFormat else {
      throw WordRefusal("approval-unreadable", "the approval of `\(name)` has format \(statement.formatVersion), this sie-dr reads \(ApprovalStatement.currentFormat)")
    }
    guard statement.digest == changeset.digest else {
      throw WordRefusal("approval-of-another", "`\(name)` has approved another changeset: it names the digest \(statement.digest), this run has \(changeset.digest)")
    }
    if let other = statement.run, other != run { throw WordRefusal("approval-of-another", "`\(name)` has approved the run `\(other)`, this one is `\(run)`") }
    let place = statement.gate.step.map { "before `\($0)`" } ?? "before the first step"
    guard let course = gates[statement.gate] else { throw WordRefusal("approval-not-asked", "nobody has to approve anything \(place)") }
    guard course.opened == nil, direction == .forward else { throw WordRefusal("word-too-late", "nobody is waited for any more \(place)") }
    let named = statement.breaksGlass ? course.rule.breakGlass?.by ?? [] : course.rule.by
    guard named.contains(name) else {
      let what = statement.breaksGlass ? "break the glass" : "approve"
      throw WordRefusal("approval-by-stranger", "`\(name)` is none of those who may \(what) \(place): " + (named.isEmpty ? "nobody may" : named.map { "`\($0)`" }.joined(separator: ", ")))
    }
    guard !statement.breaksGlass || !statement.reason.isEmpty else { throw WordRefusal("reason-missing", "`\(name)` breaks the glass and says no reason") }
    guard statement.at <= now + Self.clockTolerance else { throw WordRefusal("approval-from-the-future", "the approval of `\(name)` is of \(statement.at), and it is \(now): one of the clocks is wrong") }
    guard now <= statement.until else { throw WordRefusal("approval-expired", "the approval of `\(name)` was good until \(statement.until), and it is \(now)") }
    for other in course.standing(at: now, breaksGlass: statement.breaksGlass) {
      if other.name == name { throw WordRefusal("approval-twice", "`\(name)` has approved already \(place)") }
      if other.key == key { throw WordRefusal("approval-twice", "`\(name)` and `\(other.name)` have signed with the same key: that is one person") }
    }
  }

  // MARK: The table's rows

  mutating func hear(_ said: Said, _ at: Timestamp) throws(IllegalTransition) {
    let word = said.word
    try require(!hasHeard(word.id), "the word `\(word.id)` was heard before")
    do throws(WordRefusal) { try judge(said, at: at) } catch { throw IllegalTransition(why: error.why) }
    heard.insert(word.id)
    words.append(said)
    switch word.order {
    case .approve(let approval):
      let statement = approval.statement
      try require(said.key != nil, "the approval of `\(statement.name)` has no key")
      gates[statement.gate]?.approvals.append(
        .init(name: statement.name, key: said.key ?? "", breaksGlass: statement.breaksGlass, reason: statement.reason, until: statement.until))
    case .skip(let step):
      guard let index = index(of: step) else { return }
      records[index].status = .skipped
      records[index].skipped = Skipped(step: step, by: word.by, reason: word.reason)
      records[index].ended = at
    case .retry(let step):
      guard let index = index(of: step) else { return }
      records[index].status = .pending
      records[index].failures = 0
      records[index].moved = nil
    case .commit: commitment = .person(word.by)
    case .rollback: rollbackWanted = .requested(by: word.by)
    }
  }

  mutating func refuse(_ refused: WordRefused) throws(IllegalTransition) {
    try require(!hasHeard(refused.word.id), "the word `\(refused.word.id)` was heard before")
    heard.insert(refused.word.id)
  }

  mutating func wait(at gate: Gate, _ at: Timestamp) throws(IllegalTransition) {
    try require(isShut(gate) && direction == .forward, "nobody has to approve anything there")
    try require(gates[gate]?.since == nil, "the run was waiting there")
    gates[gate]?.since = at
  }

  mutating func open(_ opened: GateOpened, _ at: Timestamp) throws(IllegalTransition) {
    try require(direction == .forward, "nothing begins any more")
    try require(gates[opened.gate]?.opening(of: opened.gate, at: at) == opened, "not enough people had agreed")
    gates[opened.gate]?.opened = opened
  }

  mutating func begin(_ trial: Trial, _ at: Timestamp) throws(IllegalTransition) {
    try require(changeset.provisional.map { trial.until == at + $0.duration && trial.then == $0.ending } ?? false, "the changeset says nothing of such a trial")
    try require(self.trial == nil && direction == .forward && records.allSatisfy(\.isSatisfied), "a trial begins once, when every step is done")
    self.trial = trial
  }

  mutating func endTrial(_ ending: Provisional.Ending, _ at: Timestamp) throws(IllegalTransition) {
    guard isOnTrial, let trial else { throw IllegalTransition(why: "the run was not on trial") }
    try require(at >= trial.until && ending == trial.then, "the trial was not over")
    switch ending {
    case .commit: commitment = .timeOver
    case .rollback: rollbackWanted = .trialOver
    }
  }

  /// After an end in good order somebody has looked at it: those who are asked have their whole time again.
  mutating func resumeGates(after result: RunResult?) {
    guard case .paused(.unapproved) = result else { return }
    for gate in Array(gates.keys) where gates[gate]?.opened == nil { gates[gate]?.since = nil }
  }
}

/// Why a recovery that was on trial stays.
public enum Commitment: Hashable, Sendable {
  case person(String)
  /// Nobody said anything, and then the plan keeps it.
  case timeOver
}
