public import Calendar
internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
internal import RecoveryPoints
public import Units

/// `postgresql.backup`: a parallel logical backup of one database into one store, as a new recovery point.
public enum PostgreSQLBackup: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var protection: ProtectionName
    /// Where the data can live, in the author's order: the first that is a primary is read.
    public var servers: [PostgreSQLReference]
    public var store: StoreReference
    /// When a new point is due.
    public var schedule: Schedule
    public var options: LogicalOptions
    /// In percent of the last good point.
    public var suspectBelow = usualSuspectBelow
    /// In protection a backup is made only when it is due; in a scenario always.
    public var onlyWhenDue: Bool
    /// Public keys to encrypt to; none: the point is not encrypted.
    public var recipients: [String] = []
  }

  public static let name: StepKindName = "postgresql.backup"
  public static let summary = "Backs up a PostgreSQL database in parallel from one snapshot, streamed into a store as a recovery point."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "The data class to back up."),
    Field("protection", .name(of: "protection"), required: true, "Which of its protections says where to and how."),
  ]
  public static let outputs = [
    "point": "the id of the new recovery point", "suspect": "why the point is not trusted by itself; empty for a good one",
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.dataClass("data", in: context.plan)
    let name: Located<ProtectionName>? = fields.requiredText("protection", example: "NAME").map { $0.map { ProtectionName(rawValue: $0) } }
    guard let dataClass, let name else { return nil }
    if let unknown = unknownReference(name, "protection", among: dataClass.protections.map(\.name)) { fields.collector.add(unknown); return nil }
    guard let protection = dataClass.protections.first(where: { $0.name.value == name.value }) else { return nil }
    guard case .logical = protection.method else {
      fields.collector.add(
        Diagnostic("wrong-value", "`\(name.value)` is a \(protection.method.name), which PostgreSQL does not make", at: name.span, helps: ["name a `logical` protection"]))
      return nil
    }
    return arguments(protection, of: dataClass, in: context.plan, onlyWhenDue: false)
  }

  /// What a protection's backup needs; nil where a server or store of it is unknown, which has been reported.
  public static func arguments(_ protection: Protection, of dataClass: DataClass, in plan: Plan, onlyWhenDue: Bool) -> Arguments? {
    let servers = dataClass.servers.compactMap { plan.postgresql($0.value) }
    guard let store = plan.reference(to: protection.store.value), !servers.isEmpty else { return nil }
    switch protection.method {
    case .dump, .snapshot, .command: return nil
    case .logical(let options):
      return Arguments(
        dataClass: dataClass.name.value, protection: protection.name.value, servers: servers, store: store, schedule: protection.schedule.value,
        options: options, suspectBelow: protection.suspectBelow ?? usualSuspectBelow, onlyWhenDue: onlyWhenDue, recipients: protection.recipients.map(\.value))
    }
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(
      reads: Set(arguments.servers.map { .server($0.server) }), writes: [.points(of: arguments.dataClass, in: arguments.store.name)],
      requires: [.store(arguments.store.name)])
  }

  /// A point that was published stays: it is good whatever happens to the run.
  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func estimate(_ arguments: Arguments, in plan: Plan) -> Estimated? {
    guard let estimate = plan.dataClass(arguments.dataClass)?.estimate, let dump = estimate.dump,
      let time = dump.value.time(for: estimate.size?.value)
    else { return nil }
    return Estimated(time + (estimate.upload?.value.time(for: estimate.size?.value) ?? .zero), at: dump.span)
  }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at now: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach {
      return Change(.unknown, reason: "could not be observed: \(reason)", after: ["point": "new, if it can be made"])
    }
    let newest = observation.facts[Fact.newestSigma]?.string.flatMap { Timestamp($0) }
    let after: [String: JSONValue] = ["point": .string("new, in `\(arguments.store.name)`")]
    let problem = observation.facts[Fact.problem]?.string.map { Change(.unknown, reason: "the step would fail: \($0)", after: after) }
    guard let newest else { return problem ?? Change(.create, reason: "there is no point yet, one is due \(arguments.schedule.phrase)", after: after) }
    let age = now - newest
    let doubt = observation.facts[Fact.suspect]?.string.map { "; it is suspect, look at it: sie-dr points show PLAN \($0)" } ?? ""
    let due = DuePoint(arguments.schedule, newest: newest, now: now)
    if arguments.onlyWhenDue, !due.isDue { return Change(.none, reason: "the newest point is \(age.rounded) old, \(due.next)\(doubt)") }
    return problem ?? Change(.create, reason: "the newest point is \(age.rounded) old, one is due \(arguments.schedule.phrase)\(due.overdue)\(doubt)", after: after)
  }
}

/// The names of facts and measurements of this provider, the same in observers and comparisons.
enum Fact {
  /// RFC 3339, of the protection's newest point; absent: there is none.
  static let newestSigma = "newestPointConsistentAt"
  static let point = "point"
  /// The newest point's id if it is suspect. It counts as taken all the same: else each call of `apply` would make another like it.
  static let suspect = "suspectPoint"
  static let server = "server"
  static let role = "role"
  static let serverVersion = "serverVersion"
  /// `absent`, `empty`, or what is in it.
  static let target = "target"
  /// Why the step would fail, as far as can be seen; absent: nothing is known to be in the way.
  static let problem = "problem"
}
