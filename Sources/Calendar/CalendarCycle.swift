public import Units

/// All runs of a schedule until calendar and clock changes repeat: whatever can come to pass between runs is in it.
public struct CalendarCycle: Sendable {
  /// From a run to one after it.
  public struct Window: Hashable, Sendable {
    public var from, to: Timestamp
    /// Until the first run that is due after it is done, or has been missed; the rest is what further misses cost.
    public var first: TimeSpan
    public var total: TimeSpan
  }
  private let runs: [Int]
  /// After so many minutes everything repeats; nil: the runs go further than any window that matters.
  private let period: Int?

  static let firstYear = 2027
  /// More runs than this are not looked at one by one.
  private static let manyRuns = 300_000

  /// - Parameter span: no window of interest is longer than that and a few of the schedule's gaps.
  public init(_ schedule: CalendarSchedule, span: TimeSpan = .zero) {
    let perDay = schedule.cron.times.count
    // 28 years are 1,461 weeks, after which days of the week fall on the same dates; 400 years are where leap years repeat. Clocks change on a
    // day of the week, so where every week is like every other a change looks the same in each year.
    let isWeekly = schedule.cron.isWeekly
    if isWeekly, perDay * 28 * 365 > Self.manyRuns {
      // Often every day: a year with both changes, and what comes before and after them.
      runs = schedule.runs(in: Self.firstYear...Self.firstYear + 1 + Int(min(span.milliseconds / 31_536_000_000, 9)))
      period = nil
    } else {
      let all = isWeekly ? 28 : Self.days(of: schedule.cron, years: 400) * perDay <= Self.manyRuns ? 400 : 28
      runs = schedule.runs(in: Self.firstYear...Self.firstYear + all - 1)
      period = (all == 28 ? 28 * 365 + 7 : 146_097) * 1_440
    }
  }

  private static func days(of cron: Cron, years: Int) -> Int {
    (firstYear..<firstYear + years).reduce(0) { sum, year in
      (1...12).reduce(sum) { $0 + cron.days(in: year, $1, from: CivilDay(year: year, month: $1, day: 1).weekday).nonzeroBitCount }
    }
  }

  private func run(_ index: Int) -> Int? {
    guard index >= runs.count else { return runs[index] }
    guard let period, !runs.isEmpty else { return nil }
    return runs[index % runs.count] + index / runs.count * period
  }

  /// The shortest time from one run to the next.
  public var shortest: TimeSpan {
    let gaps = runs.indices.compactMap { index in run(index + 1).map { $0 - runs[index] } }
    return .minutes(Int64(gaps.min() ?? 0))
  }

  /// The longest that can pass from the start of a run to the start of the one that counts next, if `misses` in a row are missed in between and a
  /// run takes `takes`. Nil: it never runs.
  public func longest(misses: Int = 0, takes: TimeSpan = .zero, _ overlap: Overlap = .queue) -> Window? {
    var longest: Window?
    var next = 0
    for index in runs.indices {
      let start = Timestamp(milliseconds: Int64(runs[index]) * 60_000)
      next = max(next, index + 1)
      if overlap == .skip { while let run = run(next), Timestamp(milliseconds: Int64(run) * 60_000) - start < takes { next += 1 } }
      guard let due = run(next), let counts = run(next + misses) else { break }
      let gap = TimeSpan.minutes(Int64(due - runs[index]))
      let first = overlap == .queue ? max(gap, takes) : gap
      let total = first + .minutes(Int64(counts - due))
      if total > longest?.total ?? .zero { longest = Window(from: start, to: start + total, first: first, total: total) }
    }
    return longest
  }
}
