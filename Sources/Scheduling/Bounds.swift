public import Units

/// How long the steps can take together, whatever the order: between these two bounds.
public struct ScheduleBounds: Sendable, Equatable {
  /// What a guarantee rests on.
  public enum Basis: String, Sendable, Codable {
    /// Nothing ready can ever wait: the longest path.
    case longestPath
    /// Only the width can make a ready step wait: Σ x / P + (1 − 1/P) · longest path (R. L. Graham 1966, 1969).
    case width
    /// Resources are shared: all steps one after the other.
    case sharedResources
  }
  /// The longest chain of needs.
  public var longestPath: TimeSpan
  /// No schedule ends sooner: the longest path, Σ x / P, Σ x·u / C of each resource, whichever is most.
  public var lower: TimeSpan
  /// This scheduler never ends later, as long as no step takes longer than its duration here. Retries count as part of a step.
  public var guaranteed: TimeSpan
  public var basis: Basis

  public init(longestPath: TimeSpan, lower: TimeSpan, guaranteed: TimeSpan, basis: Basis) {
    self.longestPath = longestPath
    self.lower = lower
    self.guaranteed = guaranteed
    self.basis = basis
  }
}

/// The bounds of a set of steps. For a guarantee, hand in the longest duration that each step may take.
///
/// The simulated schedule with every step at its longest is not a bound, since a shorter step can make a list schedule end later;
/// so the guarantee is arithmetic (design: "Two RTO figures").
public func bounds(graph: StepGraph, items: [SchedulingItem], width: Int, capacities: [Int64]) -> ScheduleBounds {
  let capacities = capacities.map { max(1, $0) }
  let places = Int128(min(max(1, width), max(1, graph.count)))
  let durations = items.map { max(0, $0.duration.milliseconds) }
  let demands = items.map { Demand($0.uses, capacities: capacities) }
  let longest = graph.longestRemainingPaths(durations).max() ?? 0
  let sum = durations.reduce(Int128(0)) { $0 + Int128($1) }
  let loads = capacities.indices.map { resource in
    let work = zip(durations, demands).reduce(Int128(0)) { $0 + Int128($1.0) * Int128($1.1.amount(of: resource)) }
    return dividedUp(work, Int128(capacities[resource]))
  }
  let lower = max(longest, dividedUp(sum, places), loads.max() ?? 0)

  let order = PartialOrder(graph)
  let contended = capacities.indices.contains { resource in
    let users = demands.indices.filter { demands[$0].uses(resource) }
    return order.canExceed(capacities[resource], users: users.map { (step: $0, amount: demands[$0].amount(of: resource)) })
  }
  let crowded = order.canExceed(Int64(max(1, width)), users: (0..<graph.count).map { (step: $0, amount: 1) })
  let (basis, guaranteed): (ScheduleBounds.Basis, Int128) =
    if contended { (.sharedResources, sum) }
    else if crowded { (.width, dividedUp(sum + (places - 1) * longest, places)) }
    else { (.longestPath, longest) }
  return ScheduleBounds(longestPath: span(longest), lower: span(lower), guaranteed: span(guaranteed), basis: basis)
}

/// Which steps can run at the same time, as far as the graph alone says.
struct PartialOrder {
  /// Beyond this the exact answer costs too much, and the safe one is given.
  static let limit = 600
  private let graph: StepGraph

  init(_ graph: StepGraph) { self.graph = graph }

  /// Whether steps that may run together could ask for more than there is. Never false when they could.
  func canExceed(_ capacity: Int64, users: [(step: Int, amount: Int64)]) -> Bool {
    let total = users.reduce(Int128(0)) { $0 + Int128($1.amount) }
    guard total > Int128(capacity), let most = users.map(\.amount).max() else { return false }
    func exceeds(_ atOnce: Int) -> Bool { Int128(atOnce) * Int128(most) > Int128(capacity) }
    let steps = users.map(\.step)
    // Most plans are wide enough for the cheap answer.
    return exceeds(largestLevel(steps)) || largestAntichain(steps).map(exceeds) ?? true
  }

  /// The most of these steps that have the same longest path before them: they can run at once, and there may be more that can.
  private func largestLevel(_ steps: [Int]) -> Int {
    var level = Array(repeating: 0, count: graph.count)
    for step in graph.topologicalOrder { level[step] = graph.predecessors(of: step).reduce(0) { max($0, level[$1] + 1) } }
    var sizes = Array(repeating: 0, count: graph.count)
    for step in steps { sizes[level[step]] += 1 }
    return sizes.max() ?? 0
  }

  /// The most of these steps that can run at once (Dilworth 1950: as many as the fewest chains that cover them, by matching);
  /// nil where the graph is too large to say.
  func largestAntichain(_ steps: [Int]) -> Int? {
    guard graph.count <= Self.limit else { return nil }
    let reachable = reachable()
    var chained: [Int?] = Array(repeating: nil, count: graph.count)
    var matched = 0
    for step in steps {
      var visited = StepSet(graph.count)
      if Self.augment(step, steps, reachable, &visited, &chained) { matched += 1 }
    }
    return steps.count - matched
  }

  /// All that comes after each step.
  private func reachable() -> [StepSet] {
    var reachable = Array(repeating: StepSet(graph.count), count: graph.count)
    for step in graph.topologicalOrder.reversed() {
      for next in graph.successors(of: step) {
        reachable[step].insert(next)
        reachable[step].formUnion(reachable[next])
      }
    }
    return reachable
  }

  private static func augment(_ step: Int, _ steps: [Int], _ reachable: [StepSet], _ visited: inout StepSet, _ chained: inout [Int?]) -> Bool {
    for next in steps where reachable[step].contains(next) && !visited.contains(next) {
      visited.insert(next)
      guard let other = chained[next] else { chained[next] = step; return true }
      if augment(other, steps, reachable, &visited, &chained) { chained[next] = step; return true }
    }
    return false
  }
}

/// Steps of one graph, a bit each.
private struct StepSet {
  private var words: [UInt64]
  init(_ count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }
  func contains(_ step: Int) -> Bool { words[step / 64] & (1 << UInt64(step % 64)) != 0 }
  mutating func insert(_ step: Int) { words[step / 64] |= 1 << UInt64(step % 64) }
  mutating func formUnion(_ other: StepSet) { for index in words.indices { words[index] |= other.words[index] } }
}

extension Demand {
  func amount(of resource: Int) -> Int64 { parts.first { $0.resource == resource }?.amount ?? 0 }
}

private func dividedUp(_ a: Int128, _ b: Int128) -> Int128 { (a + b - 1) / b }
private func span(_ milliseconds: Int128) -> TimeSpan { TimeSpan(milliseconds: Int64(clamping: milliseconds)) }
