public import Units

/// One of several ways in which a scenario goes by the same text: failover and switchover, there and back.
public enum Mode {}
public typealias ModeName = Name<Mode>

extension ScenarioName {
  /// Each mode of a scenario is a scenario of its own for everything behind the reader: `region/failover`.
  public init(_ scenario: ScenarioName, mode: ModeName) { self.init(rawValue: "\(scenario.rawValue)/\(mode.rawValue)") }
}

/// A recovery that is only tried at first: people look at it, and then it is kept or taken back.
public struct Provisional: Hashable, Sendable, Codable {
  /// What happens when nobody has said anything by the end of the trial.
  public enum Ending: String, Hashable, Sendable, Codable, CaseIterable { case commit, rollback }
  public var duration: TimeSpan
  public var ending: Ending
  public init(duration: TimeSpan, ending: Ending) { self.duration = duration; self.ending = ending }
}

extension Scenario {
  /// With the steps of one mode only. A need of a step that is not done in it is no need.
  func reduced(to mode: ModeName) -> Scenario {
    func isOut(_ only: [Located<ModeName>]) -> Bool { !only.isEmpty && !only.contains { $0.value == mode } }
    let choicesOut = choices.filter { isOut($0.only) }
    var out = Set(steps.filter { isOut($0.only) }.map(\.name.value))
    for choice in choicesOut { out.formUnion([choice.name.value] + choice.branches.flatMap(\.steps)) }
    var result = self
    result.steps = steps.filter { !out.contains($0.name.value) }.map { step in
      var step = step
      step.needs.removeAll { out.contains($0.value) }
      return step
    }
    result.choices = choices.filter { !out.contains($0.name.value) }.map { choice in
      var choice = choice
      choice.needs.removeAll { out.contains($0.value) }
      for index in choice.branches.indices { choice.branches[index].steps.subtract(out) }
      return choice
    }
    return result
  }
}
