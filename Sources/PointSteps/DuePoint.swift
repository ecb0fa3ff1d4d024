public import Calendar
public import Units

/// Whether a new point is due, and how that is said.
public struct DuePoint {
  let schedule: Schedule
  let newest: Timestamp
  let now: Timestamp
  private let at: Timestamp

  public init(_ schedule: Schedule, newest: Timestamp, now: Timestamp) {
    self.schedule = schedule
    self.newest = newest
    self.now = now
    at = schedule.due(after: newest)
  }

  public var isDue: Bool { at - slack <= now }

  /// A run that comes a little early counts as due: a scheduler whose period is the interval itself would otherwise find each second
  /// backup a moment too young and leave it out. By the calendar it would be made twice.
  private var slack: TimeSpan {
    switch schedule {
    case .every(let interval): min(.milliseconds(interval.milliseconds / 20), .seconds(30))
    case .calendar: .zero
    }
  }

  /// `the next is due at 2026-11-24T02:00:00Z`.
  public var next: String { "the next is due at \(Self.place(at, schedule))" }

  /// However many were missed while nobody called: one backup makes up for all of them, and says so.
  public var overdue: String {
    switch schedule {
    case .every(let interval):
      let missed = (now - newest).milliseconds / max(1, interval.milliseconds) - 1
      return missed < 1 ? "" : "; due since \(at), \(missed) \(missed == 1 ? "interval" : "intervals") missed"
    case .calendar(let schedule):
      var (missed, next) = (0, schedule.next(after: at))
      while next <= now, missed < 1_000 { missed += 1; next = schedule.next(after: next) }
      let count = missed == 1_000 ? "1000 runs or more" : missed == 1 ? "a run" : "\(missed) runs"
      return "; due since \(Self.place(at, self.schedule))" + (missed == 0 ? "" : ", \(count) missed")
    }
  }

  private static func place(_ instant: Timestamp, _ schedule: Schedule) -> String {
    switch schedule {
    case .every: instant.description
    case .calendar(let calendar): "\(instant), \(calendar.zone.rule.local(instant))"
    }
  }
}
