public import Calendar
internal import Diagnostics
public import PlanModel
internal import PointSteps
public import ProviderInterface
internal import RecoveryPoints
public import Units

/// `redis.backup`: a snapshot of a whole Redis server into one store, as a new recovery point.
public enum RedisBackup: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var protection: ProtectionName
    /// Where the data can live, in the author's order: the first that is a primary is read.
    public var servers: [RedisReference]
    public var store: StoreReference
    /// When a new point is due.
    public var schedule: Schedule
    /// In percent of the last good point.
    public var suspectBelow = usualSuspectBelow
    /// In protection a backup is made only when it is due; in a scenario always.
    public var onlyWhenDue: Bool
    /// Public keys to encrypt to; none: the point is not encrypted.
    public var recipients: [String] = []
  }

  public static let name: StepKindName = "redis.backup"
  public static let summary = "Takes a snapshot of a Redis server as a replica gets it, reads it through, and streams it into a store as a recovery point."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "The data class to back up."),
    Field("protection", .name(of: "protection"), required: true, "Which of its protections, a `snapshot`, says where to and how."),
  ]
  public static let outputs = [
    "point": "the id of the new recovery point", "suspect": "why the point is not trusted by itself; empty for a good one",
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.redisClass("data", in: context.plan)
    let name: Located<ProtectionName>? = fields.requiredText("protection", example: "NAME").map { $0.map { ProtectionName(rawValue: $0) } }
    guard let dataClass, let name else { return nil }
    if let unknown = unknownReference(name, "protection", among: dataClass.protections.map(\.name)) { fields.collector.add(unknown); return nil }
    guard let protection = dataClass.protections.first(where: { $0.name.value == name.value }) else { return nil }
    guard case .snapshot = protection.method else {
      fields.collector.add(
        Diagnostic("wrong-value", "`\(name.value)` is a \(protection.method.name), which Redis does not make", at: name.span, helps: ["name a `snapshot` protection"]))
      return nil
    }
    return arguments(protection, of: dataClass, in: context.plan, onlyWhenDue: false)
  }

  /// What a protection's backup needs; nil where it is no snapshot of Redis servers, or where a server or store of it is unknown, which has been
  /// reported.
  public static func arguments(_ protection: Protection, of dataClass: DataClass, in plan: Plan, onlyWhenDue: Bool) -> Arguments? {
    let servers = dataClass.servers.compactMap { plan.redis($0.value) }
    guard case .snapshot = protection.method, let store = plan.reference(to: protection.store.value), !servers.isEmpty else { return nil }
    return Arguments(
      dataClass: dataClass.name.value, protection: protection.name.value, servers: servers, store: store, schedule: protection.schedule.value,
      suspectBelow: protection.suspectBelow ?? usualSuspectBelow, onlyWhenDue: onlyWhenDue, recipients: protection.recipients.map(\.value))
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(
      reads: Set(arguments.servers.map { .server($0.server) }), writes: [.points(of: arguments.dataClass, in: arguments.store.name)],
      requires: [.store(arguments.store.name)])
  }

  /// A point that was published stays: it is good whatever happens to the run.
  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func estimate(_ arguments: Arguments, in plan: Plan) -> Estimated? {
    guard let estimate = plan.dataClass(arguments.dataClass)?.estimate, let dump = estimate.dump, let time = dump.value.time(for: estimate.size?.value) else { return nil }
    return Estimated(time + (estimate.upload?.value.time(for: estimate.size?.value) ?? .zero), at: dump.span)
  }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at now: Timestamp) -> Change {
    observation.backup(to: arguments.store.name, arguments.schedule, onlyWhenDue: arguments.onlyWhenDue, at: now)
  }
}
