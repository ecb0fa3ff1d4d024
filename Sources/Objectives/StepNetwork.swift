internal import PlanModel
public import ProviderInterface
public import Scheduling
public import Units

/// The steps of one run as a graph, and what the scheduler needs to know of them. A branch of a choice comes after those that are preferred to it.
public struct StepNetwork: Sendable {
  public let steps: [StepSpecification]
  public let graph: StepGraph
  public let alternatives: [Alternatives]
  /// What the steps share.
  public let limits: SharedLimits

  /// A `needs` that names no step of this list is left out: it has been reported.
  ///
  /// - Parameter isLost: whether a step cannot work in the scenario: its branch is not tried then.
  public init(_ steps: [StepSpecification], isLost: (StepSpecification) -> Bool = { _ in false }) throws(GraphCycle) {
    let order = StepOrder(steps)
    self.steps = steps
    limits = SharedLimits(steps)
    graph = try StepGraph(count: steps.count, edges: order.needs.enumerated().flatMap { to, before in before.map { (from: $0, to: to) } })
    alternatives = order.choices.map { $0.alternatives { isLost(steps[$0]) } }
  }

  /// The timeline with these durations, by the scheduler that runs. A branch that takes longer than its deadline is given up in it.
  public func timeline(durations: [TimeSpan], width: Int) -> Timeline {
    predict(graph: graph, items: items(durations), width: width, capacities: limits.capacities, alternatives: alternatives)
  }

  /// As if every branch that has a deadline hung until then.
  func givenUp(_ durations: [TimeSpan]) -> [TimeSpan] {
    var durations = durations
    for branch in alternatives.flatMap(\.branches) {
      if let deadline = branch.deadline { for step in branch.steps { durations[step] = max(durations[step], deadline + .milliseconds(1)) } }
    }
    return durations
  }

  /// What holds however long each step takes, up to all its attempts timing out, and whichever branches are given up.
  public func guaranteed(width: Int) -> ScheduleBounds {
    let items = items(steps.indices.map { steps[$0].longest })
    guard !alternatives.isEmpty else { return bounds(graph: graph, items: items, width: width, capacities: limits.capacities) }
    let tight = LastBranches(self, items, blocks: .asLongAsTheyTake).bounds(width: width)
    // Where a step may have to wait for a place, a branch lasts up to its deadline.
    return tight.basis == .longestPath ? tight : LastBranches(self, items, blocks: .upToTheDeadline).bounds(width: width)
  }

  /// Whether `a` always ends before `b` begins.
  public func comesBefore(_ a: Int, _ b: Int) -> Bool { graph.descendants(of: a).contains(b) }

  /// Whether `a` always ends before `b` begins, or the other way round.
  public func ordered(_ a: Int, _ b: Int) -> Bool { comesBefore(a, b) || comesBefore(b, a) }

  private func items(_ durations: [TimeSpan]) -> [SchedulingItem] {
    steps.indices.map { SchedulingItem(duration: durations[$0], priority: steps[$0].priority, uses: limits.uses[$0]) }
  }
}

/// How many steps run at once where nobody says otherwise.
public let defaultParallelism = 4

extension StepSpecification {
  /// The longest that the step can take: until it is approved, then every attempt up to its time-out, with the longest waits between them
  /// (objectives 4.6).
  public var longest: TimeSpan { (approval?.longest ?? .zero) + BackOff.worstCase(timeout: timeout, retries: retries) }
}
