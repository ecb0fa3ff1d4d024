internal import PlanModel
internal import Units

extension WALArchive {
  public func course(from place: Place, _ cause: ClassAssessment.Cause, _ figure: Figure) -> Counterexample {
    var result = Counterexample(isBound: figure.isBound)
    let start = .zero - figure.total
    switch cause {
    case .corrupted(let corruption) where archiving.allowsBreak == nil && figure.total == corruption.noticedWithin.value:
      result.add(start, .corrupted, "the data is corrupted; the WAL up to this moment comes to `\(place)`")
      result.add(.zero, .noticed, "the corruption is noticed")
    case .lost, .corrupted:
      if archiving.allowsBreak == nil { untilNextSegment(from: start, place, &result) } else { untilNextBase(from: start, place, &result) }
      end(cause, &result)
    }
    return result
  }

  private func untilNextSegment(from start: TimeSpan, _ place: Place, _ result: inout Counterexample) {
    result.add(start, .segmentEnds, "a WAL segment is closed; what is committed from here on is in the next one")
    result.add(start + upload.amount, .usable, "it is in `\(place)`")
    result.add(.zero - upload.amount, .segmentEnds, fill == open ? "the next segment is full and closed" : "`archive_timeout` closes the next segment")
  }

  private func untilNextBase(from start: TimeSpan, _ place: Place, _ result: inout Counterexample) {
    let next = start + Figure(cadence).total
    result.add(start, .chainBreaks, "a base backup starts, and the WAL segment that begins here is lost: nothing after it can be restored")
    result.add(next, .runStarts, "the next base backup starts" + (archiving.jitter.map { $0.value > .zero ? ", \($0.value.rounded) late" : "" } ?? ""))
    result.add(next + base.amount, .phaseEnds, "it ends; it needs the WAL up to here")
  }

  private func end(_ cause: ClassAssessment.Cause, _ result: inout Counterexample) {
    switch cause {
    case .lost: result.add(.zero, .disaster, "the disaster, an instant before that WAL has arrived")
    case .corrupted(let corruption):
      let at = .zero - corruption.noticedWithin.value
      result.add(at, .corrupted, "the data is corrupted")
      result.add(.zero, .noticed, "the corruption is noticed")
    }
  }
}

extension Replica {
  public func course(from place: Place, _: ClassAssessment.Cause, _ figure: Figure) -> Counterexample {
    var result = Counterexample(isBound: figure.isBound)
    result.add(.zero - figure.total, .received, "`\(place)` has received everything up to here, and is as late as it may be")
    result.add(.zero, .disaster, "the disaster")
    return result
  }
}
