public import PlanModel
internal import Units

/// How much of a limit a step takes, and how much there is: a run needs no plan to keep to it.
public struct LimitUse: Hashable, Sendable, Codable {
  public var limit: LimitName
  public var amount: Capacity
  public var capacity: Capacity
  public init(limit: LimitName, amount: Capacity, capacity: Capacity) { self.limit = limit; self.amount = amount; self.capacity = capacity }
  /// For a person: `1 of 2 turns at`, `100MB/s of 300MB/s of`.
  public var description: String {
    switch capacity {
    case .turns(let turns): "\(amount) of \(turns) turn\(turns == 1 ? "" : "s") of `\(limit)`"
    case .rate: "\(amount) of the \(capacity) of `\(limit)`"
    }
  }
}

/// The limits that some steps share, numbered for the scheduler.
public struct SharedLimits: Sendable {
  public private(set) var names: [LimitName] = []
  /// What there is of each, in turns or bytes a second.
  public private(set) var capacities: [Int64] = []
  /// What each step takes of each limit, by its number.
  public private(set) var uses: [[Int: Int64]] = []

  public init(_ steps: some Sequence<StepSpecification>) {
    var numbers: [LimitName: Int] = [:]
    for step in steps {
      var taken: [Int: Int64] = [:]
      for use in step.uses ?? [] {
        let number = numbers[use.limit] ?? names.count
        if number == names.count {
          numbers[use.limit] = number
          names.append(use.limit)
          capacities.append(use.capacity.units)
        }
        taken[number, default: 0] += use.amount.units
      }
      uses.append(taken)
    }
  }
}
