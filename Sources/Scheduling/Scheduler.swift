internal import Units

/// Decides which step starts next: a list scheduler with a width and shared resources. The one that runs is the one that predicts.
///
/// The order is the data's priority, then the longest remaining path, then the order of declaration. A step whose resources are taken
/// does not hold up others, with one exception: what a step lacks is not given to steps of lower priority while it waits, so that
/// important data is not starved by many small ones.
public struct Scheduler: Sendable {
  enum State: Sendable { case waiting, ready, started, finished, withdrawn }

  public let graph: StepGraph
  /// At most so many steps run at once.
  public let width: Int
  private let priorities: [Int]
  private let demands: [Demand]
  private var states: [State]
  private var missing: [Int]
  private var queue: ReadyQueue
  private(set) var freeWidth: Int
  private(set) var free: [Int64]

  /// - Parameters:
  ///   - width: at most so many steps at once; less than 1 counts as 1.
  ///   - capacities: what there is of each resource; less than 1 counts as 1.
  ///   - finished: what an earlier run already did.
  public init(graph: StepGraph, items: [SchedulingItem], width: Int, capacities: [Int64], finished: some Sequence<Int> = [Int]()) {
    precondition(items.count == graph.count, "one item for each step")
    let capacities = capacities.map { max(1, $0) }
    self.graph = graph
    self.width = max(1, width)
    priorities = items.map(\.priority)
    demands = items.map { Demand($0.uses, capacities: capacities) }
    states = Array(repeating: .waiting, count: graph.count)
    missing = (0..<graph.count).map { graph.predecessors(of: $0).count }
    queue = ReadyQueue(demands: demands, ranks: Self.ranks(graph, items))
    freeWidth = self.width
    free = capacities
    for step in finished where states[step] != .finished { finish(step) }
    for step in 0..<graph.count { makeReadyIfFree(step) }
  }

  /// The steps that start now, in order; each counts as started from here on.
  public mutating func next() -> [Int] {
    var started: [Int] = []
    var refused = Set<Int>()
    var claims: [Int: Int] = [:]
    while freeWidth > 0, let (step, group) = queue.first(isReady: { states[$0] == .ready }, outside: refused) {
      let short = demands[step].parts.filter { free[$0.resource] < $0.amount }.map(\.resource)
      let claimed = demands[step].parts.contains { (claims[$0.resource] ?? .min) > priorities[step] }
      if short.isEmpty, !claimed {
        queue.removeFirst(of: group)
        start(step)
        started.append(step)
      } else {
        // Whatever stands behind it in this group wants the same and ranks lower.
        refused.insert(group)
        for resource in short { claims[resource] = max(claims[resource] ?? .min, priorities[step]) }
      }
    }
    return started
  }

  /// `step` is done: its place and resources are free, and what waited only for it is ready.
  /// A step that never started may be finished too: there was nothing to do.
  public mutating func finished(_ step: Int) {
    guard states[step] != .finished else { return }
    release(step)
    finish(step)
    for next in graph.successors(of: step) { makeReadyIfFree(next) }
  }

  /// `step` will never be done, whether it failed or is not to run: its place and resources are free, what needs it never gets ready.
  public mutating func withdrawn(_ step: Int) {
    guard states[step] != .finished else { return }
    release(step)
    states[step] = .withdrawn
  }

  /// `step` was withdrawn and is to be done after all.
  public mutating func restored(_ step: Int) {
    guard states[step] == .withdrawn else { return }
    states[step] = .waiting
    makeReadyIfFree(step)
  }

  /// Whether it has got its place and is at work.
  func hasStarted(_ step: Int) -> Bool { states[step] == .started }

  /// Nothing runs and nothing is ready: what is left, if anything, needs a step that was withdrawn.
  public var isIdle: Bool { freeWidth == width && !states.contains(.ready) }

  private mutating func start(_ step: Int) {
    states[step] = .started
    freeWidth -= 1
    for part in demands[step].parts { free[part.resource] -= part.amount }
  }

  private mutating func release(_ step: Int) {
    guard states[step] == .started else { return }
    freeWidth += 1
    for part in demands[step].parts { free[part.resource] += part.amount }
  }

  private mutating func finish(_ step: Int) {
    states[step] = .finished
    for next in graph.successors(of: step) { missing[next] -= 1 }
  }

  private mutating func makeReadyIfFree(_ step: Int) {
    guard states[step] == .waiting, missing[step] == 0 else { return }
    states[step] = .ready
    queue.insert(step)
  }

  /// The place of each step in the order of preference.
  private static func ranks(_ graph: StepGraph, _ items: [SchedulingItem]) -> [Int] {
    let remaining = graph.longestRemainingPaths(items.map { max(0, $0.duration.milliseconds) })
    let order = (0..<graph.count).sorted { a, b in
      (items[b].priority, remaining[b], a) < (items[a].priority, remaining[a], b)
    }
    var ranks = Array(repeating: 0, count: graph.count)
    for (rank, step) in order.enumerated() { ranks[step] = rank }
    return ranks
  }
}

/// The ready steps in groups that want exactly the same resources: if the best of a group cannot start, none of it can.
struct ReadyQueue: Sendable {
  private struct Entry: Comparable, Sendable {
    var rank: Int
    var step: Int
    static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
  }
  private let ranks: [Int]
  private let groupOfStep: [Int]
  private var groups: [MinHeap<Entry>]

  init(demands: [Demand], ranks: [Int]) {
    var numbers: [Demand: Int] = [:]
    groupOfStep = demands.map { demand in
      let number = numbers[demand] ?? numbers.count
      numbers[demand] = number
      return number
    }
    groups = Array(repeating: MinHeap(), count: numbers.count)
    self.ranks = ranks
  }

  mutating func insert(_ step: Int) { groups[groupOfStep[step]].insert(Entry(rank: ranks[step], step: step)) }
  mutating func removeFirst(of group: Int) { groups[group].popMin() }

  /// The best ready step outside the refused groups. Steps that are no longer ready are dropped on the way.
  mutating func first(isReady: (Int) -> Bool, outside refused: Set<Int>) -> (step: Int, group: Int)? {
    var best: (entry: Entry, group: Int)?
    for group in groups.indices where !refused.contains(group) {
      while let top = groups[group].min, !isReady(top.step) { groups[group].popMin() }
      guard let top = groups[group].min else { continue }
      if best.map({ top < $0.entry }) ?? true { best = (top, group) }
    }
    return best.map { ($0.entry.step, $0.group) }
  }
}
