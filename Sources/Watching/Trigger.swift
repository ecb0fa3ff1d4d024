public import PlanModel
public import Units

/// What starts a scenario.
public enum Trigger: Hashable, Sendable {
  case probe(ProbeTrigger)
  /// Of that name, from a monitoring system.
  case alert(String)
}

/// A rule over the answers to one probe: the one whose time `lint` computes.
public struct ProbeTrigger: Hashable, Sendable {
  public enum Condition: Hashable, Sendable {
    /// Nothing but failures for so long, from the first one known on.
    case failing(TimeSpan)
    /// So many of the last so many.
    case failures(atLeast: Int, of: Int)
  }
  public var probe: ProbeName
  public var every: TimeSpan
  public var timeout: TimeSpan
  public var condition: Condition
  /// The places whose answers count; nil: where the watch itself is.
  public var places: [SiteName?]
  /// In so many of them the condition must hold at once.
  public var agreeing: Int
  /// The rule is looked at so often; nil: whenever something is known.
  public var evaluate: TimeSpan?

  public init(
    probe: ProbeName, every: TimeSpan, timeout: TimeSpan, condition: Condition, places: [SiteName?] = [nil], agreeing: Int = 1, evaluate: TimeSpan? = nil
  ) {
    self.probe = probe; self.every = every; self.timeout = timeout; self.condition = condition
    self.places = places; self.agreeing = agreeing; self.evaluate = evaluate
  }

  /// After so long without an answer nobody knows what was meanwhile.
  public var silence: TimeSpan { every * 2 + timeout + .seconds(2) }
}

/// A scenario that a watch starts or asks for.
public struct WatchedScenario: Hashable, Sendable {
  public var name: ScenarioName
  public var trigger: Trigger
  /// How long it is not triggered again.
  public var coolDown: TimeSpan
  /// People decide (`decide`): it is asked for, and they start it. A run that needs signatures waits for them itself.
  public var asks: Bool

  public init(name: ScenarioName, trigger: Trigger, coolDown: TimeSpan = .zero, asks: Bool = false) {
    self.name = name; self.trigger = trigger; self.coolDown = coolDown; self.asks = asks
  }
}

extension WatchedScenario {
  /// Those of the plan that anything but a person notices. `here` is the site of whoever watches.
  public static func all(in plan: Plan, here: SiteName?) -> [WatchedScenario] {
    plan.scenarios.compactMap { scenario in
      let asks = scenario.decide != nil
      switch scenario.detection {
      case .probe(let rule):
        guard let probe = plan.probe(rule.probe.value) else { return nil }
        let trigger = ProbeTrigger(
          probe: probe.name.value, every: probe.every, timeout: probe.timeout, condition: .init(rule.condition),
          places: rule.from.isEmpty ? [here] : rule.from.map(\.value), agreeing: rule.agreeing, evaluate: rule.evaluate?.value)
        return WatchedScenario(name: scenario.name.value, trigger: .probe(trigger), coolDown: rule.coolDown?.value ?? .zero, asks: asks)
      case .alert(let name, _, let coolDown):
        return WatchedScenario(name: scenario.name.value, trigger: .alert(name.value), coolDown: coolDown?.value ?? .zero, asks: asks)
      case .person, nil: return nil
      }
    }
  }
}

extension ProbeTrigger.Condition {
  init(_ condition: ProbeRule.Condition) {
    switch condition {
    case .failing(let window): self = .failing(window.value)
    case .failures(let least, let all, _): self = .failures(atLeast: least, of: all)
    }
  }

  var description: String {
    switch self {
    case .failing(let window): "failing for \(window.rounded)"
    case .failures(let least, let all): "\(least) of the last \(all) failed"
    }
  }
}

extension Trigger {
  /// What it is, word for word: a history is of this trigger only.
  var digestText: String {
    switch self {
    case .alert(let name): "alert \(name)"
    case .probe(let rule):
      "\(rule.probe) every \(rule.every) timeout \(rule.timeout) \(rule.condition.description) "
        + "from \(rule.places.map { $0?.rawValue ?? "" }) \(rule.agreeing) \(rule.evaluate?.description ?? "")"
    }
  }
}
