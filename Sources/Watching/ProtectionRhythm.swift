public import Calendar
public import PlanModel
public import Units

/// When protection is looked at, so that no run starts later after it is due than the plan says (`jitter`).
public struct ProtectionRhythm: Sendable {
  private let period: TimeSpan
  private let calendars: [CalendarSchedule]

  /// Nil where the plan has nothing that runs.
  public init?(_ plan: Plan) {
    let protections = plan.dataClasses.flatMap(\.protections).filter { !$0.method.isForeign }
    guard !protections.isEmpty else { return nil }
    self.init(protections.map { ($0.schedule.value, $0.jitter?.value) })
  }

  public init(_ protections: [(schedule: Schedule, jitter: TimeSpan?)]) {
    // A point counts as due a twentieth of its interval early, half a minute at most: looked at as often, none is late.
    let periods = protections.map { protection -> TimeSpan in
      let early: TimeSpan =
        if case .every(let interval) = protection.schedule { .milliseconds(interval.milliseconds / 20) } else { .seconds(30) }
      return protection.jitter ?? early
    }
    period = max(.seconds(1), min(.seconds(30), periods.min() ?? .seconds(30)))
    calendars = protections.compactMap { if case .calendar(let calendar) = $0.schedule { calendar } else { nil } }
  }

  /// A run that failed is not begun again at once.
  public static let pauseAfterFailure = TimeSpan.minutes(1)

  public func next(after now: Timestamp) -> Timestamp { ([now + period] + calendars.map { $0.next(after: now) }).min() ?? now + period }
}
