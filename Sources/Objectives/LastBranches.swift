internal import ProviderInterface
internal import Scheduling
internal import Units

extension BranchedSteps {
  /// What can be tried: no branch of which a step is lost, and none after one that has no deadline. Where all are lost, which has been reported,
  /// figures are computed as if none were.
  func alternatives(isLost: (Int) -> Bool) -> Alternatives {
    let surviving = branches.indices.filter { !branches[$0].steps.contains(where: isLost) }
    let possible = surviving.isEmpty ? Array(branches.indices) : surviving
    let final = possible.firstIndex { branches[$0].until == nil } ?? possible.count - 1
    let tried = possible[...final]
    return Alternatives(
      needs: needs, branches: tried.map { .init(steps: branches[$0].steps, deadline: $0 == tried.last ? nil : branches[$0].until) },
      never: branches.indices.filter { !tried.contains($0) }.flatMap { branches[$0].steps },
      lost: branches.indices.filter { !possible.contains($0) }.flatMap { branches[$0].steps })
  }
}

/// The worst course of the choices: every branch but the last is given up. While one lasts it takes as many places as steps of it can run at once, so
/// each stands here as so many blocks of its length.
struct LastBranches {
  enum Blocks { case asLongAsTheyTake, upToTheDeadline }
  private var items: [SchedulingItem] = []
  private var edges: [(from: Int, to: Int)] = []
  private let capacities: [Int64]

  init(_ network: StepNetwork, _ all: [SchedulingItem], blocks: Blocks) {
    let graph = network.graph
    capacities = network.limits.capacities
    var place: [Int?] = Array(repeating: 0, count: all.count)
    for choice in network.alternatives { for step in choice.never + choice.branches.dropLast().flatMap(\.steps) { place[step] = nil } }
    for step in all.indices where place[step] != nil {
      place[step] = items.count
      items.append(all[step])
    }
    for step in all.indices {
      guard let to = place[step] else { continue }
      edges += graph.predecessors(of: step).compactMap { place[$0] }.map { (from: $0, to: to) }
    }
    for choice in network.alternatives {
      var before = choice.needs.compactMap { place[$0] }
      for branch in choice.branches.dropLast() {
        let deadline = branch.deadline ?? .zero
        let inside = Set(choice.needs + choice.branches.flatMap(\.steps) + choice.never)
        // One that waits for something else may do so until its deadline.
        let waits = blocks == .upToTheDeadline || branch.steps.contains { step in graph.predecessors(of: step).contains { !inside.contains($0) } }
        let length = waits ? deadline : min(deadline, graph.longestPath(among: branch.steps, all.map(\.duration)))
        let places = graph.mostAtOnce(of: branch.steps)
        let added = items.count..<(items.count + places)
        // Whichever of its steps are at work, none takes more of a limit than the one that takes most.
        let uses = branch.steps.reduce(into: [Int: Int64]()) { $0.merge(all[$1].uses, uniquingKeysWith: max) }
        items += added.map { _ in SchedulingItem(duration: length, uses: uses) }
        edges += added.flatMap { block in before.map { (from: $0, to: block) } }
        before = Array(added)
      }
      let last = choice.branches.last?.steps ?? []
      let members = Set(last)
      for step in last where graph.predecessors(of: step).allSatisfy({ !members.contains($0) }) {
        if let to = place[step] { edges += before.map { (from: $0, to: to) } }
      }
    }
  }

  func bounds(width: Int) -> ScheduleBounds {
    // Without some of its nodes, and with blocks between two that were in order, a graph without cycles has none.
    guard let graph = try? StepGraph(count: items.count, edges: edges) else { preconditionFailure("blocks made a cycle") }
    return Scheduling.bounds(graph: graph, items: items, width: width, capacities: capacities)
  }
}
