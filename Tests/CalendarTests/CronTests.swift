@testable import Calendar
import Testing
import Units

@Suite("Cron texts") struct CronTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var text, problem: String
    var help = ""
    var isCount = false
    var testDescription: String { text }
  }

  @Test("are refused with what is wrong and what to write", arguments: [
    Row(text: "0 0 2 * * *", problem: "has six fields, as schedulers with seconds write it; cron has five", help: "without the seconds: `0 2 * * *`", isCount: true),
    Row(text: "0 2 * *", problem: "has 4 fields, cron has five", help: "minute, hour, day of month, month, day of week: `0 2 * * *`", isCount: true),
    Row(text: "", problem: "has 0 fields, cron has five", help: "minute, hour, day of month, month, day of week: `0 2 * * *`", isCount: true),
    Row(text: "0 25 * * *", problem: "`25` is no hour", help: "an hour is 0 to 23"),
    Row(text: "60 2 * * *", problem: "`60` is no minute", help: "a minute is 0 to 59"),
    Row(text: "0 2 0 * *", problem: "`0` is no day of month", help: "a day of month is 1 to 31"),
    Row(text: "0 2 * foo *", problem: "`foo` is no month", help: "a month is 1 to 12, or `jan` to `dec`"),
    Row(text: "0 2 * * 8", problem: "`8` is no day of week", help: "a day of week is 0 to 7, or `sun` to `sat`"),
    Row(text: "*/0 * * * *", problem: "the step of `*/0` is no number from 1 to 59"),
    Row(text: "5/10 * * * *", problem: "`5/10` has a step but no range", help: "write `5-59/10`"),
    Row(text: "0 22-3 * * *", problem: "`22-3` ends before it begins", help: "write `22-23,0-3`"),
    Row(text: "0 2 31 2,4 *", problem: "`31 2,4` is a day that no year has", help: "it would never run: name a day that each of these months has"),
    Row(text: "0 2 30 feb *", problem: "`30 feb` is a day that no year has", help: "it would never run: name a day that each of these months has"),
    Row(text: "0 2 L * *", problem: "`L` is Quartz's, and no cron's"),
    Row(text: "@daily", problem: "`@daily` is a nickname that not every cron knows", help: "write `0 0 * * *`"),
  ]) func refused(_ row: Row) {
    let problem = #expect(throws: CronProblem.self) { try Cron(row.text) }
    #expect(problem == CronProblem(hasWrongFieldCount: row.isCount, summary: row.problem, help: row.help.isEmpty ? nil : row.help))
  }

  @Test("name the times that come next", arguments: [
    ("0 2 * * *", "2027-01-02T02:00:00Z", "2027-01-03T02:00:00Z"),
    ("*/20 * * * *", "2027-01-01T12:20:00Z", "2027-01-01T12:40:00Z"),
    ("10,50 0-23/12 * * *", "2027-01-01T12:10:00Z", "2027-01-01T12:50:00Z"),
    ("0 2 * * mon-fri", "2027-01-04T02:00:00Z", "2027-01-05T02:00:00Z"),
    ("0 2 * * Sat-Sun", "2027-01-02T02:00:00Z", "2027-01-03T02:00:00Z"),
    ("0 2 * * 7", "2027-01-03T02:00:00Z", "2027-01-10T02:00:00Z"),
    ("0 2 29 2 *", "2028-02-29T02:00:00Z", "2032-02-29T02:00:00Z"),
    ("0 2 31 * *", "2027-01-31T02:00:00Z", "2027-03-31T02:00:00Z"),
    ("0 2 1 JAN,jul *", "2027-07-01T02:00:00Z", "2028-01-01T02:00:00Z"),
    // Either is enough where both are stated.
    ("0 2 13 * 5", "2027-01-08T02:00:00Z", "2027-01-13T02:00:00Z"),
    ("0 2 30 2 1", "2027-02-01T02:00:00Z", "2027-02-08T02:00:00Z"),
    // `*/2` leaves the choice to the other field.
    ("0 2 */2 * 5", "2027-01-15T02:00:00Z", "2027-01-29T02:00:00Z"),
  ]) func next(_ text: String, _ first: String, _ second: String) throws {
    let schedule = CalendarSchedule(try Cron(text), in: .utc)
    let noon = try #require(Timestamp("2027-01-01T12:00:00Z"))
    let next = schedule.next(after: noon)
    #expect([next, schedule.next(after: next)].map(\.description) == [first, second])
  }
}
