public import Units

/// A cron text by the clock of a zone, with what becomes of times that the clock leaves out and of those that it shows twice.
public struct CalendarSchedule: Hashable, Sendable {
  /// A time that does not exist, when the clock is put forward.
  public enum Gap: String, Hashable, Sendable, Codable, CaseIterable {
    /// It runs when the gap ends.
    case run
    case skip
  }
  /// A time that the clock shows twice, when it is put back.
  public enum Repeat: String, Hashable, Sendable, Codable, CaseIterable { case once, twice }

  public let cron: Cron
  public let zone: Zone
  public let gap: Gap
  public let `repeat`: Repeat

  /// Where the author does not say: what runs every hour goes by the hours that pass; what runs at a time of day runs once a day.
  public init(_ cron: Cron, in zone: Zone, gap: Gap? = nil, repeat: Repeat? = nil) {
    self.cron = cron
    self.zone = zone
    self.gap = gap ?? (cron.isEveryHour ? .skip : .run)
    self.repeat = `repeat` ?? (cron.isEveryHour ? .twice : .once)
  }

  /// The first run after this instant.
  public func next(after instant: Timestamp) -> Timestamp {
    let minute = floorDivide(Int(instant.milliseconds), 60_000)
    var day = CivilDay(number: floorDivide(minute + zone.rule.clock(at: minute).offset, 1_440) - 1)
    let times = cron.times
    // Eight years from one 29 February to the next, and 28 until it is a Sunday again: 40 with a century between.
    for _ in 0..<(366 * 41) {
      if cron.runs(on: day), let found = runs(on: day, times).first(where: { $0 > minute }) { return Timestamp(milliseconds: Int64(found) * 60_000) }
      day.number += 1
    }
    return Timestamp(milliseconds: .max)
  }

  /// All runs of these years, each instant once: the end of a gap can be a time of the next day.
  func runs(in years: ClosedRange<Int>) -> [Int] {
    let times = cron.times
    var all: [Int] = []
    for year in years {
      let changes = zone.rule.changes(in: year)
      for month in 1...12 {
        let first = CivilDay(year: year, month: month, day: 1)
        var days = cron.days(in: year, month, from: first.weekday)
        while days != 0 {
          let day = days.trailingZeroBitCount
          days &= days - 1
          append(times, at: (first.number + day - 1) * 1_440, changes, to: &all)
        }
      }
    }
    return all
  }

  /// When it runs on a day of the zone's calendar, in minutes since 1970 in UTC.
  func runs(on day: CivilDay, _ times: [Int]) -> [Int] {
    var runs: [Int] = []
    append(times, at: day.number * 1_440, zone.rule.changes(in: day.date.year), to: &runs)
    return runs
  }

  private func append(_ times: [Int], at midnight: Int, _ changes: [TimeZoneRule.Change], to runs: inout [Int]) {
    guard changes.contains(where: { abs($0.at - midnight) < 3 * 1_440 }) else {
      let clock = changes.last { $0.at < midnight }?.after ?? changes.first?.before ?? zone.rule.winter
      for time in times { runs.append(midnight + time - clock.offset) }
      return
    }
    // The hour that comes twice is over once before it comes again.
    let last = runs.last ?? .min
    runs += Set(times.flatMap { instants(midnight + $0, changes) }).sorted().drop { $0 <= last }
  }

  /// When the clock shows this: once, never, or twice.
  private func instants(_ local: Int, _ changes: [TimeZoneRule.Change]) -> [Int] {
    for change in changes {
      let (before, after) = (local - change.before.offset, local - change.after.offset)
      if before >= change.at, after < change.at { return gap == .run ? [change.at] : [] }
      if before < change.at, after >= change.at { return `repeat` == .twice ? [before, after] : [before] }
    }
    guard let change = changes.last(where: { local - $0.before.offset >= $0.at }) else { return [local - changes[0].before.offset] }
    return [local - change.after.offset]
  }
}

extension CalendarSchedule: CustomStringConvertible {
  public var description: String { "`\(cron.text)` \(zone.name)" }
}

extension CalendarSchedule: Codable {
  private enum CodingKeys: String, CodingKey { case cron, zone, gap, `repeat` }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(cron.text, forKey: .cron)
    try container.encode(zone.name, forKey: .zone)
    try container.encode(gap, forKey: .gap)
    try container.encode(`repeat`, forKey: .repeat)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let cron = try Cron(try container.decode(String.self, forKey: .cron))
    let zone = try Zone(named: try container.decode(String.self, forKey: .zone))
    self.init(cron, in: zone, gap: try container.decode(Gap.self, forKey: .gap), repeat: try container.decode(Repeat.self, forKey: .repeat))
  }
}
