import Scheduling
import Units

/// Everything a prediction takes, with durations in seconds.
struct Sample {
  var graph: StepGraph
  var items: [SchedulingItem]
  var width: Int
  var capacities: [Int64] = []

  init(
    _ seconds: [Int64], edges: [(from: Int, to: Int)] = [], width: Int, capacities: [Int64] = [], uses: [Int: [Int: Int64]] = [:]
  ) throws {
    graph = try StepGraph(count: seconds.count, edges: edges)
    items = seconds.enumerated().map { SchedulingItem(duration: .seconds($0.element), uses: uses[$0.offset] ?? [:]) }
    self.width = width
    self.capacities = capacities
  }

  /// A random world: up to `most` steps, needs only towards higher numbers, up to two resources.
  init(seed: Int, most: Int = 9, resources: Bool = true) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let count = Int.random(in: 1...most, using: &random)
    var edges: [(from: Int, to: Int)] = []
    for to in 0..<count { for from in 0..<to where Int.random(in: 0..<4, using: &random) == 0 { edges.append((from, to)) } }
    graph = try StepGraph(count: count, edges: edges)
    capacities = resources ? (0..<Int.random(in: 0...2, using: &random)).map { _ in Int64.random(in: 1...3, using: &random) } : []
    width = Int.random(in: 1...4, using: &random)
    let capacities = self.capacities
    items = (0..<count).map { _ in
      var uses: [Int: Int64] = [:]
      for r in capacities.indices where Bool.random(using: &random) { uses[r] = Int64.random(in: 1...4, using: &random) }
      return SchedulingItem(
        duration: .seconds(Int64.random(in: 0...9, using: &random)), priority: Int.random(in: 0...2, using: &random), uses: uses)
    }
  }

  func timeline() -> Timeline { predict(graph: graph, items: items, width: width, capacities: capacities) }
  func bounds() -> ScheduleBounds { Scheduling.bounds(graph: graph, items: items, width: width, capacities: capacities) }
  func scheduler() -> Scheduler { Scheduler(graph: graph, items: items, width: width, capacities: capacities) }
  func amount(_ step: Int, _ resource: Int) -> Int64 { min(items[step].uses[resource] ?? 0, capacities[resource]) }
}

extension Timeline {
  /// Start and end of each step in seconds.
  var seconds: [[Int64]] { entries.map { [$0.start.milliseconds / 1_000, $0.end.milliseconds / 1_000] } }
}
