internal import PlanModel

/// The keys of what a scenario can be besides: in modes, and on trial.
extension PlanKeys {
  static let provisional = PlanKey(
    "provisional",
    .object([
      PlanKey("for", .timeSpan, required: true, "How long it is tried."),
      PlanKey("then", .choice(Provisional.Ending.allCases.map(\.rawValue)), required: true, "What happens if nobody has said anything by then."),
    ]), "It is only tried at first, and can be taken back until it is committed.")

  /// - Parameter scenario: the keys of a scenario, of which a mode has some.
  static func modes(of scenario: [PlanKey]) -> PlanKey {
    let own = scenario.filter { ["description", "loses", "detect", "decide", "trigger", "approve"].contains($0.name) }
    return PlanKey("modes", .map(.object(own)), "Ways in which it goes by the same steps, such as failover and switchover: each is a scenario of its own.")
  }

  static let only = PlanKey("only", .names, "The modes of the scenario in which it is done; all if not given.")
}
