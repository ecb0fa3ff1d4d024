internal import Diagnostics
internal import Objectives
internal import PlanLinting
internal import PlanModel
public import Units

/// What a change of a plan does to each of its objectives.
public struct PlanComparison: Sendable, Encodable {
  /// The plan as it is, and as it was; nil: there is or was none.
  public var path: String?
  public var base: String?
  /// Nil: the plan as it stands.
  public var environment: String?
  /// The worse first.
  public var objectives: [ObjectiveChange]

  public init(_ after: LintedFile?, since before: LintedFile?) {
    path = after?.file.path
    base = before?.file.path
    environment = (after ?? before)?.result.environment
    let (old, new) = (before.map(rows) ?? [], after.map(rows) ?? [])
    let changes: [ObjectiveChange?] = new.map { row in ObjectiveChange(old.first { $0.isSameObjective(as: row) }, row) }
      + old.filter { row in !new.contains { $0.isSameObjective(as: row) } }.map { ObjectiveChange($0, nil) }
    objectives = changes.compactMap { $0 }.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
  }

  /// Of each environment that either has.
  public static func each(_ after: [LintedFile], since before: [LintedFile]) -> [PlanComparison] {
    let environments = (after + before).map(\.result.environment).reduce(into: [String?]()) { if !$0.contains($1) { $0.append($1) } }
    return environments.map { name in
      PlanComparison(after.first { $0.result.environment == name }, since: before.first { $0.result.environment == name })
    }
  }
}

/// One objective, before and after.
public struct ObjectiveChange: Sendable, Encodable {
  /// In the order of a report.
  public enum Verdict: String, Sendable, Encodable, CaseIterable {
    case worse
    /// What is computed is the same; the target asks for more, or for less.
    case stricter, looser
    case added, removed, better
    /// The same figure from other terms.
    case moved
    case unchanged
  }
  public struct Side: Sendable, Encodable {
    public var target: TimeSpan?
    /// Nil: nothing limits it.
    public var computed: TimeSpan?
    /// However long each step takes; recovery times only.
    public var guaranteed: TimeSpan?
    public var isBreached: Bool
  }
  /// A part of the sum that is not what it was; nil: it is, or was, no part of it.
  public struct MovedTerm: Sendable, Encodable, Equatable {
    public var name: String
    public var before, after: TimeSpan?
  }
  public var scenario, subject, objective: String
  public var verdict: Verdict
  public var before, after: Side?
  public var terms: [MovedTerm]

  init?(_ old: MatrixRow?, _ new: MatrixRow?) {
    guard let row = new ?? old else { return nil }
    scenario = row.scenario; subject = row.subject; objective = row.objective.lowercased()
    before = old.map(Side.init); after = new.map(Side.init)
    terms = moved(old?.computed.figure?.terms ?? [], new?.computed.figure?.terms ?? [])
    verdict =
      switch (old, new) {
      case (let old?, let new?): judge(old, new, moved: !terms.isEmpty)
      case (nil, _): .added
      case (_, nil): .removed
      }
  }

  public var becameBreached: Bool { after?.isBreached == true && before?.isBreached != true }
  public var becameMet: Bool { before?.isBreached == true && after?.isBreached == false }
  fileprivate var rank: Int { becameBreached ? -1 : Verdict.allCases.firstIndex(of: verdict) ?? 0 }
}

extension ObjectiveChange.Side {
  fileprivate init(_ row: MatrixRow) {
    self.init(target: row.target, computed: row.computed.total == .longest ? nil : row.computed.total, guaranteed: row.guaranteed, isBreached: row.isBreached)
  }
}

private func judge(_ old: MatrixRow, _ new: MatrixRow, moved: Bool) -> ObjectiveChange.Verdict {
  if old.computed.total != new.computed.total { return old.computed.total < new.computed.total ? .worse : .better }
  let (before, after) = (old.target ?? .longest, new.target ?? .longest)
  if before != after { return after < before ? .stricter : .looser }
  if let before = old.guaranteed, let after = new.guaranteed, before != after { return before < after ? .worse : .better }
  return moved || old.computedText != new.computedText ? .moved : .unchanged
}

/// Terms of one name count together.
private func moved(_ old: [Term], _ new: [Term]) -> [ObjectiveChange.MovedTerm] {
  func amounts(_ terms: [Term]) -> [String: TimeSpan] { Dictionary(terms.map { ($0.name, $0.amount) }, uniquingKeysWith: +) }
  let (before, after) = (amounts(old), amounts(new))
  let names = (new + old).map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
  return names.filter { before[$0] != after[$0] }.map { .init(name: $0, before: before[$0], after: after[$0]) }
}

private func rows(_ linted: LintedFile) -> [MatrixRow] {
  linted.result.assessment.map { matrixRows($0, serviceTarget: linted.result.plan?.objectives.rto?.value) } ?? []
}

extension MatrixRow {
  fileprivate func isSameObjective(as other: MatrixRow) -> Bool {
    scenario == other.scenario && subject == other.subject && objective == other.objective
  }
}
