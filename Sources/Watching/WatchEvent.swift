public import PlanModel
public import ProviderInterface
public import Units

/// Something that a watch has seen or does: a line each.
public enum WatchEvent: Hashable, Sendable {
  case fails(ProbeName, SiteName?, String)
  case works(ProbeName, SiteName?)
  case notAsked(ProbeName, SiteName?, String)
  /// The rule will hold then if nothing changes.
  case counting(ScenarioName, until: Timestamp)
  case alertFires(String)
  case alertIsOver(String)
  /// The rule holds, and the pause after the last time is not over.
  case heldBack(ScenarioName, until: Timestamp)
  case triggered(ScenarioName, why: String)
  /// People are to decide; the text says why.
  case asks(ScenarioName, because: String)
  case begins(ScenarioName, RunID)
  case goesOn(ScenarioName, RunID)
  case startedByHand(ScenarioName, RunID, who: String)
  case ended(ScenarioName, RunID, String)
  case startFailed(ScenarioName, String)
  /// It has been well for as long as it had to be bad.
  case armed(ScenarioName, wasOpen: Bool)

  /// Whether somebody should look now.
  public var isUrgent: Bool {
    switch self {
    case .triggered, .asks, .startFailed, .ended, .heldBack: true
    default: false
    }
  }

  /// A line without its end. `planFile` is what people type.
  public func text(planFile: String) -> String {
    func probe(_ name: ProbeName, _ place: SiteName?) -> String { "\(name)" + (place.map { " from \($0)" } ?? "") }
    switch self {
    case .fails(let name, let place, let why): return "\(probe(name, place)): fails: \(why)"
    case .works(let name, let place): return "\(probe(name, place)): works"
    case .notAsked(let name, let place, let why): return "\(probe(name, place)): cannot be asked, which says nothing of it: \(why)"
    case .counting(let scenario, let until): return "\(scenario): triggers at \(until.timeOfDay) unless that changes"
    case .alertFires(let name): return "alert \(name): fires"
    case .alertIsOver(let name): return "alert \(name): is over"
    case .heldBack(let scenario, let until): return "\(scenario): would trigger again, held back until \(until) by its `coolDown`"
    case .triggered(let scenario, let why): return "\(scenario): triggered: \(why)"
    case .asks(let scenario, let because): return "\(scenario): \(because); decide, and start it with: sie-dr apply \(planFile) --scenario \(scenario)"
    case .begins(let scenario, let run): return "\(scenario): run \(run) begins"
    case .goesOn(let scenario, let run): return "\(scenario): run \(run) was cut off and goes on"
    case .startedByHand(let scenario, let run, let who): return "\(scenario): run \(run) of \(who) is against this already; no second one is started"
    case .ended(let scenario, let run, let how): return "\(scenario): run \(run) \(how)"
    case .startFailed(let scenario, let why): return "\(scenario): cannot be started: \(why)"
    case .armed(let scenario, let wasOpen): return "\(scenario): " + (wasOpen ? "over by itself; armed again" : "armed again")
    }
  }
}
