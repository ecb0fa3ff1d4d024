public import Diagnostics
public import PlanModel
public import Units

/// What the provider of a managed database promises: that no backup is older than so much, or that any moment up to so long ago can be restored.
/// It is a promise, so each figure is a bound that holds as long as it is kept.
public struct ManagedBackups: ProtectionModel {
  public let name: ProtectionName
  /// How old the newest thing that can be restored is, at most.
  let age: Located<TimeSpan>
  public let keep: Located<TimeSpan>?
  let sites: [Located<SiteName>]
  /// The instance that it is of; nil: the plan does not say.
  let server: ServerName?
  /// Any moment, and not only some.
  let isContinuous: Bool

  static func models(_ name: ProtectionName, _ database: ManagedDatabase) -> [any ProtectionModel] {
    let backups = ManagedBackups(name: name, age: database.every, keep: database.keep, sites: database.sites, server: database.server?.value, isContinuous: false)
    let moments = database.granularity.map { ManagedBackups(name: name, age: $0, keep: database.window, sites: database.sites, server: database.server?.value, isContinuous: true) }
    return [moments, backups].compactMap { $0 }
  }

  public var span: SourceSpan { age.span }
  public var restoresAnyMoment: Bool { isContinuous }
  public var places: [Located<Place>] { sites.map { $0.map { .site($0) } } }

  private var promised: Term { Term(isContinuous ? "until a moment can be restored" : "until the provider's next backup", age.value, .promise(age.span)) }

  public func loss(from _: Place, _ cause: ClassAssessment.Cause) -> Figure? {
    switch cause {
    case .lost: Figure([promised], isBound: true)
    case .corrupted(let corruption): Figure(terms(noticedWithin: corruption.noticedWithin), isBound: true)
    }
  }

  private func terms(noticedWithin delay: Located<TimeSpan>) -> [Term] {
    let noticed = Term("until it is noticed", delay.value, .plan(delay.span))
    guard isContinuous else { return [promised, noticed] }
    return delay.value >= age.value ? [noticed] : [promised]
  }

  public func retentionNeeded(noticedWithin delay: Located<TimeSpan>, reaction: [Term]) -> Figure? {
    Figure(terms(noticedWithin: delay) + reaction)
  }

  public func course(from place: Place, _ cause: ClassAssessment.Cause, _ figure: Figure) -> Counterexample {
    var result = Counterexample(isBound: figure.isBound)
    result.add(.zero - figure.total, .received, "what the provider has in `\(place)` holds everything up to here, and is as old as it promises at most")
    switch cause {
    case .lost: result.add(.zero, .disaster, "the disaster")
    case .corrupted(let corruption):
      result.add(.zero - corruption.noticedWithin.value, .corrupted, "the data is corrupted")
      result.add(.zero, .noticed, "the corruption is noticed")
    }
    return result
  }
}
