public import Units

/// How the clock of a zone goes from now on: its offset, and where it has summer time, when it begins and ends each year. As POSIX.1 writes it
/// under `TZ`, which is what tzdata states for all years to come.
public struct TimeZoneRule: Hashable, Sendable {
  /// What a clock shows beside UTC.
  public struct Clock: Hashable, Sendable {
    public var abbreviation: String
    /// In minutes, east of Greenwich.
    public var offset: Int
  }
  /// The `week`th `weekday` of `month`, 5 being the last, at so many minutes of that day by the clock that is still in force.
  struct YearlyChange: Hashable, Sendable {
    var month, week, weekday, minute: Int

    func localMinute(in year: Int) -> Int {
      let first = CivilDay(year: year, month: month, day: 1)
      var day = first.number + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
      if day >= (month == 12 ? CivilDay(year: year + 1, month: 1, day: 1) : CivilDay(year: year, month: month + 1, day: 1)).number { day -= 7 }
      return day * 1_440 + minute
    }
  }
  struct Summer: Hashable, Sendable { var clock: Clock; var begins, ends: YearlyChange }
  /// The instant, in minutes since 1970 in UTC, at which one clock takes over from another.
  struct Change { var at: Int; var before, after: Clock }

  let winter: Clock
  let summer: Summer?

  var changesClock: Bool { summer != nil }

  /// Those of a year, in their order.
  func changes(in year: Int) -> [Change] {
    guard let summer else { return [] }
    let begin = Change(at: summer.begins.localMinute(in: year) - winter.offset, before: winter, after: summer.clock)
    let end = Change(at: summer.ends.localMinute(in: year) - summer.clock.offset, before: summer.clock, after: winter)
    return begin.at < end.at ? [begin, end] : [end, begin]
  }

  func clock(at minute: Int) -> Clock {
    let year = CivilDay(number: floorDivide(minute + winter.offset, 1_440)).date.year
    let changes = changes(in: year)
    return changes.last { $0.at <= minute }?.after ?? changes.first?.before ?? winter
  }

  /// What the clock shows.
  public func local(_ instant: Timestamp) -> String {
    let minute = Int(instant.milliseconds / 60_000)
    let clock = clock(at: minute)
    let shown = Timestamp(milliseconds: Int64(minute + clock.offset) * 60_000)
    let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][CivilDay(number: floorDivide(minute + clock.offset, 1_440)).weekday]
    return "\(weekday) \(shown.day) \(shown.timeOfDay.prefix(5)) \(clock.abbreviation)"
  }
}

func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((-a + b - 1) / b) }

// MARK: As text

extension TimeZoneRule {
  /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`; nil for what tzdata's table does not hold, such as days counted through the year.
  init?(_ text: some StringProtocol) {
    var rest = Substring(text).utf8
    guard let winter = Self.clock(&rest, summerOf: nil) else { return nil }
    self.winter = winter
    if rest.isEmpty { summer = nil; return }
    guard let clock = Self.clock(&rest, summerOf: winter), Self.take(",", &rest), let begins = YearlyChange(&rest), Self.take(",", &rest),
      let ends = YearlyChange(&rest), rest.isEmpty
    else { return nil }
    summer = Summer(clock: clock, begins: begins, ends: ends)
  }

  fileprivate static func take(_ character: Character, _ rest: inout Substring.UTF8View) -> Bool {
    guard let first = rest.first, first == character.asciiValue else { return false }
    rest = rest.dropFirst()
    return true
  }

  fileprivate static func number(_ rest: inout Substring.UTF8View) -> Int? {
    let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
    rest = rest.dropFirst(digits.count)
    return Int(String(Substring(digits)))
  }

  /// `-1`, `3:30`, in minutes.
  fileprivate static func time(_ rest: inout Substring.UTF8View) -> Int? {
    let sign = take("-", &rest) ? -1 : 1
    if sign == 1 { _ = take("+", &rest) }
    guard let hours = number(&rest) else { return nil }
    guard take(":", &rest) else { return sign * hours * 60 }
    return number(&rest).map { sign * (hours * 60 + $0) }
  }

  /// POSIX counts to the west.
  private static func clock(_ rest: inout Substring.UTF8View, summerOf winter: Clock?) -> Clock? {
    let isQuoted = take("<", &rest)
    let name = rest.prefix { isQuoted ? $0 != UInt8(ascii: ">") : ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
    rest = rest.dropFirst(name.count)
    guard !name.isEmpty, !isQuoted || take(">", &rest) else { return nil }
    let abbreviation = String(Substring(name))
    if let winter, rest.first == UInt8(ascii: ",") { return Clock(abbreviation: abbreviation, offset: winter.offset + 60) }
    return time(&rest).map { Clock(abbreviation: abbreviation, offset: -$0) }
  }
}

extension TimeZoneRule.YearlyChange {
  /// `M3.5.0/3`; at two where it does not say.
  fileprivate init?(_ rest: inout Substring.UTF8View) {
    guard TimeZoneRule.take("M", &rest), let month = TimeZoneRule.number(&rest), TimeZoneRule.take(".", &rest), let week = TimeZoneRule.number(&rest),
      TimeZoneRule.take(".", &rest), let weekday = TimeZoneRule.number(&rest), (1...12).contains(month), (1...5).contains(week), weekday < 7
    else { return nil }
    var minute = 120
    if TimeZoneRule.take("/", &rest) {
      guard let time = TimeZoneRule.time(&rest) else { return nil }
      minute = time
    }
    self.init(month: month, week: week, weekday: weekday, minute: minute)
  }
}
