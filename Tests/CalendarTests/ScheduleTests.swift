@testable import Calendar
import Testing
import Units

@Suite("Schedules by a zone's clock") struct ScheduleTests {
  @Test("run at the end of a gap, and once where the clock shows a time twice, unless the plan says otherwise", arguments: [
    // 2027-03-28 02:00 to 03:00 does not exist in Berlin; 2027-10-31 02:00 to 03:00 comes twice.
    ("30 2 * * *", nil, nil, "2027-03-27T12:00:00Z", ["2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"]),
    ("30 2 * * *", CalendarSchedule.Gap.skip, nil, "2027-03-27T12:00:00Z", ["2027-03-29T00:30:00Z", "2027-03-30T00:30:00Z"]),
    ("30 2 * * *", nil, nil, "2027-10-30T12:00:00Z", ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"]),
    ("30 2 * * *", nil, CalendarSchedule.Repeat.twice, "2027-10-30T12:00:00Z", ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z", "2027-11-01T01:30:00Z"]),
    ("0 2,3 * * *", nil, nil, "2027-03-27T12:00:00Z", ["2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z"]),
    // Every hour means every hour that passes.
    ("30 * * * *", nil, nil, "2027-03-28T00:00:00Z", ["2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"]),
    ("30 * * * *", nil, nil, "2027-10-31T00:00:00Z", ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z", "2027-10-31T02:30:00Z"]),
    ("0,40 * * * *", nil, nil, "2027-10-31T00:30:00Z", ["2027-10-31T00:40:00Z", "2027-10-31T01:00:00Z", "2027-10-31T01:40:00Z", "2027-10-31T02:00:00Z"]),
    ("30 * * * *", CalendarSchedule.Gap.run, nil, "2027-03-28T00:00:00Z", ["2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z"]),
  ]) func changes(_ cron: String, _ gap: CalendarSchedule.Gap?, _ again: CalendarSchedule.Repeat?, _ after: String, _ runs: [String]) throws {
    let schedule = CalendarSchedule(try Cron(cron), in: try Zone(named: "Europe/Berlin"), gap: gap, repeat: again)
    var found: [Timestamp] = []
    for _ in runs { found.append(schedule.next(after: try found.last ?? #require(Timestamp(after)))) }
    #expect(found.map(\.description) == runs)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var cron, zone: String
    var misses = 0
    var takes = "0s"
    var overlap = Overlap.queue
    var total: String
    var from: String
    var testDescription: String { "\(cron) \(zone) \(misses) \(takes) \(overlap)" }
  }

  @Test("are longest apart where the calendar and the clocks make them so", arguments: [
    Row(cron: "0 2 * * *", zone: "UTC", total: "1d", from: "2027-01-01T02:00:00Z"),
    Row(cron: "0 4 * * *", zone: "Europe/Berlin", total: "1d1h", from: "2027-10-30T02:00:00Z"),
    // The first of the two is taken, so the next day's is 25 hours away.
    Row(cron: "30 2 * * *", zone: "Europe/Berlin", total: "1d1h", from: "2027-10-31T00:30:00Z"),
    Row(cron: "0 * * * *", zone: "Europe/Berlin", total: "1h", from: "2026-12-31T23:00:00Z"),
    Row(cron: "*/20 0-23 * * *", zone: "Europe/Berlin", total: "1h20m", from: "2027-10-31T00:40:00Z"),
    Row(cron: "*/7 * * * *", zone: "UTC", total: "7m", from: "2027-01-01T00:00:00Z"),
    Row(cron: "0 2 * * 1-5", zone: "UTC", total: "3d", from: "2027-01-01T02:00:00Z"),
    Row(cron: "0 2 * * 1-5", zone: "America/New_York", total: "3d1h", from: "2027-11-05T06:00:00Z"),
    Row(cron: "0 2 1 * *", zone: "UTC", total: "31d", from: "2027-01-01T02:00:00Z"),
    // 2096 to 2104: 2100 is no leap year.
    Row(cron: "0 2 29 2 *", zone: "UTC", total: "2921d", from: "2096-02-29T02:00:00Z"),
    Row(cron: "0 2 * * *", zone: "UTC", misses: 1, total: "2d", from: "2027-01-01T02:00:00Z"),
    Row(cron: "0 2 * * 1-5", zone: "UTC", misses: 1, total: "4d", from: "2027-01-01T02:00:00Z"),
    Row(cron: "0 2,3 * * *", zone: "UTC", misses: 1, total: "1d", from: "2027-01-01T02:00:00Z"),
    // A run that outlasts the short gap waits, or leaves one out.
    Row(cron: "0 2,3 * * *", zone: "UTC", takes: "90m", total: "23h", from: "2027-01-01T03:00:00Z"),
    Row(cron: "0 2,3 * * *", zone: "UTC", takes: "90m", overlap: .skip, total: "1d", from: "2027-01-01T02:00:00Z"),
    Row(cron: "0 2,3 * * *", zone: "UTC", takes: "24h", total: "1d", from: "2027-01-01T02:00:00Z"),
    Row(cron: "0 2 * * *", zone: "UTC", takes: "25h", overlap: .skip, total: "2d", from: "2027-01-01T02:00:00Z"),
    Row(cron: "0 2 * * *", zone: "UTC", takes: "25h", overlap: .parallel, total: "1d", from: "2027-01-01T02:00:00Z"),
  ]) func longest(_ row: Row) throws {
    let schedule = CalendarSchedule(try Cron(row.cron), in: try Zone(named: row.zone))
    let takes = try #require(TimeSpan(row.takes))
    let window = try #require(CalendarCycle(schedule, span: takes).longest(misses: row.misses, takes: takes, row.overlap))
    #expect(window.total.description == row.total)
    #expect(window.from.description == row.from)
  }

  @Test("agree between what runs next and what runs on a day", arguments: ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "America/Nuuk", "Africa/Cairo", "Europe/Dublin", "America/Santiago"])
  func agree(_ zone: String) throws {
    let zone = try Zone(named: zone)
    for gap in CalendarSchedule.Gap.allCases {
      for again in CalendarSchedule.Repeat.allCases {
        let schedule = CalendarSchedule(try Cron("*/17 0-3,23 * * *"), in: zone, gap: gap, repeat: again)
        let all = schedule.runs(in: 2027...2027)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0 < $1 })
        for change in zone.rule.changes(in: 2027) {
          let day = change.at / 1_440
          let runs = all.filter { abs($0 / 1_440 - day) < 3 }
          var at = Timestamp(milliseconds: Int64(runs[0]) * 60_000)
          for run in runs.dropFirst() {
            at = schedule.next(after: at)
            try #require(at.milliseconds == Int64(run) * 60_000)
          }
        }
      }
    }
  }
}
