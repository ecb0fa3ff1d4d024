public import Units

/// What a plan counts on from the provider of a managed database; nil: nothing is said of it.
public struct ManagedPromise: Codable, Hashable, Sendable {
  /// The newest backup is never older.
  public var every: TimeSpan?
  /// Any moment up to so long ago can be restored.
  public var granularity: TimeSpan?
  /// How far back that reaches.
  public var window: TimeSpan?
  public init(every: TimeSpan? = nil, granularity: TimeSpan? = nil, window: TimeSpan? = nil) { self.every = every; self.granularity = granularity; self.window = window }
}

/// What is otherwise than promised, with the figure that breaks.
struct BrokenPromise: Hashable, Sendable {
  enum Part: String, Hashable, Sendable { case every, granularity, window, backups, instance }
  var part: Part
  /// What was seen in its place; nil: there is no such figure.
  var seen: TimeSpan?
  var text: String
}

extension ManagedPromise {
  /// What of it does not hold. Empty: all does, as far as can be seen.
  func broken(by seen: SeenBackups, at now: Timestamp) -> [BrokenPromise] {
    guard seen.exists || seen.window != nil else { return [BrokenPromise(part: .instance, text: "there is no instance `\(seen.identifier)`, and no automated backup of it")] }
    var broken: [BrokenPromise] = []
    if seen.exists, seen.retention == 0, window != nil || granularity != nil || every != nil {
      broken.append(BrokenPromise(part: .backups, text: "automated backups are switched off (retention 0 days)"))
    } else {
      if let window { broken += reach(window, seen, now) }
      if let granularity { broken += age(granularity, seen, now) }
    }
    if let every { broken += backup(every, seen, now) }
    return broken
  }

  private func reach(_ window: TimeSpan, _ seen: SeenBackups, _ now: Timestamp) -> [BrokenPromise] {
    let kept = TimeSpan.days(Int64(seen.retention))
    if seen.exists, kept < window {
      return [BrokenPromise(part: .window, seen: kept, text: "automated backups are kept for \(kept.rounded), and the plan counts on \(window.rounded)")]
    }
    guard let first = seen.window?.first else { return [BrokenPromise(part: .window, text: "nothing can be restored to a moment yet, and the plan counts on \(window.rounded) back")] }
    // It moves on from one daily backup to the next. Before the instance was made there was nothing that could be lost.
    let slack = min(.days(1), TimeSpan(milliseconds: window.milliseconds / 2))
    guard first > now - window + slack, seen.created.map({ $0 < now - window }) ?? true else { return [] }
    return [BrokenPromise(part: .window, seen: max(.zero, now - first), text: "the first moment that can be restored is \(first), \((now - first).rounded) ago, and the plan counts on \(window.rounded)")]
  }

  private func age(_ granularity: TimeSpan, _ seen: SeenBackups, _ now: Timestamp) -> [BrokenPromise] {
    guard let last = seen.window?.last else { return [BrokenPromise(part: .granularity, text: "no moment can be restored yet, and the plan counts on any up to \(granularity.rounded) ago")] }
    guard now - last > granularity else { return [] }
    return [BrokenPromise(part: .granularity, seen: now - last, text: "the latest moment that can be restored is \(last), \((now - last).rounded) ago, and the plan counts on \(granularity.rounded)")]
  }

  private func backup(_ every: TimeSpan, _ seen: SeenBackups, _ now: Timestamp) -> [BrokenPromise] {
    guard let newest = seen.newestSnapshot else { return [BrokenPromise(part: .every, text: "there is no finished snapshot, and the plan counts on one every \(every.rounded)")] }
    guard now - newest > every else { return [] }
    return [BrokenPromise(part: .every, seen: now - newest, text: "the newest snapshot is of \(newest), \((now - newest).rounded) ago, and the plan counts on one every \(every.rounded)")]
  }
}
