internal import PlanModel
internal import Units

extension ClassAssessment {
  /// How more than the target is lost; nil where it is not, or where nothing limits the loss.
  public var counterexample: Counterexample? {
    guard let target = lossTarget?.value, let best, best.figure.total > target else { return nil }
    var result = best.protection.course(from: best.place, cause, best.figure)
    result.add(
      .zero, .outcome,
      "restored from `\(best.place)`: the point of \(best.figure.total.rounded) ago; \((best.figure.total - target).rounded) more is lost than the target allows")
    return result.inOrder()
  }
}

extension PeriodicBackup {
  public func course(from place: Place, _ cause: ClassAssessment.Cause, _ figure: Figure) -> Counterexample {
    var course = Course(backup: self, place: place, figure: figure)
    course.firstPoint()
    course.untilNextRun()
    course.nextRun(cause)
    return course.result
  }
}

/// Two runs of one protection: the point of the first is the newest that helps until the instant at which the second one's would.
private struct Course {
  let backup: PeriodicBackup
  let place: Place
  var result: Counterexample
  private var now: TimeSpan
  private let total: TimeSpan
  private var run: String { "run of `\(backup.protection.name.value)`" }

  init(backup: PeriodicBackup, place: Place, figure: Figure) {
    self.backup = backup
    self.place = place
    total = figure.total
    now = .zero - total
    result = Counterexample(isBound: figure.isBound)
  }

  mutating func firstPoint() {
    let start = now
    result.add(start, .runStarts, "a \(run) starts\(clock(start)); its point holds everything up to here")
    phases(from: start) { $0.add($1, .usable, "the point is complete in `\($2)`") }
  }

  mutating func untilNextRun() {
    let interval = backup.rhythm.interval.amount
    let allowed = backup.protection.misses
    // One line says it for many: the plan may allow for any number.
    if allowed == 1 { result.add(now + interval, .runMissed, "the next run\(clock(now + interval)) is missed, as the plan allows for") }
    if allowed > 1 { result.add(now + interval, .runMissed, "the next run\(clock(now + interval)) is missed, and \(allowed) in a row, as the plan allows for") }
    now += backup.rhythm.total
    if let other = backup.otherRun {
      result.add(now, .otherRunStarts, "\(other.name) has just started; the next \(run) is due\(clock(now)) and waits for it")
      now += other.amount
      result.add(now, .otherRunEnds, "that run ends")
    } else if backup.protection.jitter.map({ $0.value > .zero }) ?? false {
      result.add(now, .runDue, "the next run is due\(clock(now))")
    }
    now += backup.protection.jitter?.value ?? .zero
  }

  mutating func nextRun(_ cause: ClassAssessment.Cause) {
    switch cause {
    case .lost:
      startsAgain("; its point would hold everything up to here")
      completes()
      result.add(.zero, .disaster, "the disaster, an instant before that point is usable from `\(place)`")
    case .corrupted(let corruption) where now + (backup.wait?.amount ?? .zero) >= .zero - corruption.noticedWithin.value:
      // The corruption is in the next point already.
      if backup.wait != nil { startsAgain("") }
      result.add(now, .corrupted, "the data is corrupted, an instant before the next \(backup.wait == nil ? "run" : "backup") starts: its point is of no use")
      result.add(.zero, .noticed, "the corruption is noticed")
    case .corrupted(let corruption):
      startsAgain("; its point is still a good one")
      completes()
      result.add(.zero - corruption.noticedWithin.value, .corrupted, "the data is corrupted")
      result.add(.zero, .noticed, "the corruption is noticed, an instant before that point is usable from `\(place)`")
    }
  }

  /// - Parameter rest: what is to be said of the consistent moment.
  private mutating func startsAgain(_ rest: String) {
    let late = backup.protection.jitter.map { $0.value > .zero ? ", \($0.value.rounded) late" : "" } ?? ""
    result.add(now, .runStarts, "the next \(run) starts\(late)\(clock(now))\(backup.wait == nil ? rest : "")")
    if let wait = backup.wait { now += wait.amount; result.add(now, .phaseEnds, "it has been \(wait.name) so far\(rest)") }
  }

  private mutating func completes() {
    phases(from: now) { if $1 < .zero { $0.add($1, .phaseEnds, "its point is complete in `\($2)`") } }
  }

  /// What a clock shows then, where the calendar matters.
  private func clock(_ at: TimeSpan) -> String { backup.rhythm.clock(at + total) }

  /// The ends of dump and upload, then of the copy to the store that is restored from.
  private mutating func phases(from start: TimeSpan, complete: (inout Counterexample, TimeSpan, Place) -> Void) {
    var at = start
    for (position, term) in backup.run.enumerated() {
      at += term.amount
      if position < backup.run.count - 1 { result.add(at, .phaseEnds, "\(term.name) ends") }
    }
    let first = Place.store(backup.protection.store.value)
    complete(&result, at, first)
    if place != first, let copy = backup.copy { complete(&result, at + copy.amount, place) }
  }
}
