internal import PlanModel
public import ProviderInterface
public import Scheduling
public import Units

/// The steps of one run as a graph, and what the scheduler needs to know of them.
public struct StepNetwork: Sendable {
  public let steps: [StepSpecification]
  public let graph: StepGraph

  /// A `needs` that names no step of this list is left out: it has been reported.
  public init(_ steps: [StepSpecification]) throws(GraphCycle) {
    let index = Dictionary(steps.enumerated().map { ($1.name, $0) }) { first, _ in first }
    let edges = steps.enumerated().flatMap { to, step in step.needs.compactMap { need in index[need].map { (from: $0, to: to) } } }
    self.steps = steps
    graph = try StepGraph(count: steps.count, edges: edges)
  }

  /// The timeline with these durations, by the scheduler that runs.
  public func timeline(durations: [TimeSpan], width: Int) -> Timeline {
    predict(graph: graph, items: items(durations), width: width, capacities: [])
  }

  /// What holds however long each step takes, up to all its attempts timing out.
  public func guaranteed(width: Int) -> ScheduleBounds {
    bounds(graph: graph, items: items(steps.map(\.longest)), width: width, capacities: [])
  }

  /// Whether `a` always ends before `b` begins.
  public func comesBefore(_ a: Int, _ b: Int) -> Bool { graph.descendants(of: a).contains(b) }

  /// Whether `a` always ends before `b` begins, or the other way round.
  public func ordered(_ a: Int, _ b: Int) -> Bool { comesBefore(a, b) || comesBefore(b, a) }

  private func items(_ durations: [TimeSpan]) -> [SchedulingItem] {
    zip(steps, durations).map { SchedulingItem(duration: $1, priority: $0.priority) }
  }
}

/// How many steps run at once where nobody says otherwise.
public let defaultParallelism = 4

extension StepSpecification {
  /// The longest that the step can take: every attempt up to its time-out, with the longest waits between them (objectives 4.6).
  public var longest: TimeSpan { BackOff.worstCase(timeout: timeout, retries: retries) }
}
