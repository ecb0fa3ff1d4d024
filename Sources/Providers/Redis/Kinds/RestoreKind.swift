internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import PointSteps
public import ProviderInterface
public import Units

/// `redis.restore`: a recovery point, key by key, into a running server that holds none.
public enum RedisRestore: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var point: ChosenPoint
    /// Where points of the class are kept, in the author's order.
    public var stores: [StoreReference]
    public var server: RedisReference
    /// The private key that opens encrypted points.
    public var identity: SecretReference?
  }

  public static let name: StepKindName = "redis.restore"
  public static let summary = "Loads a recovery point into a Redis server that holds no keys, with its append-only file turned off meanwhile, and counts the keys."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "The data class to bring back."),
    Field("server", .name(of: "Redis server"), required: true, "Where to: a primary without a single key. It keeps running, and nobody touches its files."),
    Field("point", .text, "A point's id, or `latest` (the default): the newest usable one that survives."),
  ]
  public static let outputs = ["point": "the id of the point that was restored", "url": "the server's URL, as a secret", "keys": "how many keys were restored"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.redisClass("data", in: context.plan)
    let server = fields.redis("server", in: context.plan)
    let written = fields.text("point")?.value ?? "latest"
    guard let dataClass, let server else { return nil }
    return Arguments(
      dataClass: dataClass.name.value, point: ChosenPoint(context.plan.chosenPoints[dataClass.name.value] ?? written),
      stores: context.plan.storesOfPoints(of: dataClass), server: server, identity: dataClass.identity.flatMap { context.plan.reference(to: $0.value) })
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let secrets = [arguments.server.url.name] + (arguments.identity.map { [$0.name] } ?? [])
    return Footprint(
      reads: Set(arguments.stores.map { .points(of: arguments.dataClass, in: $0.name) }), writes: [.server(arguments.server.server)],
      requires: Set(secrets.map { .secret($0) } + [.server(arguments.server.server), .anyStore(arguments.stores.map(\.name))]),
      recovers: arguments.dataClass.rawValue)
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("empties the server again: it held no keys") }

  public static func estimate(_ arguments: Arguments, in plan: Plan) -> Estimated? {
    guard let estimate = plan.dataClass(arguments.dataClass)?.estimate, let restore = estimate.restore else { return nil }
    return restore.value.time(for: estimate.size?.value).map { Estimated($0, at: restore.span) }
  }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at now: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    let problem = observation.facts[PointFact.problem]?.string
    guard let point = observation.facts[PointFact.point]?.string else {
      let why = problem.map { " (\($0))" } ?? ""
      return Change(.unknown, reason: "no usable recovery point of `\(arguments.dataClass)` was found: the step will fail\(why)")
    }
    let losses = observation.facts[PointFact.newestSigma]?.string.flatMap { Timestamp($0) }.map {
      ["everything that was written to `\(arguments.dataClass)` after \($0) (\((now - $0).rounded) ago) is lost"]
    }
    if let problem { return Change(.unknown, reason: "the step would fail: \(problem)", losses: losses ?? []) }
    return Change(
      .create, reason: "brings `\(arguments.dataClass)` back on `\(arguments.server.server)`", before: ["keys": "none"],
      after: ["keys": .string("as of point \(point)")], losses: losses ?? [])
  }
}
