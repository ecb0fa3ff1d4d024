import Scheduling
import Testing

@Suite("The graph of steps")
struct StepGraphTests {
  @Test("knows both directions, folds duplicates and orders by number where it may")
  func directions() throws {
    let graph = try StepGraph(count: 5, edges: [(3, 1), (0, 1), (3, 1), (1, 2)])
    #expect(Array(graph.predecessors(of: 1)) == [0, 3])
    #expect(Array(graph.successors(of: 3)) == [1])
    #expect(graph.predecessors(of: 4).isEmpty)
    #expect(graph.topologicalOrder == [0, 3, 1, 2, 4])
    #expect(graph.descendants(of: 3) == [1, 2])
    #expect(graph.reversed.topologicalOrder == [4, 2, 1, 3, 0])
    #expect(Array(graph.reversed.predecessors(of: 1)) == [2])
  }

  @Test("shows a cycle as a path, the shortest and lowest", arguments: [
    ([(0, 0)], [0, 0]),
    ([(2, 1), (1, 2)], [1, 2, 1]),
    ([(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)], [1, 2, 3, 1]),
    // A long way round and a short cut: the short cut is shown.
    ([(0, 1), (1, 2), (2, 3), (3, 0), (2, 4), (4, 2)], [2, 4, 2]),
    // Two of the same length: the one with the lowest step.
    ([(3, 4), (4, 3), (1, 2), (2, 1)], [1, 2, 1]),
  ])
  func cycles(edges: [(Int, Int)], path: [Int]) {
    #expect(throws: GraphCycle(path: path)) { try StepGraph(count: 5, edges: edges.map { (from: $0.0, to: $0.1) }) }
  }

  @Test("finds a real cycle in a large knot within its budget")
  func largeKnot() throws {
    let count = 20_000
    let ring = (0..<count).map { (from: $0, to: ($0 + 1) % count) }
    let error = #expect(throws: GraphCycle.self) { try StepGraph(count: count, edges: ring) }
    #expect(error?.path.count == count + 1)
    #expect(error?.path.first == 0)
    #expect(error?.path.last == 0)
  }

  @Test("an order never puts a step before what it needs", arguments: 0..<50)
  func topological(seed: Int) throws {
    let graph = try Sample(seed: seed, most: 30).graph
    let place = Dictionary(uniqueKeysWithValues: graph.topologicalOrder.enumerated().map { ($1, $0) })
    for step in 0..<graph.count {
      for before in graph.predecessors(of: step) { #expect(try #require(place[before]) < #require(place[step])) }
    }
  }
}
