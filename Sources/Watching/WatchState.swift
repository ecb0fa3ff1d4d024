public import PlanModel
public import ProviderInterface
public import Units

/// What a watch remembers beyond its own end.
public struct WatchState: Hashable, Sendable, Codable {
  public static let currentFormat = 1
  public var formatVersion = WatchState.currentFormat
  public var plan: String
  public var scenarios: [ScenarioName: ScenarioMemory] = [:]
  public init(plan: String) { self.plan = plan }
}

public struct ScenarioMemory: Hashable, Sendable, Codable {
  /// The rule that the rest is of; where the plan has another one now, what was seen says nothing.
  var trigger: String
  /// Triggers when its rule holds; once it has, not before the rule's mirror image has held.
  public internal(set) var isArmed = true
  public internal(set) var lastTriggered: Timestamp?
  /// By place; of the watch's own, if it has no name, under the empty one.
  var places: [String: PlaceHistory] = [:]
  /// The alerts of its name that are firing, by fingerprint.
  var firing: Set<String> = []
  /// The last one.
  public internal(set) var incident: Incident?
  init(trigger: String) { self.trigger = trigger }
}

/// A scenario that was triggered.
public struct Incident: Hashable, Sendable, Codable {
  public enum Course: String, Hashable, Sendable, Codable, CaseIterable {
    /// People were asked and have not started it.
    case asked
    /// It is to be started, and no run of it has begun for certain.
    case starting
    /// Its run has begun.
    case running
    case over
  }
  public var triggered: Timestamp
  /// Since when what triggered it was known: a run that began after that is one against this disaster.
  public var since: Timestamp
  public var course: Course
  /// Written down before the run begins, so that a watch that is killed in between begins the same run, and no second one.
  public var run: RunID?
  /// How it ended.
  public var ending: String?
  public var isOpen: Bool { course != .over }
}
