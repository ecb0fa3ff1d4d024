/// A day of the Gregorian calendar, counted from 1970-01-01.
public struct CivilDay: Hashable, Comparable, Sendable {
  public var number: Int
  public init(number: Int) { self.number = number }
  public init(year: Int, month: Int, day: Int) { number = Int(daysFromCivil(year: Int64(year), month: Int64(month), day: Int64(day))) }

  public var date: (year: Int, month: Int, day: Int) {
    let (year, month, day) = CivilTime.civil(days: Int64(number))
    return (Int(year), Int(month), Int(day))
  }
  /// 0 is Sunday.
  public var weekday: Int { ((number % 7) + 11) % 7 }
  public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}
