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
    var name: String { step.specification.name.rawValue }
    /// `5m` where somebody estimated it, `up to 2h` where only the time-out limits it.
    var duration: String { (step.estimated == nil ? "up to " : "") + takes.rounded }
  }
  var title: String
  var nodes: [Node]
  var criticalPath: [String]
  var end: TimeSpan

  /// - Parameter title: what the steps are for.
  init(_ title: String, _ steps: [TypedStep]) throws(GraphCycle) {
    let network = try StepNetwork(steps.map(\.specification))
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
  }

  /// Every need of a step, and whether the critical path goes along it.
  func edges() -> [(from: Int, to: Int, isCritical: Bool)] {
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
  return switch purpose {
  case .protection: try StepChart("Protection of `\(name)`", typed.protection.flatMap(\.steps))
  case .recovery(let scenario): try StepChart("Recovery of `\(name)` from `\(scenario.scenario.name.value)`", scenario.steps)
  }
}
