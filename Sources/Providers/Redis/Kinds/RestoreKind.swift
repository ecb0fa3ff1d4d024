internal import CanonicalJSON
public import PlanModel
public import PointSteps
public import ProviderInterface
public import Units

/// `redis.restore`: a recovery point, key by key, into a running server that holds none.
public enum RedisRestore: StepKind {
  public struct Arguments: PointRestoring {
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
    .chosenPoint,
  ]
  public static let outputs = ["point": "the id of the point that was restored", "url": "the server's URL, as a secret", "keys": "how many keys were restored"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    fields.restore(to: RedisReference.self, in: context.plan).map {
      Arguments(dataClass: $0.dataClass, point: $0.point, stores: $0.stores, server: $0.server, identity: $0.identity)
    }
  }

  public static func footprint(_ arguments: Arguments) -> Footprint { arguments.footprint }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("empties the server again: it held no keys") }

  public static func estimate(_ arguments: Arguments, in plan: Plan) -> Estimated? { plan.restoreEstimate(of: arguments.dataClass) }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at now: Timestamp) -> Change {
    arguments.compare(observation, bringingBack: "keys", before: "none", at: now)
  }
}
