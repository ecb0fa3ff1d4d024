internal import Calendar
public import PlanModel
public import Units

/// The arithmetic of a backup that is taken again and again, consistent at its start (objectives 4.2).
public struct PeriodicBackup: Sendable {
  public let protection: Protection
  /// From the start of a run to the point being complete in its store.
  public let run: [Term]
  /// From there to the copy being complete, in any further store.
  public let copy: Term?
  /// How long the run of another protection can hold this one up: one run at a time works on a state directory. Nil: there is no other.
  public var otherRun: Term?
  /// How long a run can wait for places that other steps of the same run take. Nil: there is room for all of them.
  public var wait: Term? { didSet { if wait != oldValue { rhythm.runsTake(cycle, waiting: wait?.amount ?? .zero) } } }
  /// How its runs follow each other.
  public private(set) var rhythm: Rhythm
  /// What delays its runs need not come together: the figures are bounds.
  public var isBound = false

  /// - Parameter longest: all attempts of the backup step up to their time-out; counts where there is no estimate.
  public init(_ protection: Protection, of dataClass: DataClass, in plan: Plan, longest: TimeSpan) {
    self.protection = protection
    let estimate = dataClass.estimate
    let size = estimate.size?.value
    func term(_ name: String, _ pace: Located<Pace>?) -> Term? {
      pace.flatMap { pace in pace.value.time(for: size).map { Term(name, $0, .init(pace.span, in: plan)) } }
    }
    let timeout = Term("backup with all its retries", longest, .timeout(protection.timeout?.span))
    if let dump = term("dump", estimate.dump) {
      run = [dump] + [term("upload", estimate.upload)].compactMap { $0 }
    } else {
      run = [timeout]
    }
    let copy = term("copy", estimate.copy) ?? Term("copy with all its retries", longest, .timeout(protection.timeout?.span))
    self.copy = copy
    rhythm = Rhythm(protection, run: protection.copies.isEmpty ? run : run + [copy])
    isBound = rhythm.isBound
  }

  public var runTime: TimeSpan { Figure(run).total }

  /// All that one run does for this protection: d + u, and c where points are copied, since the copy is part of the run.
  public var cycle: [Term] { protection.copies.isEmpty ? run : run + [copy].compactMap { $0 } }
  public var cycleTime: TimeSpan { Figure(cycle).total }

  /// d + u + c ≥ T: the next run is due before this one has ended, so the stated interval is not the real one.
  public var overruns: Bool { protection.overlap != .parallel && cycleTime >= rhythm.shortest }

  /// `(k + 1) · T + J`: from one consistent moment to the next, whose run can start late and then have no place for the backup yet.
  var cadence: [Term] {
    var terms = rhythm.terms
    if let otherRun { terms.append(otherRun) }
    if let jitter = protection.jitter { terms.append(Term("late start", jitter.value, .plan(jitter.span))) }
    if let wait { terms.append(wait) }
    return terms
  }

  /// From a point's consistent moment to its being usable from that store.
  func tail(in store: StoreName) -> [Term] {
    guard store != protection.store.value, var copy else { return run }
    copy.name += " to \(store)"
    return run + [copy]
  }

  /// `RPO = (k + 1) · T + J + d + u + c`: the instant before the next point becomes usable.
  public func loss(using store: StoreName) -> Figure { Figure(cadence + tail(in: store), isBound: isBound) }

  /// The last point before the corruption: `max(T + δ, T + tail)`, since the tail has long passed when the corruption is noticed later.
  public func lossByCorruption(noticedWithin delay: Located<TimeSpan>, using store: StoreName) -> Figure {
    let tail = tail(in: store)
    let noticed = Term("until it is noticed", delay.value, .plan(delay.span))
    return Figure(cadence + (delay.value >= Figure(tail).total ? [noticed] : tail), isBound: isBound)
  }

  /// What one more run that is missed costs, and as much one more point that turns out to be no good: from one run to the next after the worst.
  public var perMiss: TimeSpan {
    var worse = protection
    worse.misses += 1
    var other = Rhythm(worse, run: cycle)
    if let wait { other.runsTake(cycle, waiting: wait.amount) }
    return other.total - rhythm.total
  }

  /// How long points must be kept so that one from before the corruption is still there while it is being restored:
  /// max(δ, tail) + T + reaction.
  public func retentionNeeded(noticedWithin delay: Located<TimeSpan>, reaction: [Term]) -> Figure? {
    let noticed = Term("until it is noticed", delay.value, .plan(delay.span))
    return Figure((delay.value >= Figure(cycle).total ? [noticed] : cycle) + cadence + reaction)
  }
}
