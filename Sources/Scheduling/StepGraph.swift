public import Units

/// Which step must be done before which, over the steps `0..<count`, without cycles.
///
/// Names live with the caller, who numbers the steps in the order of their declaration: that number is the last tie-break of a schedule.
public struct StepGraph: Sendable, Equatable {
  public let count: Int
  /// An order in which every step comes after all that it needs; the lowest number first where there is a choice.
  public let topologicalOrder: [Int]
  private let successorRows: Rows
  private let predecessorRows: Rows

  /// - Parameter edges: `from` must be done before `to`. Duplicates are folded. Both ends must lie in `0..<count`.
  /// - Throws: `GraphCycle` with a cycle as a path.
  public init(count: Int, edges: [(from: Int, to: Int)]) throws(GraphCycle) {
    precondition(edges.allSatisfy { 0 <= $0.from && $0.from < count && 0 <= $0.to && $0.to < count }, "an edge leads outside the graph")
    let successors = Rows(count: count, edges: edges)
    let predecessors = Rows(count: count, edges: edges.map { ($0.to, $0.from) })
    let order = Self.order(successors, predecessors)
    guard order.count == count else {
      throw GraphCycle(in: successors, predecessors, outside: order)
    }
    self.init(count: count, topologicalOrder: order, successorRows: successors, predecessorRows: predecessors)
  }

  private init(count: Int, topologicalOrder: [Int], successorRows: Rows, predecessorRows: Rows) {
    self.count = count
    self.topologicalOrder = topologicalOrder
    self.successorRows = successorRows
    self.predecessorRows = predecessorRows
  }

  /// The steps that directly need `step`, in ascending order.
  public func successors(of step: Int) -> ArraySlice<Int> { successorRows[step] }
  /// The steps that `step` directly needs, in ascending order.
  public func predecessors(of step: Int) -> ArraySlice<Int> { predecessorRows[step] }

  /// The same steps with every edge turned round: the order in which a run is undone.
  public var reversed: StepGraph {
    StepGraph(
      count: count, topologicalOrder: topologicalOrder.reversed(), successorRows: predecessorRows, predecessorRows: successorRows)
  }

  /// All that needs `step`, directly or through others, in ascending order.
  public func descendants(of step: Int) -> [Int] {
    var seen = Set<Int>()
    var open = Array(successors(of: step))
    while let next = open.popLast() {
      if seen.insert(next).inserted { open += successors(of: next) }
    }
    return seen.sorted()
  }

  /// The longest path from each step to an end of the graph, the step itself included.
  func longestRemainingPaths(_ durations: [Int64]) -> [Int128] {
    var longest = [Int128](repeating: 0, count: count)
    for step in topologicalOrder.reversed() {
      let rest = successors(of: step).reduce(Int128(0)) { max($0, longest[$1]) }
      longest[step] = rest + Int128(durations[step])
    }
    return longest
  }

  /// Kahn's algorithm; shorter than the graph when there is a cycle.
  private static func order(_ successors: Rows, _ predecessors: Rows) -> [Int] {
    var missing = (0..<predecessors.count).map { predecessors[$0].count }
    var ready = MinHeap<Int>()
    for step in missing.indices where missing[step] == 0 { ready.insert(step) }
    var order: [Int] = []
    order.reserveCapacity(missing.count)
    while let step = ready.popMin() {
      order.append(step)
      for next in successors[step] {
        missing[next] -= 1
        if missing[next] == 0 { ready.insert(next) }
      }
    }
    return order
  }
}

/// Compressed sparse rows: the row of `v` is a slice of one array.
struct Rows: Sendable, Equatable {
  private var offsets: [Int]
  private var targets: [Int] = []
  var count: Int { offsets.count - 1 }
  subscript(row: Int) -> ArraySlice<Int> { targets[offsets[row]..<offsets[row + 1]] }

  init(count: Int, edges: [(from: Int, to: Int)]) {
    offsets = [0]
    offsets.reserveCapacity(count + 1)
    targets.reserveCapacity(edges.count)
    var last = -1
    var row = 0
    for edge in edges.sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
      while row < edge.from {
        offsets.append(targets.count)
        row += 1
        last = -1
      }
      if edge.to != last { targets.append(edge.to) }
      last = edge.to
    }
    while offsets.count <= count { offsets.append(targets.count) }
  }
}

extension StepGraph {
  /// The longest chain of these steps; what lies between two of them does not count.
  public func longestPath(among steps: [Int], _ durations: [TimeSpan]) -> TimeSpan {
    let members = Set(steps)
    var longest: [Int: TimeSpan] = [:]
    for step in topologicalOrder.reversed() where members.contains(step) {
      longest[step] = durations[step] + (successors(of: step).compactMap { longest[$0] }.max() ?? .zero)
    }
    return longest.values.max() ?? .zero
  }

  /// How many of these steps can run at the same time, or more where that is too much to find out.
  public func mostAtOnce(of steps: [Int]) -> Int {
    steps.count < 2 ? steps.count : PartialOrder(self).largestAntichain(steps) ?? steps.count
  }
}
