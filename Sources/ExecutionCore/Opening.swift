internal import ChangePlanning
public import Journaling
public import PlanModel
internal import ProviderInterface
internal import Scheduling
public import Units

/// How a person wants a run to go on.
public struct ResumeOrder: Hashable, Sendable {
  public enum Direction: Hashable, Sendable {
    /// The way it went: forward, or on with the rollback.
    case onwards
    case rollback
  }
  /// What a person found out about a step in doubt.
  public enum Verdict: Hashable, Sendable { case done, notDone }

  public var direction: Direction
  /// Who says so.
  public var by: String
  public var toolVersion: String
  public var parallelism: Int
  /// Bytes of a torn last record that were cut off.
  public var tornBytes: Int
  /// Steps to go on without, and why.
  public var skips: [StepName: String]
  public var verdicts: [StepName: Verdict]
  /// What was said while nobody was at work on the run.
  public var words: [Spoken]

  public init(
    _ direction: Direction, by: String, toolVersion: String, parallelism: Int, tornBytes: Int = 0, skips: [StepName: String] = [:],
    verdicts: [StepName: Verdict] = [:], words: [Spoken] = []
  ) {
    self.direction = direction
    self.by = by
    self.toolVersion = toolVersion
    self.parallelism = parallelism
    self.tornBytes = tornBytes
    self.skips = skips
    self.verdicts = verdicts
    self.words = words
  }
}

/// A run cannot begin or go on in the way that was asked for.
public enum RunRefused: Error, Hashable, Sendable, CustomStringConvertible {
  /// The steps wait for each other. Only a changeset changed by hand can say so.
  case cycle([StepName])
  /// What was ordered does not fit the state the run is in.
  case order(String)

  public var description: String {
    switch self {
    case .cycle(let path): "the steps wait for each other: \(path.map(\.rawValue).joined(separator: " → "))"
    case .order(let why): why
    }
  }
}

extension RunMachine {
  /// What the first input puts on record.
  enum Opening: Sendable {
    case start(RunStarted)
    case resume([Event])
  }

  /// A new run of a changeset.
  public init(starting start: RunStarted, at now: Timestamp) throws(RunRefused) {
    try self.init(RunState(start, at: now), .start(start))
  }

  /// Goes on with a run whose journal says `state`.
  public init(resuming state: RunState, _ order: ResumeOrder, at now: Timestamp) throws(RunRefused) {
    let events = try Self.events(of: order, state, at: now)
    try self.init(state, .resume(events))
  }

  private init(_ state: RunState, _ opening: Opening) throws(RunRefused) {
    let steps = state.changeset.steps
    let edges = (0..<state.count).flatMap { step in state.needs(step).map { (from: $0, to: step) } }
    do { graph = try StepGraph(count: steps.count, edges: edges) } catch {
      throw .cycle(error.path.map { steps[$0].specification.name })
    }
    self.state = state
    self.opening = opening
    // Replaced by a real one as soon as the direction is entered.
    let items = [SchedulingItem](repeating: SchedulingItem(duration: .zero), count: graph.count)
    scheduler = Scheduler(graph: graph, items: items, width: 1, capacities: [])
  }

  /// The order as events, tried on a copy first: what does not fit is refused before anything is written.
  private static func events(of order: ResumeOrder, _ state: RunState, at now: Timestamp) throws(RunRefused) -> [Event] {
    var events: [Event] = [
      .resumed(Resumed(toolVersion: order.toolVersion, parallelism: order.parallelism, tornBytes: order.tornBytes))
    ]
    var trial = state
    func tryLast() throws(RunRefused) {
      guard let last = events.last else { return }
      do { try trial.apply(last, at: now) } catch { throw .order(error.why) }
    }
    try tryLast()
    for step in order.skips.keys.sorted() {
      events.append(.skipped(Skipped(step: step, by: order.by, reason: order.skips[step] ?? "")))
      try tryLast()
    }
    for step in order.verdicts.keys.sorted() {
      let settlement: Settlement = order.verdicts[step] == .done ? .done(StepResult(summary: "declared done by \(order.by)")) : .notDone
      let job = Job(step: step, activity: .perform, attempt: trial[step]?.attempts ?? 0)
      events.append(.settled(Settled(job: job, settlement: settlement, by: order.by)))
      try tryLast()
    }
    // What needs a skipped step would begin before what that step needs is done.
    for step in order.skips.keys.sorted() {
      guard let index = trial.index(of: step) else { continue }
      let open = trial.needs(index).map { trial.specification($0).name }.first { trial[$0]?.isSatisfied == false }
      if let open { throw .order("`\(step)` waits for `\(open)`: skip that too, or skip `\(step)` when that is over") }
    }
    // Before anything else follows: somebody may have committed in time what would be taken back now.
    for spoken in order.words where order.direction == .onwards && !trial.hasHeard(spoken.word.id) {
      events.append(spoken.event(in: trial, at: now))
      try tryLast()
    }
    if order.direction == .rollback, trial.direction == .forward {
      events.append(.rollbackStarted(.requested(by: order.by)))
      try tryLast()
    }
    return events
  }

  mutating func open(_ now: Timestamp) {
    guard mode == .opening, releases.isEmpty else { return }
    switch opening {
    case .start(let start):
      // The state was made of this very record.
      releases.append(.open)
      actions.append(.record(Entry(at: state.startedAt, event: .runStarted(start))))
    case .resume(let events):
      for (number, event) in events.enumerated() { record(event, now, then: number == events.count - 1 ? .open : .nothing) }
    }
  }

  mutating func enterDirection(_ now: Timestamp) {
    guard mode == .opening else { return }
    if state.direction == .forward, let reason = state.rollbackWanted {
      stop(.rollback(reason), now)
    } else if state.direction == .forward {
      mode = .settling
      for step in 0..<state.count where state[step].status == .inDoubt { settle(step, now) }
    } else {
      enterRollback(now)
    }
  }
}
