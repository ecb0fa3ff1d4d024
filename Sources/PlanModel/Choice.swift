public import Diagnostics
public import Units

public typealias BranchName = Name<Branch>

/// Something that is done in the first of several ways that works: `firstOf`. Its steps stand among the scenario's.
public struct Choice: Sendable {
  public var name: Located<StepName>
  /// Done before the first branch begins.
  public var needs: [Located<StepName>]
  /// By preference.
  public var branches: [Branch]
  /// Outputs that every branch gives.
  public var gives: [Located<String>]
  /// The modes in which it is done; empty: all.
  public var only: [Located<ModeName>] = []
}

/// One way. It is given up when one of its steps has failed, or at its deadline.
public struct Branch: Sendable {
  public var name: Located<BranchName>
  /// From its beginning until the next branch begins; nil: it is not given up for the time it takes.
  public var until: Located<TimeSpan>?
  public var steps: Set<StepName>
}

/// Where a step stands in a choice: all that a run and a schedule need to know of it.
public struct BranchPlace: Hashable, Sendable, Codable {
  public var choice: StepName
  public var branch: BranchName
  /// In the order of preference, from 0.
  public var number: Int
  public var until: TimeSpan?
  /// What is done before the first branch of the choice begins.
  public var needs: [StepName]
  /// In this scenario something that a step of the branch needs is gone, and another branch is left: it is not tried.
  public var isLost = false
  public init(choice: StepName, branch: BranchName, number: Int, until: TimeSpan?, needs: [StepName]) {
    self.choice = choice; self.branch = branch; self.number = number; self.until = until; self.needs = needs
  }
}

extension Scenario {
  /// The choice and the branch that a step stands in.
  public func branch(of step: StepName) -> (choice: Choice, number: Int)? {
    for choice in choices { if let number = choice.branches.firstIndex(where: { $0.steps.contains(step) }) { return (choice, number) } }
    return nil
  }

  /// What `needs` and outputs can name.
  public var nameable: [Located<StepName>] { steps.map(\.name) + choices.map(\.name) }
}

extension Scenario {
  /// From outside a branch nobody knows whether its steps are done: one names the choice.
  public func problem(with name: Located<StepName>, takenBy step: StepName) -> Diagnostic? {
    guard let (choice, number) = branch(of: name.value) else { return nil }
    if let own = branch(of: step), own.choice.name.value == choice.name.value, own.number == number { return nil }
    return Diagnostic(
      "wrong-value", "`\(step)` waits for `\(name.value)`, which is done only in the branch `\(choice.branches[number].name.value)` of `\(choice.name.value)`",
      at: name.span, label: "may never be done", related: [.init(span: choice.name.span, label: "the choice")], helps: ["write `\(choice.name.value)`: whichever branch it was"])
  }
}
