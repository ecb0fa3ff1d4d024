public import Diagnostics
public import PlanModel
internal import ProviderInterface
public import Units

/// The arithmetic of base backups and the WAL after them (objectives 4.3): any moment can be restored up to the end of the last segment that has
/// arrived, as long as no segment is missing since the base backup.
public struct WALArchive: ProtectionModel {
  public var restoresAnyMoment: Bool { true }
  public let name: ProtectionName
  public let archiving: WALArchiving
  /// From the end of a segment until it is in its stores.
  public let upload: Term
  /// From the start of a base backup until it ends.
  public let base: Term
  /// Until a segment is full, where the plan says how fast it fills.
  public let fill: Term?
  /// How much WAL is written, and how much of it can be brought away; nil: the plan does not say.
  public let load: (written: Located<ByteRate>, pushed: Located<ByteRate>)?
  /// As `initdb` makes them.
  private static let segment = ByteCount(bytes: 16 << 20)

  public init(_ name: ProtectionName, _ archiving: WALArchiving, of dataClass: DataClass) {
    let estimate = dataClass.estimate
    self.name = name
    self.archiving = archiving
    upload = estimate.wal.map { Term("WAL upload", $0.value, .estimate($0.span)) } ?? Term("WAL upload", defaultStepTimeout, .timeout(nil))
    let time = estimate.base.flatMap { base in base.value.time(for: estimate.size?.value).map { Term("base backup", $0, .estimate(base.span)) } }
    fill = estimate.walRate.map { Term("filling a WAL segment", $0.value.time(for: Self.segment), .estimate($0.span)) }
    load = estimate.walRate.flatMap { written in estimate.walPush.map { (written, $0) } }
    base = time ?? Term("base backup", defaultStepTimeout, .timeout(nil))
  }

  public var span: SourceSpan { archiving.timeout.span }
  public var keep: Located<TimeSpan>? { archiving.keep }
  public var places: [Located<Place>] { archiving.stores.map { $0.map { .store($0) } } }
  /// The next base backup is due before this one has ended.
  public var overruns: Bool { base.amount >= archiving.base.value }

  /// More is written than can be brought away: what waits grows, and with it what would be lost, without end.
  public var isOutpaced: Bool { load.map { $0.written.value > $0.pushed.value } ?? false }
  /// `min(a, fill)`: how long a segment that holds something stays open.
  var open: Term {
    let timeout = Term("archive time-out", archiving.timeout.value, .plan(archiving.timeout.span))
    return fill.map { $0.amount < timeout.amount ? $0 : timeout } ?? timeout
  }

  /// `(k + 1) · T + J`: from the start of one base backup to the start of the next.
  var cadence: [Term] {
    let every = archiving.base
    let interval = overruns ? Term("a base backup, which outlasts the interval", base.amount, base.source) : Term("base interval", every.value, .plan(every.span))
    var terms = [interval]
    if archiving.misses > 0 {
      let missed = archiving.misses == 1 ? "1 missed base backup" : "\(archiving.misses) missed base backups"
      terms.append(Term(missed, interval.amount * Int64(archiving.misses), interval.source))
    }
    if let jitter = archiving.jitter { terms.append(Term("late start", jitter.value, .plan(jitter.span))) }
    return terms
  }

  /// `a + p`; with a chain break, from the base backup that it spoils to the next one with the segment that ends it: `(k + 1) · T + J + d + p`.
  public func loss(from _: Place, _ cause: ClassAssessment.Cause) -> Figure? {
    guard !isOutpaced else { return nil }
    return switch cause {
    case .lost: figure(waiting: [upload])
    case .corrupted(let corruption): figure(noticedWithin: corruption.noticedWithin)
    }
  }

  /// WAL reaches up to the corruption, so `max(δ, a + p)`; where the chain is broken, up to the break.
  private func figure(noticedWithin delay: Located<TimeSpan>) -> Figure {
    let noticed = Term("until it is noticed", delay.value, .plan(delay.span))
    if archiving.allowsBreak != nil { return figure(waiting: [delay.value >= upload.amount ? noticed : upload]) }
    let usual = figure(waiting: [upload])
    return delay.value >= usual.total ? Figure([noticed]) : usual
  }

  private func figure(waiting: [Term]) -> Figure {
    guard archiving.allowsBreak == nil else { return Figure(cadence + [base] + waiting) }
    // Base backups close segments as well: where they come sooner than the time-out, no segment is open that long.
    let isBound = open.amount + base.amount > archiving.base.value
    return Figure([open] + waiting, isBound: isBound)
  }

  public func retentionNeeded(noticedWithin delay: Located<TimeSpan>, reaction: [Term]) -> Figure? {
    isOutpaced ? nil : Figure(figure(noticedWithin: delay).terms + reaction)
  }
}

/// The arithmetic of a server that follows: it loses what it has not received, and every corruption has reached it.
public struct Replica: ProtectionModel {
  public let name: ProtectionName
  public let replication: Replication

  public var span: SourceSpan { replication.lag.span }
  public var keep: Located<TimeSpan>? { nil }
  public var places: [Located<Place>] { [replication.server.map { .server($0) }] }

  public func loss(from _: Place, _ cause: ClassAssessment.Cause) -> Figure? {
    guard case .lost = cause else { return nil }
    return Figure([Term("replication lag", replication.lag.value, .plan(replication.lag.span))])
  }

  public func retentionNeeded(noticedWithin _: Located<TimeSpan>, reaction _: [Term]) -> Figure? { nil }
}
