public import Units

/// The shortest course of events in which an objective is missed, so that a figure can be followed with a finger.
public struct Counterexample: Hashable, Sendable {
  public struct Event: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, Codable {
      /// A point is consistent: it holds everything up to here.
      case runStarts
      case phaseEnds
      /// The point is complete in this store.
      case usable
      case runDue, runMissed, otherRunStarts, otherRunEnds
      /// A WAL segment is closed.
      case segmentEnds
      /// A WAL segment is lost.
      case chainBreaks
      /// A replica has everything up to here.
      case received
      case corrupted, disaster, noticed, decided, stepEnds, targetPassed, outcome
    }
    /// From the disaster, or from the notice of a corruption; negative before it.
    public var at: TimeSpan
    public var kind: Kind
    public var text: String
  }
  /// In the order of time.
  public var events: [Event] = []
  /// The figure behind it is a bound: all this need not come together.
  public var isBound = false

  mutating func add(_ at: TimeSpan, _ kind: Event.Kind, _ text: String) { events.append(Event(at: at, kind: kind, text: text)) }

  func inOrder() -> Counterexample {
    // Stable, so that cause stays before effect where both fall on one instant.
    let sorted = events.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    return Counterexample(events: sorted, isBound: isBound)
  }

  public var title: String { isBound ? "at worst, if all of this can come together:" : "how it happens:" }

  /// One line an event, the times in a column.
  public var lines: [String] {
    let times = events.map(\.at.description)
    let width = times.map(\.count).max() ?? 0
    return zip(times, events).map { String(repeating: " ", count: width - $0.count) + $0 + "  " + $1.text }
  }

  /// As a note of a finding.
  public var note: String { ([title] + lines.map { "  " + $0 }).joined(separator: "\n") }
}
