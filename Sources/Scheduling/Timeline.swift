public import Units

/// When each step would start and end, and which chain of steps decides the end.
public struct Timeline: Sendable, Equatable {
  /// Why a step starts at that moment and not before.
  public enum StartReason: Sendable, Equatable {
    /// It starts with the run.
    case atOnce
    /// It needs that step, the last of those it needs to end.
    case needs(Int)
    /// It was ready, but as many steps ran as may; that one made room.
    case width(after: Int)
    /// It was ready, but a resource was taken; that step gave it back.
    case resource(Int, after: Int)

    /// The step that was waited for.
    public var predecessor: Int? {
      switch self {
      case .atOnce: nil
      case .needs(let step), .width(after: let step), .resource(_, after: let step): step
      }
    }
  }

  /// What becomes of a step: of one that stands in a branch it need not be done.
  public enum Outcome: Sendable, Equatable { case done, givenUp, notTaken }

  public struct Entry: Sendable, Equatable {
    public var start: TimeSpan
    public var end: TimeSpan
    public var reason: StartReason
    public var outcome = Outcome.done

    public init(start: TimeSpan, end: TimeSpan, reason: StartReason) {
      self.start = start
      self.end = end
      self.reason = reason
    }
  }

  /// One for each step, by its number, counted from the start of the run.
  public var entries: [Entry]
  /// When the last step ends.
  public var end: TimeSpan
  /// The chain of steps that decides the end, in order; the reason of each entry links it to the one before.
  public var criticalPath: [Int]

  public init(entries: [Entry], end: TimeSpan, criticalPath: [Int]) {
    self.entries = entries
    self.end = end
    self.criticalPath = criticalPath
  }
}

/// The timeline of these steps with exactly these durations, by discrete-event simulation with the scheduler that runs.
/// It is no upper bound for shorter durations: list schedules show anomalies (see `guaranteedBound`).
public func predict(graph: StepGraph, items: [SchedulingItem], width: Int, capacities: [Int64], alternatives: [Alternatives] = []) -> Timeline {
  var simulation = Simulation(graph: graph, items: items, width: width, capacities: capacities, alternatives)
  return simulation.run()
}

private struct Simulation {
  private struct End: Comparable, Sendable {
    var at: TimeSpan
    var step: Int
    static func < (a: Self, b: Self) -> Bool { (a.at, a.step) < (b.at, b.step) }
  }
  /// What was free just before the last steps ended.
  private struct Scarcity { var freeWidth: Int; var free: [Int64] }

  private let graph: StepGraph
  private let items: [SchedulingItem]
  private let demands: [Demand]
  private var scheduler: Scheduler
  private var running = MinHeap<End>()
  private var entries: [Timeline.Entry]
  private var lastOfChain: Int?
  private var branches: BranchProgress
  private var isOver: [Bool]

  init(graph: StepGraph, items: [SchedulingItem], width: Int, capacities: [Int64], _ alternatives: [Alternatives]) {
    self.graph = graph
    self.items = items
    demands = items.map { Demand($0.uses, capacities: capacities.map { max(1, $0) }) }
    scheduler = Scheduler(graph: graph, items: items, width: width, capacities: capacities)
    entries = Array(repeating: .init(start: .zero, end: .zero, reason: .atOnce), count: graph.count)
    branches = BranchProgress(alternatives)
    isOver = Array(repeating: false, count: graph.count)
  }

  mutating func run() -> Timeline {
    _ = settleBranches(at: .zero)
    startReady(at: .zero) { _ in .atOnce }
    while let now = next() {
      var ended: [Int] = []
      while let end = running.min, end.at == now {
        if !isOver[end.step] { ended.append(end.step) }
        running.popMin()
      }
      let before = Scarcity(freeWidth: scheduler.freeWidth, free: scheduler.free)
      for step in ended { finish(step) }
      ended += settleBranches(at: now)
      lastOfChain = ended.first ?? lastOfChain
      let (graph, demands) = (graph, demands)
      startReady(at: now) { Self.reason($0, after: ended, before, graph, demands) }
    }
    return Timeline(entries: entries, end: entries.map(\.end).max() ?? .zero, criticalPath: criticalPath())
  }

  private mutating func next() -> TimeSpan? {
    while let end = running.min, isOver[end.step] { running.popMin() }
    return [running.min?.at, branches.nextDeadline].compactMap { $0 }.min()
  }

  private mutating func finish(_ step: Int) {
    isOver[step] = true
    scheduler.finished(step)
  }

  /// What ends now without being done. A step of a given-up branch that never got a place waited as long as the branch lasted.
  private mutating func settleBranches(at now: TimeSpan) -> [Int] {
    var ended: [Int] = []
    var branches = branches
    branches.settle(at: now, isDone: { isOver[$0] }) { step, end in
      let hasStarted = scheduler.hasStarted(step)
      switch end {
      case .notTaken: entries[step] = .init(start: now, end: now, reason: .atOnce)
      case .givenUp(let began, let after) where !hasStarted: entries[step] = .init(start: began, end: now, reason: lastEnd(at: began, among: after))
      case .givenUp: entries[step].end = now
      }
      entries[step].outcome = if case .notTaken = end { .notTaken } else { .givenUp }
      finish(step)
      ended.append(step)
    }
    self.branches = branches
    return ended
  }

  private func lastEnd(at time: TimeSpan, among steps: [Int]) -> Timeline.StartReason {
    steps.first { isOver[$0] && entries[$0].end == time && entries[$0].outcome != .notTaken }.map { .needs($0) } ?? .atOnce
  }

  private mutating func startReady(at now: TimeSpan, because reason: (Int) -> Timeline.StartReason) {
    for step in scheduler.next() {
      let end = now + max(.zero, items[step].duration)
      entries[step] = .init(start: now, end: end, reason: reason(step))
      running.insert(End(at: end, step: step))
    }
  }

  private static func reason(
    _ step: Int, after ended: [Int], _ before: Scarcity, _ graph: StepGraph, _ demands: [Demand]
  ) -> Timeline.StartReason {
    guard let first = ended.first else { return .atOnce }
    let needed = graph.predecessors(of: step)
    if let last = ended.first(where: needed.contains) { return .needs(last) }
    let parts = demands[step].parts
    // What it lacked comes first; then what a step of higher priority had claimed and has now got.
    for part in parts where before.free[part.resource] < part.amount {
      if let giver = ended.first(where: { demands[$0].uses(part.resource) }) { return .resource(part.resource, after: giver) }
    }
    if before.freeWidth == 0 { return .width(after: first) }
    for part in parts {
      if let giver = ended.first(where: { demands[$0].uses(part.resource) }) { return .resource(part.resource, after: giver) }
    }
    return .width(after: first)
  }

  private func criticalPath() -> [Int] {
    var path: [Int] = []
    var step = lastOfChain
    while let current = step {
      path.append(current)
      step = entries[current].reason.predecessor
    }
    return path.reversed()
  }
}

extension Demand {
  func uses(_ resource: Int) -> Bool { parts.contains { $0.resource == resource } }
}
