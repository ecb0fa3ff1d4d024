public import Diagnostics
public import PlanModel
public import Units

/// One way of protecting a data class as the arithmetic sees it: what it can lose with what survives at one of its places.
public protocol ProtectionModel: Sendable {
  var name: ProtectionName { get }
  /// Where the plan says what decides the loss.
  var span: SourceSpan { get }
  /// Any moment that it reaches back to can be restored, and not only some.
  var restoresAnyMoment: Bool { get }
  /// How far one can go back; nil: as far as there is anything.
  var keep: Located<TimeSpan>? { get }
  /// Where what it keeps is.
  var places: [Located<Place>] { get }
  /// Most that is lost when the data comes back from this place; nil where it is of no help.
  func loss(from place: Place, _ cause: ClassAssessment.Cause) -> Figure?
  /// How far one must be able to go back, so that what is from before the corruption is still there while it is being restored; nil where that
  /// is of no help.
  func retentionNeeded(noticedWithin delay: Located<TimeSpan>, reaction: [Term]) -> Figure?
  /// How the figure comes about, up to the moment at which it holds.
  func course(from place: Place, _ cause: ClassAssessment.Cause, _ figure: Figure) -> Counterexample
}

extension ProtectionModel {
  public var restoresAnyMoment: Bool { false }
  /// Whether what it keeps reaches back to before the corruption, until the restore has read it.
  func reachesBack(to corruption: Corruption, reaction: [Term]) -> Bool {
    guard let needed = retentionNeeded(noticedWithin: corruption.noticedWithin, reaction: reaction) else { return false }
    return isKept(for: needed.total)
  }

  /// A point that is kept exactly so long is still there; the instant before a corruption is older than what may just still be restored.
  public func isKept(for needed: TimeSpan) -> Bool {
    guard let keep = keep?.value else { return true }
    return restoresAnyMoment ? keep > needed : keep >= needed
  }
}

/// Where something that data comes back from is.
public enum Place: Hashable, Sendable, CustomStringConvertible {
  case store(StoreName)
  case server(ServerName)
  /// A repository, at its host or mirrored, and the site that it is in.
  case remote(String, SiteName?)
  /// A site of the provider of a managed database.
  case site(SiteName)

  public var description: String {
    switch self {
    case .store(let name): name.rawValue
    case .server(let name): name.rawValue
    case .remote(let name, _): name
    case .site(let name): name.rawValue
    }
  }

  func survives(_ survival: Survival) -> Bool {
    switch self {
    case .store(let name): !survival.stores.contains(name)
    case .server(let name): !survival.servers.contains(name)
    case .remote(_, let site): site.map { !survival.sites.contains($0) } ?? true
    case .site(let name): !survival.sites.contains(name)
    }
  }
}

extension PeriodicBackup: ProtectionModel {
  public var name: ProtectionName { protection.name.value }
  public var span: SourceSpan { protection.schedule.span }
  public var keep: Located<TimeSpan>? { protection.keep?.duration }
  public var places: [Located<Place>] { ([protection.store] + protection.copies).map { $0.map { .store($0) } } }

  public func loss(from place: Place, _ cause: ClassAssessment.Cause) -> Figure? {
    guard case .store(let store) = place else { return nil }
    return switch cause {
    case .lost: loss(using: store)
    case .corrupted(let corruption): lossByCorruption(noticedWithin: corruption.noticedWithin, using: store)
    }
  }
}

/// The models of a class's protections that go on all the time.
func continuousModels(of dataClass: DataClass) -> [any ProtectionModel] {
  if let git = dataClass.git { return [GitHistory(repository: git)] }
  return dataClass.continuous.flatMap { protection -> [any ProtectionModel] in
    switch protection.method {
    case .wal(let archiving): [WALArchive(protection.name.value, archiving, of: dataClass)]
    case .replica(let replication): [Replica(name: protection.name.value, replication: replication)]
    case .managed(let database): ManagedBackups.models(protection.name.value, database)
    }
  }
}
