import Objectives
import Testing
import Units

@Suite("Losses by the calendar") struct CalendarLossTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var schedule: String
    var sum: String
    var more = ""
    var isBound = false
    var testDescription: String { schedule + more }
  }

  @Test("count with the longest gap between runs", arguments: [
    Row(schedule: #"cron: "0 2 * * *", zone: UTC"#, sum: "1d longest gap of the schedule + 9m dump + 3m upload + 2m copy to far"),
    Row(schedule: #"cron: "0 4 * * *", zone: Europe/Berlin"#, sum: "1d 1h longest gap of the schedule + 9m dump + 3m upload + 2m copy to far"),
    Row(
      schedule: #"cron: "0 2 * * 1-5", zone: UTC, misses: 1, jitter: 5m"#,
      sum: "3d longest gap of the schedule + 1d 1 missed run + 5m late start + 9m dump + 3m upload + 2m copy to far"),
    Row(schedule: #"cron: "*/10 * * * *", zone: UTC"#, sum: "14m a run, which outlasts the gap + 9m dump + 3m upload + 2m copy to far"),
    Row(schedule: #"cron: "0,10 * * * *", zone: UTC"#, sum: "50m longest gap of the schedule + 9m dump + 3m upload + 2m copy to far"),
    Row(
      schedule: #"cron: "0,10 * * * *", zone: UTC, misses: 1"#, sum: "14m a run, which outlasts the gap + 50m 1 missed run + 9m dump + 3m upload + 2m copy to far",
      isBound: true),
  ]) func losses(_ row: Row) throws {
    let data = try #require(try PlanShape(protect: "regular: { logical: {}, \(row.schedule), to: [near], copy: [far], timeout: 20m, retries: 0 }").assess().classes.first)
    let figure = try #require(data.loss.figure)
    #expect(figure.sum == row.sum)
    #expect(figure.isBound == row.isBound)
  }

  @Test("count with what becomes of a run that is due while a foreign one is at work", arguments: [
    Row(schedule: "every: 10m", sum: "14m a run, which outlasts the interval + 9m dump + 3m upload + 2m copy to far"),
    Row(schedule: "every: 10m, overlap: skip", sum: "20m interval, one run skipped + 9m dump + 3m upload + 2m copy to far"),
    Row(schedule: "every: 10m, overlap: skip, misses: 1", sum: "20m interval, one run skipped + 10m 1 missed run + 9m dump + 3m upload + 2m copy to far"),
    Row(schedule: "every: 7m, overlap: skip", sum: "14m interval, one run skipped + 9m dump + 3m upload + 2m copy to far"),
    Row(schedule: "every: 10m, overlap: parallel", sum: "10m interval + 9m dump + 3m upload + 2m copy to far"),
    Row(schedule: "every: 10m, jitter: 7m, overlap: skip", sum: "30m interval, 2 runs skipped + 7m late start + 9m dump + 3m upload + 2m copy to far", isBound: true),
    Row(schedule: #"cron: "*/10 * * * *", zone: UTC, overlap: skip"#, sum: "20m longest gap of the schedule + 9m dump + 3m upload + 2m copy to far"),
  ]) func overlaps(_ row: Row) throws {
    let data = try #require(
      try PlanShape(protect: "regular: { command: { run: [backup] }, \(row.schedule), to: [near], copy: [far], timeout: 20m, retries: 0 }").assess().classes.first)
    let figure = try #require(data.loss.figure)
    #expect(figure.sum == row.sum)
    #expect(figure.isBound == row.isBound)
  }

  @Test("are told with what the clock shows") func story() throws {
    let protect = #"nightly: { logical: {}, cron: "0 4 * * *", zone: Europe/Berlin, to: [near], copy: [far], timeout: 20m }"#
    let data = try #require(try PlanShape(protect: protect).assess().classes.first)
    let told = try #require(data.counterexample)
    #expect(told.lines.first?.hasSuffix("a run of `nightly` starts (Sat 2027-10-30 04:00 CEST); its point holds everything up to here") ?? false, "\(told.lines)")
    #expect(told.lines.contains { $0.hasSuffix("the next run of `nightly` starts (Sun 2027-10-31 04:00 CET); its point would hold everything up to here") }, "\(told.lines)")
  }
}
