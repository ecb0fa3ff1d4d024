internal import Units

/// What one place has seen of a probe, as far as a rule needs it.
public struct PlaceHistory: Hashable, Sendable, Codable {
  struct Seen: Hashable, Sendable, Codable {
    var asked: Timestamp
    var answered: Timestamp
    var works: Bool
  }
  /// By the time at which they were asked: answers may overtake each other. Nothing that no rule looks at is kept.
  private(set) var seen: [Seen] = []
  /// Since when there has been nothing but failures, or nothing but success, as it became known.
  private(set) var failingSince: Timestamp?
  private(set) var workingSince: Timestamp?

  public init() {}

  /// Of those that are remembered: a run that began after it is one against the same disaster.
  var firstFailure: Timestamp? { failingSince ?? seen.first { !$0.works }?.answered }

  mutating func take(_ answer: ProbeAnswer, _ rule: ProbeTrigger) {
    let new = Seen(asked: answer.asked, answered: answer.answered, works: answer.outcome.works)
    if let last = seen.last, new.asked - last.asked > rule.silence { self = PlaceHistory() }
    let place = seen.firstIndex { $0.asked >= new.asked } ?? seen.endIndex
    if place < seen.endIndex, seen[place].asked == new.asked { return }
    seen.insert(new, at: place)
    failingSince = since(failingSince, new, works: false)
    workingSince = since(workingSince, new, works: true)
    seen.removeFirst(max(0, seen.count - rule.kept))
  }

  /// The first of the last answers of this kind without another between them. Of what is no longer kept, the time that was known stays.
  private func since(_ known: Timestamp?, _ new: Seen, works: Bool) -> Timestamp? {
    guard let other = seen.last(where: { $0.works != works }) else { return known ?? new.answered }
    if new.works == works { return new.asked > other.asked ? known ?? new.answered : known }
    return seen.filter { $0.asked > other.asked }.map(\.answered).min()
  }

  /// Whether anybody knows how things are.
  func isFresh(_ rule: ProbeTrigger, at now: Timestamp) -> Bool { seen.last.map { now - $0.answered <= rule.silence } ?? false }

  func holds(_ rule: ProbeTrigger, at now: Timestamp) -> Bool {
    guard isFresh(rule, at: now) else { return false }
    switch rule.condition {
    case .failing(let window): return failingSince.map { now >= $0 + window } ?? false
    case .failures(let least, let all): return seen.suffix(all).count { !$0.works } >= least
    }
  }

  /// Well enough to be armed again: it has been working for as long as it must fail, or each of the last answers that the rule looks at was well.
  func isCalm(_ rule: ProbeTrigger, at now: Timestamp) -> Bool {
    guard isFresh(rule, at: now) else { return false }
    switch rule.condition {
    case .failing(let window): return workingSince.map { now >= $0 + window } ?? false
    case .failures(_, let all): return seen.count >= all && seen.suffix(all).allSatisfy(\.works)
    }
  }

  /// When time alone changes what the rule says, if nothing else comes.
  func turns(_ rule: ProbeTrigger, after now: Timestamp) -> Timestamp? {
    guard case .failing(let window) = rule.condition else { return nil }
    return [failingSince, workingSince].compactMap { $0.map { $0 + window } }.filter { $0 > now }.min()
  }
}

extension ProbeTrigger {
  /// So many answers are kept: what the condition looks at, and what may still be overtaken.
  var kept: Int {
    let overtaking = Int(clamping: timeout.milliseconds / max(1, every.milliseconds)) + 2
    switch condition {
    case .failing: return min(overtaking, 1_000)
    case .failures(_, let all): return all + min(overtaking, 1_000)
    }
  }
}
