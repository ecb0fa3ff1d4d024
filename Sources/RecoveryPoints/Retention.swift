internal import ObjectStore
public import PlanModel
public import Units

/// What retention knows of a point.
public struct RetainedPoint: Hashable, Sendable {
  public var id: PointID
  public var consistentAt: Timestamp
  /// Suspect points are never counted as good ones.
  public var isGood: Bool
  public var hold: PointNote?
  public init(id: PointID, consistentAt: Timestamp, isGood: Bool, hold: PointNote? = nil) {
    self.id = id; self.consistentAt = consistentAt; self.isGood = isGood; self.hold = hold
  }
}

/// What happens to a point, and why.
public enum RetentionDecision: Hashable, Sendable {
  case expire(age: TimeSpan)
  case keep(Reason)
  public enum Reason: Hashable, Sendable {
    case younger(than: TimeSpan)
    /// The newest good one always stays.
    case newestGood
    /// One of the newest good ones that always stay.
    case amongLastGood(Int)
    /// Its time lies in the future: some clock is wrong, and nothing is removed on its word.
    case fromTheFuture
    case held(PointNote)
    /// Suspect, and newer than all good ones: it may be the truth, and waits for a person's word.
    case awaitsJudgement
    /// A store did not answer: there may be a hold in it, and nobody knows whether it still has its copy.
    case unreachable(store: String)
    /// The last run of the protection did not end well: nothing goes before its successor is safe.
    case afterFailedRun(String)
    /// No protection of the plan says how long it is kept.
    case noRetention
  }
  public var expires: Bool { if case .expire = self { true } else { false } }
}

/// Which points go: those older than `duration`, except the newest `atLeast` good ones and those that a person holds. The newest good point
/// never goes; `heldBack` is why none goes at all, if something is in the way.
public func retentionDecisions(
  _ points: [RetainedPoint], keepFor duration: TimeSpan, atLeast: Int, heldBack: RetentionDecision.Reason? = nil, now: Timestamp
) -> [(point: RetainedPoint, decision: RetentionDecision)] {
  let newestFirst = points.sorted { ($0.consistentAt, $0.id) > ($1.consistentAt, $1.id) }
  let good = newestFirst.filter(\.isGood).prefix(max(1, atLeast))
  let lastGood = Set(good.map(\.id))
  return newestFirst.map { point in
    let age = now - point.consistentAt
    if age < .zero { return (point, .keep(.fromTheFuture)) }
    if age < duration { return (point, .keep(.younger(than: duration))) }
    if point.id == good.first?.id { return (point, .keep(.newestGood)) }
    if lastGood.contains(point.id) { return (point, .keep(.amongLastGood(max(1, atLeast)))) }
    if let hold = point.hold { return (point, .keep(.held(hold))) }
    if !point.isGood, good.first.map({ point.consistentAt > $0.consistentAt }) ?? true { return (point, .keep(.awaitsJudgement)) }
    if let heldBack { return (point, .keep(heldBack)) }
    return (point, .expire(age: age))
  }
}

extension Catalogue {
  /// What becomes of the points that one store holds. Each protection's points are judged by themselves, by what its retention says; none
  /// goes while a store that may know more does not answer.
  public func retention(
    of protection: ProtectionName?, in store: String, keepFor: TimeSpan, atLeast: Int, heldBack: RetentionDecision.Reason? = nil, now: Timestamp
  ) -> [(point: RecoveryPoint, decision: RetentionDecision)] {
    let held = points.filter { $0.stores.contains(store) && (protection == nil || $0.manifest.protection == protection) }
    let retained = held.map { RetainedPoint(id: $0.manifest.id, consistentAt: $0.manifest.consistentAt, isGood: $0.isUsable, hold: $0.hold) }
    let heldBack = heldBack ?? unreachable.first.map { .unreachable(store: $0.store) }
    return zip(held, retentionDecisions(retained, keepFor: keepFor, atLeast: atLeast, heldBack: heldBack, now: now)).map { ($0, $1.decision) }
  }
}
