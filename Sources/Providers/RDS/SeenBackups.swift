internal import CanonicalJSON
internal import ProviderInterface
internal import Units

/// An instance and its backups as they were seen: what goes into an observation, and comes out of a recorded one.
struct SeenBackups: Hashable, Sendable {
  var identifier: String
  var exists: Bool
  /// `postgres 16.4`.
  var engine: String?
  var isMultiAZ: Bool
  /// In days.
  var retention: Int
  var status: String?
  /// In gibibytes.
  var storage: Int?
  var created: Timestamp?
  var window: RestoreWindow?
  var newestSnapshot: Timestamp?
  var snapshots: Int

  init(_ identifier: String, _ instance: DatabaseInstance?, _ backups: [AutomatedBackups], _ found: [DatabaseSnapshot]) {
    self.identifier = identifier
    exists = instance != nil
    engine = instance.map { "\($0.engine) \($0.version)" }
    isMultiAZ = instance?.isMultiAZ ?? false
    retention = instance?.retention ?? 0
    status = instance?.status
    storage = instance?.storage
    created = instance?.created
    window = Self.chosen(instance, backups)?.window ?? instance.flatMap(Self.window)
    // Newer than what the list of backups says, which is made now and then.
    if let last = instance?.latestRestorable, let known = window, last > known.last { window?.last = last }
    let done = found.filter { $0.status == "available" }.compactMap(\.created)
    newestSnapshot = done.max()
    snapshots = done.count
  }

  /// What an instance says of itself, where the list of backups does not have it: any moment within its retention.
  private static func window(_ instance: DatabaseInstance) -> RestoreWindow? {
    guard instance.retention > 0, let last = instance.latestRestorable else { return nil }
    return RestoreWindow(first: min(last, max(instance.created ?? last, last - .days(Int64(instance.retention)))), last: last)
  }

  /// Those of the living instance; where it is gone, what was kept of the last one.
  static func chosen(_ instance: DatabaseInstance?, _ backups: [AutomatedBackups]) -> AutomatedBackups? {
    guard let instance else { return backups.filter { $0.window != nil }.max { ($0.window?.last ?? .init(milliseconds: 0)) < ($1.window?.last ?? .init(milliseconds: 0)) } }
    return backups.first { $0.resource == instance.resource && $0.window != nil }
  }
}

extension SeenBackups {
  private enum Key {
    static let instance = "instance", exists = "exists", engine = "engine", multiAZ = "multiAZ", retention = "retentionDays"
    static let status = "status", storage = "storageGiB", created = "created", first = "earliestRestorable", last = "latestRestorable", snapshot = "newestSnapshot", snapshots = "snapshots"
  }

  /// What stays as it is until somebody changes it is a fact; what moves by itself is a measurement.
  var observation: Observation {
    var facts: [String: JSONValue] = [Key.instance: .string(identifier), Key.exists: .bool(exists)]
    if exists { facts.merge([Key.multiAZ: .bool(isMultiAZ), Key.retention: .int(Int64(retention))]) { $1 } }
    facts[Key.engine] = engine.map { .string($0) }
    var measurements: [String: JSONValue] = [Key.snapshots: .int(Int64(snapshots))]
    measurements[Key.status] = status.map { .string($0) }
    measurements[Key.storage] = storage.map { .int(Int64($0)) }
    for (key, time) in [(Key.created, created), (Key.first, window?.first), (Key.last, window?.last), (Key.snapshot, newestSnapshot)] {
      measurements[key] = time.map { .string("\($0)") }
    }
    return Observation(facts: facts, measurements: measurements)
  }

  /// Nil where the observation holds nothing of an instance.
  init?(_ observation: Observation) {
    let (facts, measured) = (observation.facts, observation.measurements)
    guard case .observed = observation.reach, let identifier = facts[Key.instance]?.string, let exists = facts[Key.exists]?.bool else { return nil }
    func time(_ key: String) -> Timestamp? { measured[key]?.string.flatMap { Timestamp($0) } }
    self.identifier = identifier
    self.exists = exists
    engine = facts[Key.engine]?.string
    isMultiAZ = facts[Key.multiAZ]?.bool ?? false
    retention = facts[Key.retention]?.int.map { Int($0) } ?? 0
    status = measured[Key.status]?.string
    storage = measured[Key.storage]?.int.map { Int($0) }
    created = time(Key.created)
    if let first = time(Key.first), let last = time(Key.last) { window = RestoreWindow(first: first, last: last) }
    newestSnapshot = time(Key.snapshot)
    snapshots = measured[Key.snapshots]?.int.map { Int($0) } ?? 0
  }

  /// One line for people.
  func shown(at now: Timestamp) -> String {
    var parts = [exists ? "`\(identifier)` is \(status ?? "there")" + (engine.map { " (\($0)\(isMultiAZ ? ", Multi-AZ" : ""))" } ?? "") : "`\(identifier)` is gone, its backups are kept"]
    if let window { parts.append("any moment from \(window.first) to \(window.last), \(max(.zero, now - window.last).rounded) ago, can be restored") }
    if let newestSnapshot { parts.append("the newest of \(snapshots) snapshots is \(max(.zero, now - newestSnapshot).rounded) old") }
    return parts.joined(separator: "; ")
  }
}

extension RDSAPI {
  /// Looks at an instance and at all of its backups.
  func look(at identifier: String) async throws(RDSProblem) -> SeenBackups {
    let instance = try await instance(identifier)
    return SeenBackups(identifier, instance, try await backups(of: identifier), try await snapshots(of: identifier))
  }
}
