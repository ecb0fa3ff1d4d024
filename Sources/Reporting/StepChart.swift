public import ChangePlanning
internal import Objectives
internal import PlanModel
public import ProviderInterface
internal import Scheduling
internal import Units

/// How a graph is written.
public enum GraphFormat: String, Sendable, CaseIterable {
  case text, dot, mermaid
}

/// The steps of one run in the order of their schedule, as the plan alone predicts it.
public struct StepChart: Sendable {
  struct Node: Sendable {
    var step: TypedStep
    var takes: TimeSpan
    var entry: Timeline.Entry
    var isCritical: Bool
    var isTaken: Bool { entry.outcome != .notTaken }
    var name: String { step.specification.name.rawValue }
    /// `5m` where somebody estimated it, `up to 2h` where only the time-out limits it.
    var duration: String { (step.estimated == nil ? "up to " : "") + takes.rounded }
  }
  var title: String
  var nodes: [Node]
  var criticalPath: [String]
  var end: TimeSpan
  private var needed: [[Int]]

  /// - Parameter title: what the steps are for.
  init(_ title: String, _ steps: [TypedStep], isLost: (StepSpecification) -> Bool = { _ in false }) throws(GraphCycle) {
    let network = try StepNetwork(steps.map(\.specification), isLost: isLost)
    let durations = steps.map { $0.estimated?.amount ?? $0.specification.longest }
    let timeline = network.timeline(durations: durations, width: defaultParallelism)
    let critical = Set(timeline.criticalPath)
    let order = steps.indices.sorted { a, b in
      (timeline.entries[a].start, timeline.entries[a].end, a) < (timeline.entries[b].start, timeline.entries[b].end, b)
    }
    self.title = title
    nodes = order.map { Node(step: steps[$0], takes: durations[$0], entry: timeline.entries[$0], isCritical: critical.contains($0)) }
    criticalPath = timeline.criticalPath.map { steps[$0].specification.name.rawValue }
    end = timeline.end
    var place = Array(repeating: 0, count: steps.count)
    for (index, step) in order.enumerated() { place[step] = index }
    needed = network.alternatives.isEmpty ? [] : order.map { network.graph.predecessors(of: $0).map { place[$0] } }
  }

  /// Whether an edge leads from a branch to the one that begins when it is given up.
  func isElse(_ from: Int, _ to: Int) -> Bool {
    guard let a = nodes[from].step.specification.branch, let b = nodes[to].step.specification.branch else { return false }
    return a.choice == b.choice && a.number != b.number
  }

  /// Every need of a step, and whether the critical path goes along it.
  func edges() -> [(from: Int, to: Int, isCritical: Bool)] {
    if !needed.isEmpty {
      let onPath = Set(zip(criticalPath, criticalPath.dropFirst()).map { [$0, $1] })
      return needed.enumerated().flatMap { to, all in all.map { ($0, to, onPath.contains([nodes[$0].name, nodes[to].name])) } }
    }
    let place = Dictionary(nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
    let onPath = Set(zip(criticalPath, criticalPath.dropFirst()).map { [$0, $1] })
    return nodes.enumerated().flatMap { to, node in
      node.step.specification.needs.compactMap { need in
        place[need.rawValue].map { ($0, to, onPath.contains([need.rawValue, node.name])) }
      }
    }
  }
}

/// - Throws: a cycle, which a plan that was found free of errors does not have.
public func stepChart(_ typed: TypedPlan, _ purpose: Purpose) throws -> StepChart {
  let name = typed.plan.metadata.name
  switch purpose {
  case .protection: return try StepChart("Protection of `\(name)`", typed.protectionSteps)
  case .recovery(let scenario):
    let survival = Survival(scenario.scenario, in: typed.plan)
    return try StepChart("Recovery of `\(name)` from `\(scenario.scenario.name.value)`", scenario.steps) { survival.loses($0, in: typed.plan) }
  }
}
