public import Calendar
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import RecoveryPoints
public import Units

/// A kind of server that recovery points are made of, as far as a plan is concerned.
public protocol PointSource: Sendable {
  associatedtype Server: ServerReferring
  /// The name of the step that makes a point: `redis.backup`.
  static var backup: StepKindName { get }
  static var summary: String { get }
  /// The way of protection that it carries out, by its key: `snapshot`.
  static var protection: String { get }
}

/// A server into one store, as a new recovery point: the pure half of every such kind.
public enum PointBackup<Source: PointSource>: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var protection: ProtectionName
    /// Where the data can live, in the author's order: the first that is a primary is read.
    public var servers: [Source.Server]
    public var store: StoreReference
    /// When a new point is due.
    public var schedule: Schedule
    /// In percent of the last good point.
    public var suspectBelow: Int
    /// In protection a backup is made only when it is due; in a scenario always.
    public var onlyWhenDue: Bool
    /// Public keys to encrypt to; none: the point is not encrypted.
    public var recipients: [String]

    public init(
      dataClass: DataClassName, protection: ProtectionName, servers: [Source.Server], store: StoreReference, schedule: Schedule,
      suspectBelow: Int = usualSuspectBelow, onlyWhenDue: Bool, recipients: [String] = []
    ) {
      self.dataClass = dataClass; self.protection = protection; self.servers = servers; self.store = store; self.schedule = schedule
      self.suspectBelow = suspectBelow; self.onlyWhenDue = onlyWhenDue; self.recipients = recipients
    }
  }

  public static var name: StepKindName { Source.backup }
  public static var summary: String { Source.summary }
  public static var fields: [Field] {
    [
      Field("data", .name(of: "data class"), required: true, "The data class to back up."),
      Field("protection", .name(of: "protection"), required: true, "Which of its protections, a `\(Source.protection)`, says where to and how."),
    ]
  }
  public static var outputs: [String: String] {
    ["point": "the id of the new recovery point", "suspect": "why the point is not trusted by itself; empty for a good one"]
  }

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.dataClass("data", on: Source.Server.kind, in: context.plan)
    let name: Located<ProtectionName>? = fields.requiredText("protection", example: "NAME").map { $0.map { ProtectionName(rawValue: $0) } }
    guard let dataClass, let name else { return nil }
    if let unknown = unknownReference(name, "protection", among: dataClass.protections.map(\.name)) { fields.collector.add(unknown); return nil }
    guard let protection = dataClass.protections.first(where: { $0.name.value == name.value }) else { return nil }
    guard protection.method.name == Source.protection else {
      fields.collector.add(
        Diagnostic(
          "wrong-value", "`\(name.value)` is a \(protection.method.name), which a \(Source.Server.kind.noun) does not make", at: name.span,
          helps: ["name a `\(Source.protection)` protection"]))
      return nil
    }
    return arguments(protection, of: dataClass, in: context.plan, onlyWhenDue: false)
  }

  /// What a protection's backup needs; nil where it is of another way or kind of server, or where a server or store of it is unknown, which has been
  /// reported.
  public static func arguments(_ protection: Protection, of dataClass: DataClass, in plan: Plan, onlyWhenDue: Bool) -> Arguments? {
    let servers = dataClass.servers.compactMap { Source.Server($0.value, in: plan) }
    guard protection.method.name == Source.protection, let store = plan.reference(to: protection.store.value), !servers.isEmpty else { return nil }
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
