public import Units

/// What retention knows of a point.
public struct RetainedPoint: Hashable, Sendable {
  public var id: PointID
  public var consistentAt: Timestamp
  /// Suspect points are never counted as good ones.
  public var isGood: Bool
  public init(id: PointID, consistentAt: Timestamp, isGood: Bool) { self.id = id; self.consistentAt = consistentAt; self.isGood = isGood }
}

/// What happens to a point, and why.
public enum RetentionDecision: Hashable, Sendable {
  case expire(age: TimeSpan)
  case keep(Reason)
  public enum Reason: Hashable, Sendable {
    case younger(than: TimeSpan)
    /// One of the newest good ones that always stay.
    case amongLastGood(Int)
    /// Its time lies in the future: some clock is wrong, and nothing is removed on its word.
    case fromTheFuture
  }
}

/// Which points go: those older than `duration`, except the newest `atLeast` good ones. The newest good point never goes.
public func retentionDecisions(
  _ points: [RetainedPoint], keepFor duration: TimeSpan, atLeast: Int, now: Timestamp
) -> [(point: RetainedPoint, decision: RetentionDecision)] {
  let newestFirst = points.sorted { ($0.consistentAt, $0.id) > ($1.consistentAt, $1.id) }
  let lastGood = Set(newestFirst.filter(\.isGood).prefix(max(1, atLeast)).map(\.id))
  return newestFirst.map { point in
    let age = now - point.consistentAt
    if age < .zero { return (point, .keep(.fromTheFuture)) }
    if age < duration { return (point, .keep(.younger(than: duration))) }
    if lastGood.contains(point.id) { return (point, .keep(.amongLastGood(max(1, atLeast)))) }
    return (point, .expire(age: age))
  }
}

/// Why a point of this size is not to be trusted by itself, or nil: a backup of a tenth of the last good one's size is more often an
/// accident than a purge.
public func suspicion(rawBytes: ByteCount, lastGood: ByteCount?) -> String? {
  guard let lastGood, lastGood.bytes > 1 << 20, rawBytes.bytes <= lastGood.bytes / 10 else { return nil }
  return "holds \(rawBytes.rounded), the last good point held \(lastGood.rounded)"
}
