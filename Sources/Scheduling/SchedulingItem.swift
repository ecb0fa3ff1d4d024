public import Units

/// What a scheduler knows about one step.
public struct SchedulingItem: Sendable, Equatable {
  /// How long the step takes, retries and back-off included: it holds its place and its resources until it is over.
  public var duration: TimeSpan
  /// The priority of the data it works for; higher goes first.
  public var priority: Int
  /// How much it takes of each resource (by index) while it runs. More than there is counts as all there is.
  public var uses: [Int: Int64]

  public init(duration: TimeSpan, priority: Int = 0, uses: [Int: Int64] = [:]) {
    self.duration = duration
    self.priority = priority
    self.uses = uses
  }
}

/// Amounts of resources in ascending order of the resource, clamped to what there is, so that every step can run alone.
struct Demand: Hashable, Sendable {
  struct Part: Hashable, Sendable { var resource: Int; var amount: Int64 }
  var parts: [Part]

  init(_ uses: [Int: Int64], capacities: [Int64]) {
    precondition(uses.keys.allSatisfy(capacities.indices.contains), "a resource without a capacity")
    parts = uses.filter { $0.value > 0 }.map { Part(resource: $0.key, amount: min($0.value, capacities[$0.key])) }
    parts.sort { $0.resource < $1.resource }
  }
}
