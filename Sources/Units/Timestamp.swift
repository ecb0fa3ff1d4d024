/// An instant, in milliseconds since 1970-01-01T00:00:00Z (UTC, without leap seconds), written as RFC 3339: `2026-11-24T08:15:34.250Z`.
public struct Timestamp: Hashable, Comparable, Sendable {
  public var milliseconds: Int64
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  public static func < (a: Self, b: Self) -> Bool { a.milliseconds < b.milliseconds }
  public static func - (a: Self, b: Self) -> TimeSpan { TimeSpan(milliseconds: saturatingDifference(a.milliseconds, b.milliseconds)) }
  public static func + (a: Self, b: TimeSpan) -> Self { Self(milliseconds: saturatingSum(a.milliseconds, b.milliseconds)) }
  public static func - (a: Self, b: TimeSpan) -> Self { Self(milliseconds: saturatingDifference(a.milliseconds, b.milliseconds)) }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC, milliseconds only where there are some.
  public var description: String {
    let fields = CivilTime(self)
    let fraction = fields.millisecond == 0 ? "" : "." + padded(fields.millisecond, 3)
    return "\(padded(fields.year, 4))-\(padded(fields.month, 2))-\(padded(fields.day, 2))T\(padded(fields.hour, 2)):\(padded(fields.minute, 2)):\(padded(fields.second, 2))\(fraction)Z"
  }

  /// For names of files and points, sortable and free of colons: `20261124T081534Z`.
  public var compact: String {
    let f = CivilTime(self)
    return "\(padded(f.year, 4))\(padded(f.month, 2))\(padded(f.day, 2))T\(padded(f.hour, 2))\(padded(f.minute, 2))\(padded(f.second, 2))Z"
  }

  /// `2026-11-24`, the day in UTC.
  public var day: String { String(description.prefix(10)) }

  /// `08:15:34`, the time of day in UTC.
  public var timeOfDay: String {
    let f = CivilTime(self)
    return "\(padded(f.hour, 2)):\(padded(f.minute, 2)):\(padded(f.second, 2))"
  }

  /// Reads RFC 3339 with any offset, and PostgreSQL's `2026-11-24 08:15:34.25+00`.
  public init?(_ text: some StringProtocol) {
    var s = text.utf8[...]
    func number(_ width: Int) -> Int64? {
      guard s.count >= width else { return nil }
      var value: Int64 = 0
      for byte in s.prefix(width) {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        value = value * 10 + Int64(byte - 0x30)
      }
      s = s.dropFirst(width)
      return value
    }
    func take(_ allowed: String) -> Bool {
      guard let byte = s.first, allowed.utf8.contains(byte) else { return false }
      s = s.dropFirst()
      return true
    }
    guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2), take("Tt "),
      let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    var millisecond: Int64 = 0
    if take(".") {
      let digits = s.prefix { $0 >= 0x30 && $0 <= 0x39 }
      guard !digits.isEmpty else { return nil }
      for (place, byte) in zip([Int64(100), 10, 1], digits) { millisecond += place * Int64(byte - 0x30) }
      s = s.dropFirst(digits.count)
    }
    var offset: Int64 = 0
    if !take("Zz") {
      let sign: Int64
      if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
      guard let hours = number(2) else { return nil }
      let minutes = take(":") || !s.isEmpty ? number(2) : 0
      guard let minutes, hours < 24, minutes < 60 else { return nil }
      offset = sign * (hours * 60 + minutes)
    }
    guard s.isEmpty else { return nil }
    let days = daysFromCivil(year: year, month: month, day: day)
    guard CivilTime.civil(days: days) == (year, month, day) else { return nil }
    milliseconds = (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1_000 + millisecond
  }
}

extension Timestamp: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let value = Timestamp(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not an RFC 3339 time"))
    }
    self = value
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Calendar fields of an instant in UTC. Days to dates as in H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013).
struct CivilTime {
  var year, month, day, hour, minute, second, millisecond: Int64

  /// RFC 3339 has years of four digits: what is beyond them is the first or the last instant that can be written.
  init(_ instant: Timestamp) {
    let milliseconds = min(max(instant.milliseconds, Self.first), Self.last)
    let days = floorDivide(milliseconds, 86_400_000)
    var rest = milliseconds - days * 86_400_000
    (year, month, day) = Self.civil(days: days)
    hour = rest / 3_600_000; rest %= 3_600_000
    minute = rest / 60_000; rest %= 60_000
    second = rest / 1_000
    millisecond = rest % 1_000
  }

  private static let first: Int64 = -62_167_219_200_000  // 0000-01-01T00:00:00Z
  private static let last: Int64 = 253_402_300_799_999  // 9999-12-31T23:59:59.999Z

  static func civil(days: Int64) -> (Int64, Int64, Int64) {
    let z = days + 719_468
    let era = floorDivide(z, 146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }
}

func daysFromCivil(year: Int64, month: Int64, day: Int64) -> Int64 {
  let y = month <= 2 ? year - 1 : year
  let era = floorDivide(y, 400)
  let yearOfEra = y - era * 400
  let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((-a + b - 1) / b) }

private func padded(_ value: Int64, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
