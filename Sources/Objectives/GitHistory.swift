public import Diagnostics
public import PlanModel
public import Units

/// The arithmetic of data in Git: what was pushed is safe with its host and, after a while, in each mirror; what was not pushed is nobody's.
public struct GitHistory: ProtectionModel {
  public let name: ProtectionName = "git"
  public let repository: GitRepository
  public var restoresAnyMoment: Bool { true }

  public var span: SourceSpan { repository.mirrors.first?.lag.span ?? repository.remote.span }
  public var keep: Located<TimeSpan>? { nil }
  public var places: [Located<Place>] {
    [repository.remote.map { _ in Place.remote("its host", repository.site?.value) }]
      + repository.mirrors.map { mirror in mirror.name.map { Place.remote($0.rawValue, mirror.site?.value) } }
  }

  public func loss(from place: Place, _ cause: ClassAssessment.Cause) -> Figure? {
    let lag = repository.mirrors.first { Place.remote($0.name.value.rawValue, $0.site?.value) == place }?.lag
    let behind = lag.map { [Term("lag of the mirror", $0.value, .plan($0.span))] } ?? []
    guard case .corrupted(let corruption) = cause else { return Figure(behind) }
    let delay = corruption.noticedWithin
    return Figure(delay.value >= lag?.value ?? .zero ? [Term("until it is noticed", delay.value, .plan(delay.span))] : behind)
  }

  /// The whole history is there.
  public func retentionNeeded(noticedWithin delay: Located<TimeSpan>, reaction: [Term]) -> Figure? {
    Figure([Term("until it is noticed", delay.value, .plan(delay.span))] + reaction)
  }

  public func course(from place: Place, _ cause: ClassAssessment.Cause, _ figure: Figure) -> Counterexample {
    var result = Counterexample(isBound: figure.isBound)
    switch cause {
    case .corrupted(let corruption) where figure.total == corruption.noticedWithin.value:
      result.add(.zero - figure.total, .corrupted, "the data is corrupted; the commit before it is in the history")
      result.add(.zero, .noticed, "the corruption is noticed")
    case .lost, .corrupted:
      result.add(.zero - figure.total, .received, "`\(place)` has everything that was pushed up to here, and is as late as it may be")
      result.add(.zero, .disaster, "the disaster")
    }
    return result
  }
}
