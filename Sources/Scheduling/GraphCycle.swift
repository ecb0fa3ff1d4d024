/// Steps that wait for each other.
public struct GraphCycle: Error, Equatable, Sendable {
  /// Each step must be done before the one that follows; the first is also the last, and the lowest number of the cycle.
  public var path: [Int]
  public init(path: [Int]) { self.path = path }

  /// How many edges the search for a shorter cycle may look at before it is content with what it has.
  private static let budget = 4_000_000

  /// The shortest cycle among the steps that are not in `sorted`: breadth first from each in turn, within a budget.
  init(in successors: Rows, _ predecessors: Rows, outside sorted: [Int]) {
    var left = [Bool](repeating: true, count: successors.count)
    for step in sorted { left[step] = false }
    var search = CycleSearch(successors: successors, inside: left, budget: Self.budget)
    var best = Self.stepOnCycle(predecessors, left).flatMap { search.shortest(through: $0, shorterThan: .max) } ?? []
    for start in left.indices where left[start] && search.budget > 0 {
      if let shorter = search.shortest(through: start, shorterThan: best.count) { best = shorter }
    }
    path = Self.rotated(best)
  }

  /// Every step that is left waits for another one that is left: going back long enough leads into a cycle.
  private static func stepOnCycle(_ predecessors: Rows, _ left: [Bool]) -> Int? {
    var seen = Set<Int>()
    var step = left.firstIndex(of: true)
    while let current = step, seen.insert(current).inserted { step = predecessors[current].first { left[$0] } }
    return step
  }

  private static func rotated(_ path: [Int]) -> [Int] {
    let ring = path.dropLast()
    guard let least = ring.min(), let start = ring.firstIndex(of: least) else { return path }
    return Array(ring[start...] + ring[..<start]) + [least]
  }
}

private struct CycleSearch {
  let successors: Rows
  let inside: [Bool]
  var budget: Int

  /// The shortest cycle through `start`, written with `start` at both ends; nil where none has fewer entries than `limit`.
  mutating func shortest(through start: Int, shorterThan limit: Int) -> [Int]? {
    var cameFrom: [Int: Int] = [:]
    var front = [start]
    var length = 1
    while !front.isEmpty, length + 1 < limit {
      var following: [Int] = []
      for step in front {
        for next in successors[step] where inside[next] {
          budget -= 1
          if next == start { return path(back: step, cameFrom, to: start) }
          if cameFrom[next] == nil {
            cameFrom[next] = step
            following.append(next)
          }
        }
      }
      front = following
      length += 1
    }
    return nil
  }

  private func path(back last: Int, _ cameFrom: [Int: Int], to start: Int) -> [Int] {
    var path = [start]
    var step = last
    while step != start, let before = cameFrom[step] {
      path.append(step)
      step = before
    }
    path.append(start)
    return path.reversed()
  }
}
