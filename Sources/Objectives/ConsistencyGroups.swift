internal import Calendar
internal import Diagnostics
public import PlanModel
internal import ProviderInterface
public import Units

/// What is lost of data classes that must be from one moment (objectives 4.5): a common cut is one point a class, all within the tolerance, and it
/// loses what its oldest member loses.
public struct GroupAssessment: Sendable {
  public struct Member: Sendable {
    public var dataClass: DataClass
    /// What is lost of it if the group goes back to its newest common cut, at most.
    public var loss: WorstCase
  }
  public var group: ConsistencyGroup
  public var members: [Member]
  public var loss: WorstCase
  public var target: Located<TimeSpan>?
  /// Those whose own points may never lie close enough to each other; empty where a common cut is guaranteed, or a member has no point at all.
  public var apart: [ClassAssessment.Candidate] = []
}

struct GroupAssessor {
  let classes: ClassAssessor
  let touched: [ClassAssessment]

  /// A class in the group, and what brings it to a common moment.
  private struct Part {
    var dataClass: DataClass
    var isTouched: Bool
    /// The newest that it can be.
    var best: ClassAssessment.Candidate
    /// What can bring it to any moment.
    var anyMoment: ClassAssessment.Candidate?
    /// How far behind it is at most when it comes back by itself; nothing is lost of what is not touched.
    func behind(_ candidate: ClassAssessment.Candidate) -> TimeSpan { isTouched ? candidate.figure.total : .zero }
  }

  /// Nil where the scenario touches none of it.
  func assess(_ group: ConsistencyGroup) -> GroupAssessment? {
    let all = group.dataClasses.compactMap { classes.plan.dataClass($0.value) }
    guard all.contains(where: { one in touched.contains { $0.dataClass.name.value == one.name.value } }) else { return nil }
    var parts: [Part] = []
    for dataClass in all {
      let own = touched.first { $0.dataClass.name.value == dataClass.name.value }
      let assessed = own ?? classes.protected(dataClass, .lost)
      guard let best = assessed.best else {
        return result(group, all, .unbounded(reason: "`\(dataClass.name.value)`: \(assessed.loss.explanation)"))
      }
      parts.append(Part(dataClass: dataClass, isTouched: own != nil, best: best, anyMoment: assessed.candidates.first(where: \.protection.restoresAnyMoment)))
    }
    return cut(group, all, parts)
  }

  private func cut(_ group: ConsistencyGroup, _ all: [DataClass], _ parts: [Part]) -> GroupAssessment {
    let within = group.within.value
    // What each has newest is close enough to what the others have.
    let newest = parts.filter(\.isTouched).map(\.best.figure)
    if let oldest = newest.max(by: { $0.total < $1.total }), oldest.total <= within { return result(group, all, .bounded(bound(oldest, parts))) }
    let discrete = parts.filter { $0.anyMoment == nil }
    let reach = parts.filter { $0.isTouched && $0.anyMoment != nil }.compactMap(\.anyMoment).max { $0.figure.total < $1.figure.total }
    if discrete.isEmpty, let reach { return kept(group, all, parts, bound(reach.figure, parts)) }
    let late = reach.map { Term("until the others reach it", max(.zero, $0.figure.total - within), .plan(group.within.span)) }
    let figures = discrete.compactMap { figure($0, late, within, reach?.figure) }
    guard figures.count == discrete.count, discrete.count == 1 || areMadeTogether(discrete, within), let oldest = figures.max(by: { $0.total < $1.total }) else {
      var found = result(group, all, .unbounded(reason: "no common cut is guaranteed: \(names(discrete)) have only points of their own"))
      found.apart = discrete.map(\.best)
      return found
    }
    return kept(group, all, parts, bound(discrete.count == 1 ? oldest : Figure(oldest.terms, isBound: true), parts))
  }

  /// With the point of the one class that has only points: the cut is there when that is usable and the others have come close enough to it.
  private func figure(_ part: Part, _ late: Term?, _ within: TimeSpan, _ reach: Figure?) -> Figure? {
    var figure = part.best.figure
    if let backup = part.best.backup {
      let cadence = backup.cadence
      if let late, Figure(cadence + [late]).total > figure.total { figure = Figure(cadence + [late], isBound: figure.isBound) }
      return reach.map { larger(figure, $0) } ?? figure
    }
    // A replica cannot be brought back to an earlier moment, and what a provider promises says nothing of when its points are made.
    guard let reach else { return figure }
    return reach.total <= within ? larger(figure, reach) : nil
  }

  private func larger(_ a: Figure, _ b: Figure) -> Figure { a.total < b.total ? b : a }

  /// All that brings a class to any moment must reach back to the cut.
  private func kept(_ group: ConsistencyGroup, _ all: [DataClass], _ parts: [Part], _ figure: Figure) -> GroupAssessment {
    if let short = parts.first(where: { $0.anyMoment?.protection.keep.map { $0.value < figure.total } ?? false }) {
      return result(group, all, .unbounded(reason: "`\(short.dataClass.name.value)` cannot go back as far as the cut"))
    }
    var found = result(group, all, .bounded(figure))
    for (index, part) in parts.enumerated() where part.anyMoment != nil {
      let rest = figure.total - group.within.value
      guard let own = part.anyMoment?.figure, part.behind(part.anyMoment ?? part.best) < figure.total, rest < figure.total else { continue }
      let least = part.isTouched && own.total > rest ? own : Figure([Term("the cut, less what they may be apart", max(.zero, rest), .plan(group.within.span))])
      found.members[index].loss = .bounded(Figure(least.terms, isBound: figure.isBound))
    }
    return found
  }

  private func result(_ group: ConsistencyGroup, _ all: [DataClass], _ loss: WorstCase) -> GroupAssessment {
    GroupAssessment(group: group, members: all.map { .init(dataClass: $0, loss: loss) }, loss: loss, target: classes.plan.objectives.rpo)
  }

  /// Where a corruption hits some of them only, or others could serve as well, the cut may be newer.
  private func bound(_ figure: Figure, _ parts: [Part]) -> Figure {
    let isMixed = classes.scenario.corrupts != nil || parts.contains { !$0.isTouched }
    return Figure(figure.terms, isBound: figure.isBound || isMixed || parts.contains { $0.best.figure.isBound })
  }

  /// Due at the same instants by one calendar, none ever missed: one run makes all of them, each at most its wait for a place after the first.
  private func areMadeTogether(_ parts: [Part], _ within: TimeSpan) -> Bool {
    let backups = parts.compactMap(\.best.backup)
    guard backups.count == parts.count, let first = backups.first, case .calendar = first.protection.schedule.value else { return false }
    return backups.allSatisfy { one in
      one.protection.schedule.value == first.protection.schedule.value && one.protection.misses == 0 && !one.protection.method.isForeign
        && (one.wait?.amount ?? .zero) <= within
    }
  }

  private func names(_ parts: [Part]) -> String { parts.map { "`\($0.dataClass.name.value)`" }.joined(separator: " and ") }
}
