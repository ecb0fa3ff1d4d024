internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
internal import PointSteps
public import ProviderInterface
public import Units

/// `rds.check`: whether the backups that RDS makes of an instance are as the plan counts on.
public enum RDSCheck: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var server: RDSReference
    public var promise: ManagedPromise
  }

  public static let name: StepKindName = "rds.check"
  public static let summary = "Holds what Amazon RDS keeps of an instance against what the plan counts on, and fails where it is less."
  public static let fields = [
    Field("server", .name(of: ServerKind.rds.noun), required: true, "The instance."),
    Field("every", .timeSpan, "The newest snapshot must not be older."),
    Field("granularity", .timeSpan, "Any moment up to so long ago must be one that can be restored."),
    Field("window", .timeSpan, "How far back that must reach, and how long automated backups must be kept."),
  ]
  public static let outputs = ["earliest": "the first moment that can be restored", "latest": "the last moment that can be restored"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let server: RDSReference? = fields.server("server", in: context.plan)
    let promise = ManagedPromise(
      every: fields.positiveTimeSpan("every")?.value, granularity: fields.positiveTimeSpan("granularity")?.value, window: fields.positiveTimeSpan("window")?.value)
    if promise == ManagedPromise() {
      fields.collector.add(Diagnostic("missing-key", "\(fields.what) does not say what is counted on", at: context.step.kind.span, helps: ["write `window: 7d`, `granularity: 5m` or `every: 1d`"]))
    }
    return server.map { Arguments(server: $0, promise: promise) }
  }

  /// What a protection by `managed` comes to; nil where it names no instance, or one that is unknown.
  public static func arguments(_ database: ManagedDatabase, in plan: Plan) -> Arguments? {
    guard let server = database.server.flatMap({ RDSReference($0.value, in: plan) }) else { return nil }
    return Arguments(server: server, promise: ManagedPromise(every: database.every.value, granularity: database.granularity?.value, window: database.window?.value))
  }

  /// It asks the API, which answers though the instance be lost; it looks at backups and proves nothing of the data.
  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(reads: [.server(arguments.server.server)], requires: Set(arguments.server.secrets.map { .secret($0.name) }))
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at now: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.check, reason: "could not be observed: \(reason)") }
    guard let seen = SeenBackups(observation) else { return Change(.check, reason: "looks at the backups of `\(arguments.server.instance)`") }
    let broken = arguments.promise.broken(by: seen, at: now)
    return Change(.check, reason: broken.isEmpty ? seen.shown(at: now) : "LESS THAN PROMISED: " + broken.map(\.text).joined(separator: "; "))
  }
}

/// What an observation says of a promise, for those who compute with it and know nothing of RDS.
public struct PromiseSeen: Hashable, Sendable {
  /// What does not hold, with its figure.
  public var broken: [String]
  /// Those figures of the promise that are worse than promised, as they were seen; nil: as promised.
  public var worse: ManagedPromise
  /// One line of what is there.
  public var shown: String

  /// Nil where nothing was seen.
  public init?(_ arguments: RDSCheck.Arguments, _ observation: Observation, at now: Timestamp) {
    guard let seen = SeenBackups(observation) else { return nil }
    let found = arguments.promise.broken(by: seen, at: now)
    func figure(_ part: BrokenPromise.Part) -> TimeSpan? { found.first { $0.part == part }?.seen.flatMap { $0 > .zero ? $0 : nil } }
    broken = found.map(\.text)
    worse = ManagedPromise(every: figure(.every), granularity: figure(.granularity), window: figure(.window))
    shown = seen.shown(at: now)
  }
}
