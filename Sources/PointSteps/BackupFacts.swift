public import Calendar
internal import CanonicalJSON
public import ObjectStore
public import PlanModel
public import ProviderInterface
internal import RecoveryPoints
public import Units

/// The names of facts that backups and restores observe, the same in observers and comparisons.
public enum PointFact {
  /// RFC 3339, of the protection's newest point; absent: there is none.
  public static let newestSigma = "newestPointConsistentAt"
  public static let point = "point"
  /// The newest point's id if it is suspect. It counts as taken all the same: else each call of `apply` would make another like it.
  public static let suspect = "suspectPoint"
  public static let server = "server"
  public static let role = "role"
  public static let serverVersion = "serverVersion"
  /// `absent`, `empty`, or what is in it.
  public static let target = "target"
  /// Why the step would fail, as far as can be seen; absent: nothing is known to be in the way.
  public static let problem = "problem"
}

extension Observation {
  /// Notes the newest point of a protection, of this one alone: an hourly backup is no weekly one. Gives why the store cannot be asked.
  public mutating func note(newestOf protection: ProtectionName, of dataClass: DataClassName, in store: any ObjectReading) async -> StoreError? {
    let catalogue = await Catalogue.read(dataClass, in: [store])
    if let failure = catalogue.unreachable.first { return failure }
    if let newest = catalogue.points.first(where: { $0.manifest.protection == protection }) {
      facts[PointFact.newestSigma] = .string(newest.manifest.consistentAt.description)
      facts[PointFact.point] = .string(newest.manifest.id.text)
      facts[PointFact.suspect] = newest.isUsable ? nil : .string(newest.manifest.id.text)
    }
    return nil
  }

  /// What a backup would do, as observed: a point is made when it is due, or in any case.
  public func backup(to store: StoreName, _ schedule: Schedule, onlyWhenDue: Bool, at now: Timestamp) -> Change {
    if case .unreachable(let reason) = reach {
      return Change(.unknown, reason: "could not be observed: \(reason)", after: ["point": "new, if it can be made"])
    }
    let newest = facts[PointFact.newestSigma]?.string.flatMap { Timestamp($0) }
    let after: [String: JSONValue] = ["point": .string("new, in `\(store)`")]
    let problem = facts[PointFact.problem]?.string.map { Change(.unknown, reason: "the step would fail: \($0)", after: after) }
    guard let newest else { return problem ?? Change(.create, reason: "there is no point yet, one is due \(schedule.phrase)", after: after) }
    let age = now - newest
    let doubt = facts[PointFact.suspect]?.string.map { "; it is suspect, look at it: sie-dr points show PLAN \($0)" } ?? ""
    let due = DuePoint(schedule, newest: newest, now: now)
    if onlyWhenDue, !due.isDue { return Change(.none, reason: "the newest point is \(age.rounded) old, \(due.next)\(doubt)") }
    return problem ?? Change(.create, reason: "the newest point is \(age.rounded) old, one is due \(schedule.phrase)\(due.overdue)\(doubt)", after: after)
  }
}
