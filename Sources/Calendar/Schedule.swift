public import Units

/// When runs are due: so long after the last one, or at times of the calendar.
public enum Schedule: Hashable, Sendable {
  case every(TimeSpan)
  case calendar(CalendarSchedule)

  /// When the next is due if the last point holds everything up to this instant.
  public func due(after last: Timestamp) -> Timestamp {
    switch self {
    case .every(let interval): last + interval
    case .calendar(let schedule): schedule.next(after: last)
    }
  }

  /// The longest time from one run to the next.
  public var longestInterval: TimeSpan {
    switch self {
    case .every(let interval): interval
    case .calendar(let schedule): CalendarCycle(schedule).longest()?.total ?? .longest
    }
  }

  /// `every 30m`, or `` by `0 2 * * *` Europe/Berlin ``.
  public var phrase: String {
    switch self {
    case .every(let interval): "every \(interval.rounded)"
    case .calendar(let schedule): "by \(schedule)"
    }
  }

  /// The same with what becomes of it when the clock is changed.
  public var sentence: String {
    guard case .calendar(let schedule) = self, schedule.zone.rule.changesClock else { return phrase }
    let gap = schedule.gap == .run ? "runs when the gap ends" : "is left out"
    return "\(phrase) (a time that the clock leaves out \(gap), one that it shows twice runs \(schedule.repeat.rawValue))"
  }
}

extension Schedule: Codable {
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .every(let interval): try interval.encode(to: encoder)
    case .calendar(let schedule): try schedule.encode(to: encoder)
    }
  }
  public init(from decoder: any Decoder) throws {
    if let interval = try? TimeSpan(from: decoder) { self = .every(interval) } else { self = .calendar(try CalendarSchedule(from: decoder)) }
  }
}

/// What becomes of a run that is due while the last one is still at work.
public enum Overlap: String, Hashable, Sendable, Codable, CaseIterable {
  /// It starts as soon as that has ended.
  case queue
  /// It is left out.
  case skip
  /// Both are at work.
  case parallel
}
