import Calendar
@testable import Commands
import Diagnostics
import Objectives
import PlanModel
import ProviderInterface
import Scheduling
import TestSupport
import Units
import YAMLReading

/// A random plan whose backups are due by the calendar, and an independent model that steps through time minute by minute with the changes that
/// tzdata's files list. It knows neither cron texts nor rules of zones nor gaps.
struct BruteForceCalendar {
  private(set) var features: [String] = []
  private(set) var problem: String?
  private(set) var isExact = false

  static let zones: [(name: String, file: TZif)] = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo"]
    .compactMap { name in TZif(named: name).map { (name, $0) } }

  // What the author means.
  private var minutes: Set<Int>, hours: Set<Int>, days: Set<Int>, months: Set<Int>, weekdays: Set<Int>
  private var isEveryHour = false
  private let zone: (name: String, file: TZif)
  private let runsAfterGap, runsTwice: Bool
  private let takes, jitter, misses: Int
  private let overlap: String?

  /// Nil where no tzdata is installed.
  init?(seed: Int) {
    var random = SplitMix64(seed: "calendar \(seed)")
    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    func some(_ range: ClosedRange<Int>, _ count: Int) -> Set<Int> { Set((0..<count).map { _ in Int.random(in: range, using: &random) }) }
    guard let zone = Self.zones.randomElement(using: &random) else { return nil }
    self.zone = zone
    minutes = chance(30) ? Set(stride(from: 0, to: 60, by: [10, 15, 20, 7].randomElement(using: &random) ?? 10)) : some(0...59, chance(30) ? 2 : 1)
    hours = chance(30) ? Set(0...23) : chance(50) ? some(0...4, 2) : some(0...23, Int.random(in: 1...4, using: &random))
    isEveryHour = hours.count == 24
    (days, months, weekdays) = (Set(1...31), Set(1...12), Set(0...6))
    if chance(30) { weekdays = some(0...6, Int.random(in: 1...5, using: &random)) }
    if chance(15) { days = some(1...28, Int.random(in: 1...4, using: &random)) }
    if chance(15) { months = some(1...12, Int.random(in: 3...9, using: &random)) }
    (runsAfterGap, runsTwice) = (chance(60), chance(40))
    takes = chance(70) ? Int.random(in: 1...9, using: &random) : Int.random(in: 5...200, using: &random)
    jitter = chance(30) ? Int.random(in: 1...5, using: &random) : 0
    misses = chance(25) ? Int.random(in: 1...2, using: &random) : 0
    overlap = chance(25) ? ["skip", "parallel"].randomElement(using: &random) : nil
    check(seed, &random)
  }

  /// In minutes of UTC since 1970, from one day to another.
  private func runs(_ from: Int, _ to: Int) -> [Int] {
    func offset(_ minute: Int) -> Int { zone.file.offset(at: minute * 60) / 60 }
    var (runs, latest, last) = ([Int](), Int.min, offset(from - 1))
    for minute in from..<to {
      // Changes are on quarters of an hour.
      let current = minute % 15 == 0 ? offset(minute) : last
      let local = minute + current
      if current > last, runsAfterGap, (minute + last..<local).contains(where: isDue) { runs.append(minute) }
      last = current
      if isDue(local), runsTwice || local > latest, runs.last != minute { runs.append(minute) }
      latest = max(latest, local)
    }
    return runs
  }

  private func isDue(_ local: Int) -> Bool {
    guard minutes.contains(local % 60), hours.contains(local / 60 % 24) else { return false }
    let day = CivilDay(number: local / 1_440)
    let (_, month, dayOfMonth) = day.date
    guard months.contains(month) else { return false }
    let (isDay, isWeekday) = (days.contains(dayOfMonth), weekdays.contains((day.number + 4) % 7))
    return days.count < 31 && weekdays.count < 7 ? isDay || isWeekday : isDay && isWeekday
  }

  /// A run on time, then as many missed as the plan allows for, then one that is as late as it may be: the longest until that is usable.
  private func worst(_ runs: [Int]) -> Int {
    var worst = 0
    for (index, start) in runs.enumerated() {
      var next = index + 1
      if overlap == "skip" { while next < runs.count, runs[next] < start + takes { next += 1 } }
      guard next + misses < runs.count else { break }
      var at = runs[next]
      if overlap == nil, at < start + takes { at = start + takes }
      at += runs[next + misses] - runs[next]
      worst = max(worst, at + jitter + takes - start)
    }
    return worst
  }

  private mutating func check(_ seed: Int, _ random: inout SplitMix64) {
    let typed: TypedPlan
    do throws(UnreadablePlan) { typed = try typedPlan(text) } catch { problem = "calendar \(seed): \(error) \(text)"; return }
    guard let data = assess(typed).scenarios.first?.classes.first, let figure = data.loss.figure, let backup = data.best?.backup,
      let window = backup.rhythm.window
    else { problem = "calendar \(seed): no figure \(text)"; return }
    features = ["schedules by the calendar"] + (zone.name == "UTC" ? [] : ["clock changes"]) + (overlap.map { ["runs that \($0 == "skip" ? "are skipped" : "overlap")"] } ?? [])
    let computed = Int(figure.total.milliseconds / 60_000)
    // Some months at random, and what the product says is the worst of all.
    let start = CivilDay(year: Int.random(in: 2027...2035, using: &random), month: Int.random(in: 1...12, using: &random), day: 1).number * 1_440
    let elsewhere = worst(runs(start, start + 130 * 1_440))
    if elsewhere > computed { problem = "calendar \(seed): \(elsewhere) min are lost, computed \(computed) = \(figure.sum)\n\(text)"; return }
    let (from, to) = (Int(window.from.milliseconds / 60_000), Int(window.to.milliseconds / 60_000))
    guard to < CivilDay(year: 2037, month: 1, day: 1).number * 1_440, !figure.isBound else { features.append("loss is a bound"); return }
    let there = worst(runs(from, to + takes + 2_880))
    if there < computed { problem = "calendar \(seed): computed \(computed) min = \(figure.sum), but from \(window.from) on \(there) are lost\n\(text)" } else { isExact = true }
  }

  private var text: String {
    func field(_ values: Set<Int>, _ count: Int) -> String { values.count == count ? "*" : values.sorted().map(String.init).joined(separator: ",") }
    let hour = isEveryHour ? "*" : field(hours, 25)
    let cron = [field(minutes, 60), hour, field(days, 31), field(months, 12), field(weekdays, 7)].joined(separator: " ")
    return """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: by-calendar }
      objectives: { rpo: 1s }
      sites: { east: {}, west: {} }
      secrets: { url: { env: URL } }
      servers: { pg: { postgresql: { url: { secret: url } }, site: east } }
      stores: { far: { directory: { path: far }, site: west } }
      data:
        orders:
          on: [pg]
          estimate: { dump: \(takes)m }
          protect:
            regular:
              \(overlap == nil ? "logical: {}" : "command: { run: [backup] }")
              cron: "\(cron)"
              zone: \(zone.name)
              clockChange: { gap: \(runsAfterGap ? "run" : "skip"), repeat: \(runsTwice ? "twice" : "once") }
              to: [far]
              jitter: \(jitter)m
              misses: \(misses)
              \(overlap.map { "overlap: \($0)" } ?? "retries: 0")
      scenarios:
        lost: { loses: { sites: [east] }, steps: {} }

      """
  }
}
