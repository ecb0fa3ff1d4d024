public import ChangePlanning
public import PlanModel
public import ProviderInterface
public import Units

/// What the records so far say about a run. The living run and the replay of its journal go through the same `apply`, so a journal can
/// never hold what a resume would refuse.
public struct RunState: Sendable {
  /// Which way the run goes.
  public enum Direction: Hashable, Sendable {
    case forward
    case backward(RollbackReason)
  }

  public let run: RunID
  public let changeset: Changeset
  public let startedAt: Timestamp
  public internal(set) var parallelism: Int
  public internal(set) var direction = Direction.forward
  /// How the last process ended the run; nil while one is at work, or after a crash.
  public internal(set) var result: RunResult?
  /// When the last record was written.
  public internal(set) var lastAt: Timestamp
  /// Why nothing new is started any more.
  public internal(set) var pause: PauseReason?
  public internal(set) var interruption: Interruption?
  public internal(set) var beforeRollback = StepRecord()
  public internal(set) var afterRollback = StepRecord()
  /// Of each wait for signatures.
  public internal(set) var gates: [Gate: GateCourse]
  public internal(set) var trial: Trial?
  /// Why what was on trial stays.
  public internal(set) var commitment: Commitment?
  /// A rollback was decided and has not begun.
  public internal(set) var rollbackWanted: RollbackReason?
  /// What people have said from other terminals, in order; what was refused is not there.
  public internal(set) var words: [Said] = []
  var heard: Set<String> = []
  var records: [StepRecord]
  /// Of each choice, by name.
  public internal(set) var courses: [ChoiceCourse]
  let topology: Topology

  public init(_ start: RunStarted, at: Timestamp) {
    run = start.run
    changeset = start.changeset
    parallelism = start.parallelism
    startedAt = at
    lastAt = at
    records = Array(repeating: StepRecord(), count: start.changeset.steps.count)
    topology = Topology(start.changeset)
    gates = Dictionary(start.changeset.approvals.map { (Gate(step: $0.step), GateCourse($0.rule)) }) { first, _ in first }
    courses = topology.order.choices.map { ChoiceCourse($0) }
    moveCourses(at: at)
  }

  /// The state that these records lead to.
  public init(replaying records: [JournalRecord]) throws(JournalDamage) {
    guard let first = records.first else { throw JournalDamage(record: 1, kind: .empty) }
    guard case .runStarted(let start) = first.event else {
      throw JournalDamage(record: 1, kind: .illegal("the first record is not the start of a run"))
    }
    self.init(start, at: first.at)
    for record in records.dropFirst() {
      do { try apply(record.event, at: record.at) } catch { throw JournalDamage(record: record.seq, kind: .illegal(error.why)) }
    }
  }

  /// Whether the word is in the journal, taken up or refused.
  public func hasHeard(_ id: String) -> Bool { heard.contains(id) }

  /// By the place of the step in the changeset.
  public subscript(_ index: Int) -> StepRecord { records[index] }
  public subscript(_ step: StepName) -> StepRecord? { topology.order.index[step].map { records[$0] } }
  public var count: Int { records.count }
  public func specification(_ index: Int) -> StepSpecification { changeset.steps[index].specification }
  public func index(of step: StepName) -> Int? { topology.order.index[step] }
  /// The first step after it that is not taken back: until that is, a rollback leaves this one as it is.
  public func holder(of index: Int) -> Int? { topology.descendants(of: index).sorted().first { undoDuty($0) != .nothing } }
  /// Places of the steps that this one directly needs.
  public func needs(_ index: Int) -> [Int] { topology.order.needs[index] }

  /// Everything it needs is done.
  public func isReady(_ index: Int) -> Bool {
    records[index].status == .pending && !records[index].isPassedOver && topology.order.needs[index].allSatisfy { records[$0].isSatisfied }
  }

  /// The word that people see.
  public func state(_ index: Int) -> StepState {
    switch records[index].status {
    case .pending where records[index].isPassedOver: .notTaken
    case .pending: result != nil || direction != .forward ? .notStarted : isReady(index) ? .ready : .waiting
    case .running: .running
    case .done: .done
    case .unchanged: .unchanged
    case .failed, .cancelled: .failed
    case .timedOut: .timedOut
    case .skipped: .skipped
    case .inDoubt: .inDoubt
    case .undoing: .undoing
    case .undone: .undone
    case .undoFailed: .undoFailed
    }
  }

  /// The steps in this state, in the order of the changeset: one line of the table at the end of a run.
  public func steps(_ states: StepState...) -> [StepName] {
    records.indices.filter { states.contains(state($0)) }.map { specification($0).name }
  }

  public func undoDuty(_ index: Int) -> UndoDuty {
    records[index].undoDuty(specification(index), changesTheWorld: changeset.steps[index].change.action.changesTheWorld)
  }

  /// What the done steps gave, for those that take it.
  public var outputs: [StepName: [String: OutputValue]] {
    var outputs: [StepName: [String: OutputValue]] = [:]
    for (index, record) in records.enumerated() where record.status == .done { outputs[specification(index).name] = record.result?.outputs }
    // Whoever takes an output of a choice does not know which branch it was.
    for course in courses where course.isOver {
      let taken = course.steps.compactMap { outputs[specification($0).name] }
      outputs[course.choice.choice] = taken.reduce(into: [:]) { $0.merge($1) { $1 } }
    }
    return outputs
  }

  /// The mark of an attempt. What it makes in the world carries this.
  public func mark(_ step: StepName, attempt: Int) -> StepMark { StepMark(run: run, step: step, attempt: attempt) }
}

/// The order of a changeset's steps, both ways. A name that is nowhere is left out; lint has refused it long before.
struct Topology: Sendable {
  let order: StepOrder
  private let neededBy: [[Int]]

  init(_ changeset: Changeset) {
    order = StepOrder(changeset.steps.map(\.specification))
    var neededBy = Array(repeating: [Int](), count: changeset.steps.count)
    for (step, before) in order.needs.enumerated() { for other in Set(before).sorted() { neededBy[other].append(step) } }
    self.neededBy = neededBy
  }

  /// All that needs `step`, directly or through others.
  func descendants(of step: Int) -> Set<Int> {
    var seen = Set<Int>()
    var open = neededBy[step]
    while let next = open.popLast() {
      if seen.insert(next).inserted { open += neededBy[next] }
    }
    return seen
  }
}
