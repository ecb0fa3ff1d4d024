internal import CanonicalJSON
public import PlanModel
internal import PointSteps
public import ProviderInterface
public import Units

/// `redis.requeue`: a queue filled again, with what the database knows is unfinished.
public enum RedisRequeue: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var server: RedisReference
    public var from: PostgreSQLReference
    public var queue: String
    public var sql: String
  }

  public static let name: StepKindName = "redis.requeue"
  public static let summary = "Fills a queue again from the database, with what a query finds unfinished: all of it at once or nothing, and never twice in a run."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "The data class to bring back."),
    Field("server", .name(of: "Redis server"), required: true, "Where to; the database in its URL counts."),
    Field("from", .name(of: "PostgreSQL server"), required: true, "The database that has it all."),
    Field("queue", .text, required: true, "The key of the list or stream; a list where there is no such key. A list gets its messages at its end (RPUSH), a stream new entries (XADD)."),
    Field(
      "sql", .text, required: true,
      "One query, in a read-only transaction: each row becomes a message. In a list, a row of one column is that text, and one of several an object in JSON; in a stream, each column is a field."),
  ]
  public static let outputs = ["messages": "how many were put in"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.dataClass("data", on: .redis, in: context.plan)
    let server = fields.server("server", in: context.plan, as: RedisReference.self)
    let from = fields.postgresql("from", in: context.plan)
    let queue = fields.requiredText("queue", example: "jobs")
    let sql = fields.requiredText("sql", example: "select id from orders where state = 'pending'")
    guard let dataClass, let server, let from, let queue, let sql else { return nil }
    return Arguments(dataClass: dataClass.name.value, server: server, from: from, queue: queue.value, sql: sql.value)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(
      reads: [.server(arguments.from.server)], writes: [.server(arguments.server.server)],
      requires: [
        .server(arguments.from.server), .secret(arguments.from.url.name), .server(arguments.server.server), .secret(arguments.server.url.name),
      ], recovers: arguments.dataClass.rawValue)
  }

  /// Somebody may have taken the messages out by then.
  public static func undoAbility(_: Arguments) -> UndoAbility { .mustBeWritten }

  static let type = "type"
  static let role = "role"
  static let length = "length"

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    let type = observation.facts[type]?.string ?? "none"
    guard ["none", "list", "stream"].contains(type) else {
      return Change(.unknown, reason: "the step would fail: `\(arguments.queue)` is a \(type), neither a list nor a stream")
    }
    if observation.facts[role] == "replica" { return Change(.unknown, reason: "the step would fail: `\(arguments.server.server)` is a replica, which takes no writes") }
    let length = observation.measurements[length].flatMap(\.int) ?? 0
    return Change(
      .update, reason: "puts what `\(arguments.from.server)` finds unfinished into `\(arguments.queue)`",
      before: ["queue": .string(type == "none" ? "none" : "a \(type) of \(length)")], after: ["queue": "with a message for each row of the query"],
      losses: length > 0 ? ["`\(arguments.queue)` is not empty: what stands in it already and is unfinished in the database is there twice afterwards"] : [])
  }
}
