public import Calendar
internal import PlanModel
public import Units

/// How the runs of a protection follow each other where it hurts most: with the misses that the plan allows for, and with what becomes of a run
/// that is due while the last one is at work (objectives 4.2).
public struct Rhythm: Sendable {
  /// From one run to the next that is due, or that can start.
  public private(set) var interval: Term
  /// What the missed ones cost.
  public private(set) var missed: Term?
  /// The shortest from one run to the next, as the plan states it.
  public let shortest: TimeSpan
  /// Nil where runs are due so long after each other, whenever that is.
  public private(set) var window: CalendarCycle.Window?
  /// What is late, what is long and what is missed need not come together.
  public private(set) var isBound = false
  private let protection: Protection
  private let cycle: CalendarCycle?

  init(_ protection: Protection, run: [Term]) {
    self.protection = protection
    interval = Term("interval", .zero, .plan(protection.schedule.span))
    switch protection.schedule.value {
    case .every(let every):
      (cycle, shortest) = (nil, every)
    case .calendar(let schedule):
      let cycle = CalendarCycle(schedule, span: Figure(run).total)
      (self.cycle, shortest) = (cycle, cycle.shortest)
    }
    runsTake(run)
  }

  public var total: TimeSpan { interval.amount + (missed?.amount ?? .zero) }
  var terms: [Term] { [interval] + [missed].compactMap { $0 } }

  /// What is due is counted from the last point's consistent moment, and one run at a time is at work: where runs outlast the interval they queue,
  /// and the interval is as long as a run. Where they are skipped instead, the next is the first that is due once a run has ended.
  mutating func runsTake(_ run: [Term], waiting: TimeSpan = .zero) {
    var takes = Figure(run).total + waiting
    let isLong = takes > shortest
    let late = protection.jitter?.value ?? .zero
    isBound = false
    if protection.overlap == .skip, late > .zero, takes + late > shortest { (takes, isBound) = (takes + late, true) }
    switch protection.schedule.value {
    case .every(let every): follow(every, run, takes, canOutlast: waiting > .zero && Figure(run).total < every)
    case .calendar(let schedule):
      isBound = isBound || (protection.overlap == .queue && isLong && protection.misses > 0)
      follow(schedule, run, takes)
    }
  }

  private mutating func follow(_ every: TimeSpan, _ run: [Term], _ takes: TimeSpan, canOutlast: Bool) {
    let source = Term.Source.plan(protection.schedule.span)
    var perMiss = every
    switch protection.overlap {
    case .queue where takes >= every:
      interval = Term(canOutlast ? "a run, which can outlast the interval" : "a run, which outlasts the interval", takes, run[0].source)
      perMiss = takes
    case .skip where takes > every:
      let skipped = (takes.milliseconds - 1) / every.milliseconds
      interval = Term(skipped == 1 ? "interval, one run skipped" : "interval, \(skipped) runs skipped", every * (skipped + 1), source)
    case .queue, .skip, .parallel: interval = Term("interval", every, source)
    }
    missed = protection.misses > 0 ? Term(missedName, perMiss * Int64(protection.misses), interval.source) : nil
  }

  private mutating func follow(_ schedule: CalendarSchedule, _ run: [Term], _ takes: TimeSpan) {
    guard let found = cycle?.longest(misses: protection.misses, takes: takes, protection.overlap) else { return }
    window = found
    let outlasts = protection.overlap == .queue && found.first == takes
    let source = Term.Source.plan(protection.schedule.span)
    interval = outlasts ? Term("a run, which outlasts the gap", found.first, run[0].source) : Term("longest gap of the schedule", found.first, source)
    missed = protection.misses > 0 ? Term(missedName, found.total - found.first, source) : nil
  }

  private var missedName: String { protection.misses == 1 ? "1 missed run" : "\(protection.misses) missed runs" }

  /// What the clock of its zone shows so long after the run from which the gap is longest; empty where the calendar plays no part.
  func clock(_ later: TimeSpan) -> String {
    guard let window, case .calendar(let schedule) = protection.schedule.value else { return "" }
    return " (\(schedule.zone.rule.local(window.from + later)))"
  }
}
