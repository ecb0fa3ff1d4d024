internal import Units

/// Five fields as cron reads them: minute, hour, day of month, month, day of week.
public struct Cron: Hashable, Sendable {
  /// As it was written, one space between two fields.
  public let text: String
  /// Bit n: the value n is among those of the field.
  let minutes, hours, days, months, weekdays: UInt64
  /// The field begins with `*`: it leaves the choice of the day to the other one.
  let leavesDays, leavesWeekdays: Bool
  /// Hour field `*`: the author means every hour that passes, whatever the clock shows.
  public let isEveryHour: Bool

  /// The minutes of a day on which it runs.
  let times: [Int]

  /// Of days of month and of week, where both are stated, one is enough: so it has been since Seventh Edition UNIX.
  func runs(on day: CivilDay) -> Bool {
    let (_, month, dayOfMonth) = day.date
    guard months & (1 << month) != 0 else { return false }
    let (isDay, isWeekday) = (days & (1 << dayOfMonth) != 0, weekdays & (1 << day.weekday) != 0)
    return leavesDays || leavesWeekdays ? isDay && isWeekday : isDay || isWeekday
  }

  /// The days of a month, bit n the nth.
  func days(in year: Int, _ month: Int, from weekday: Int) -> UInt64 {
    guard months & (1 << month) != 0 else { return 0 }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let length = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    var byWeekday: UInt64 = 0
    for day in 1...7 where weekdays & (1 << ((weekday + day - 1) % 7)) != 0 {
      for again in stride(from: day, through: length, by: 7) { byWeekday |= 1 << UInt64(again) }
    }
    let byDay = days & ((1 << UInt64(length + 1)) - 2)
    return leavesDays || leavesWeekdays ? byDay & byWeekday : byDay | byWeekday
  }

  /// The same days in every week of every year.
  var isWeekly: Bool { days == Field.days.all && months == Field.months.all }
}

/// What is wrong with a cron text: what, and what to write.
public struct CronProblem: Error, Hashable, Sendable {
  public var hasWrongFieldCount = false
  public var summary: String
  public var help: String?
}

// MARK: Reading

extension Cron {
  public init(_ text: String) throws(CronProblem) {
    let words = text.split(whereSeparator: \.isWhitespace)
    if let nickname = words.first, nickname.hasPrefix("@") {
      let meant = Self.nicknames[nickname.lowercased()]
      throw CronProblem(summary: "`\(nickname)` is a nickname that not every cron knows", help: meant.map { "write `\($0)`" } ?? "write five fields, such as `0 2 * * *`")
    }
    guard words.count == 5 else { throw Self.wrongCount(words) }
    minutes = try Field.minutes.read(words[0])
    hours = try Field.hours.read(words[1])
    days = try Field.days.read(words[2])
    months = try Field.months.read(words[3])
    let weekdays = try Field.weekdays.read(words[4])
    // Both 0 and 7 are Sunday.
    self.weekdays = (weekdays | (weekdays >> 7)) & 0x7F
    leavesDays = words[2].hasPrefix("*")
    leavesWeekdays = words[4].hasPrefix("*")
    isEveryHour = words[1] == "*"
    let minutes = minutes, hours = hours
    times = (0..<24).filter { hours & (1 << $0) != 0 }.flatMap { hour in (0..<60).filter { minutes & (1 << $0) != 0 }.map { hour * 60 + $0 } }
    self.text = words.joined(separator: " ")
    let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    let months = months, earliest = days.trailingZeroBitCount
    let exists = lengths.indices.contains { months & (1 << ($0 + 1)) != 0 && earliest <= lengths[$0] }
    if !exists, leavesDays || leavesWeekdays {
      throw CronProblem(summary: "`\(words[2]) \(words[3])` is a day that no year has", help: "it would never run: name a day that each of these months has")
    }
  }

  private static let nicknames = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
  ]

  private static func wrongCount(_ words: [Substring]) -> CronProblem {
    let count = "\(words.count) field\(words.count == 1 ? "" : "s")"
    if words.count == 6, let first = words.first, first.allSatisfy({ $0.isNumber || $0 == "*" || $0 == "/" }) {
      return CronProblem(
        hasWrongFieldCount: true, summary: "has six fields, as schedulers with seconds write it; cron has five",
        help: "without the seconds: `\(words.dropFirst().joined(separator: " "))`")
    }
    return CronProblem(hasWrongFieldCount: true, summary: "has \(count), cron has five", help: "minute, hour, day of month, month, day of week: `0 2 * * *`")
  }
}

/// One of the five: what it counts, from where to where, and names for the numbers.
struct Field {
  let noun: String
  let range: ClosedRange<Int>
  var names: [String] = []
  static let minutes = Field(noun: "minute", range: 0...59)
  static let hours = Field(noun: "hour", range: 0...23)
  static let days = Field(noun: "day of month", range: 1...31)
  static let months = Field(
    noun: "month", range: 1...12, names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
  static let weekdays = Field(noun: "day of week", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

  var all: UInt64 { bits(range.lowerBound, range.upperBound, 1) }

  private func bits(_ first: Int, _ last: Int, _ step: Int) -> UInt64 {
    stride(from: first, through: last, by: step).reduce(0) { $0 | 1 << UInt64($1) }
  }

  func read(_ text: Substring) throws(CronProblem) -> UInt64 {
    var bits: UInt64 = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) { bits |= try self.part(part, of: text) }
    return bits
  }

  /// `*`, `7`, `1-5`, each with `/STEP` or without.
  private func part(_ part: Substring, of text: Substring) throws(CronProblem) -> UInt64 {
    let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var step = 1
    if halves.count > 1 {
      guard let number = Int(halves[1]), number > 0, number <= range.upperBound else {
        throw CronProblem(summary: "the step of `\(part)` is no number from 1 to \(range.upperBound)", help: nil)
      }
      step = number
    }
    if halves[0] == "*" { return bits(range.lowerBound, range.upperBound == 7 ? 6 : range.upperBound, step) }
    let ends = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let first = try value(ends[0])
    // `5/10` is not in every cron; where it is, it goes on to the end.
    if halves.count > 1, ends.count == 1 { throw CronProblem(summary: "`\(part)` has a step but no range", help: "write `\(first)-\(range.upperBound)/\(step)`") }
    var last = ends.count > 1 ? try value(ends[1]) : first
    if range.upperBound == 7, last == 0, first > 0 { last = 7 }
    guard first <= last else {
      throw CronProblem(summary: "`\(halves[0])` ends before it begins", help: "write `\(first)-\(range.upperBound == 7 ? 6 : range.upperBound),\(range.lowerBound)-\(last)`")
    }
    return bits(first, last, step)
  }

  private func value(_ text: Substring) throws(CronProblem) -> Int {
    if let index = names.firstIndex(of: text.lowercased()) { return index + range.lowerBound }
    if let number = Int(text), range.contains(number), text.allSatisfy(\.isNumber) { return number }
    if text.contains(where: { "LW#?".contains($0) }) { throw CronProblem(summary: "`\(text)` is Quartz's, and no cron's", help: nil) }
    let also = names.isEmpty ? "" : ", or `\(names[0])` to `\(names[names.count - 1])`"
    throw CronProblem(summary: "`\(text)` is no \(noun)", help: "\(noun == "hour" ? "an" : "a") \(noun) is \(range.lowerBound) to \(range.upperBound)\(also)")
  }
}
