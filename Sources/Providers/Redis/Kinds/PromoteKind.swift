internal import CanonicalJSON
public import PlanModel
internal import PointSteps
public import ProviderInterface
public import Units

/// `redis.promote`: a replica becomes the primary.
public enum RedisPromote: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var server: RedisReference
    /// The class that is back with it.
    public var dataClass: DataClassName?
    /// The other servers where the class lives: one of them may be the primary, and say how far ahead it is.
    public var others: [RedisReference]
    /// What is wrong on the primary is as wrong on its replicas: nothing is brought back then.
    public var recovers: Bool
  }

  public static let name: StepKindName = "redis.promote"
  public static let summary = "Makes a Redis replica the primary, and says how much of what the former primary wrote it has not received."
  public static let fields = [
    Field("server", .name(of: "Redis server"), required: true, "The replica."),
    Field("data", .name(of: "data class"), "The data class that is back with it; needed where several live there."),
  ]
  public static let outputs = ["url": "the server's URL, as a secret"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let server = fields.server("server", in: context.plan, as: RedisReference.self)
    let dataClass: DataClass?
    if fields.keys.contains("data") {
      dataClass = fields.dataClass("data", on: .redis, in: context.plan)
      guard dataClass != nil else { return nil }
    } else {
      _ = fields.node("data")
      let living = context.plan.dataClasses.filter { $0.servers.contains { $0.value == server?.server } }
      dataClass = living.count == 1 ? living[0] : nil
    }
    guard let server else { return nil }
    let isCorrupt = context.scenario?.corrupts?.dataClasses.contains { $0.value == dataClass?.name.value } ?? false
    return Arguments(
      server: server, dataClass: dataClass?.name.value, others: (dataClass?.servers ?? []).filter { $0.value != server.server }.compactMap { RedisReference($0.value, in: context.plan) },
      recovers: !isCorrupt)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(
      writes: [.server(arguments.server.server)], requires: [.server(arguments.server.server), .secret(arguments.server.url.name)],
      recovers: arguments.recovers ? arguments.dataClass?.rawValue : nil)
  }

  /// Whose replica it was is known; whether it should follow that server again, only its author knows.
  public static func undoAbility(_: Arguments) -> UndoAbility { .mustBeWritten }

  static let role = "role"
  static let primary = "primary"
  static let lag = "lag"
  static let problem = "problem"

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    if observation.facts[role] == "primary" { return Change(.none, reason: "`\(arguments.server.server)` is a primary already") }
    let lag = observation.measurements[lag]?.string
    if let problem = observation.facts[problem]?.string { return Change(.unknown, reason: "the step would fail: \(problem)") }
    return Change(
      .update, reason: "`\(arguments.server.server)` becomes a primary" + (lag.map { "; \($0)" } ?? ""),
      before: ["role": .string("replica of \(observation.facts[primary]?.string ?? "another server")")], after: ["role": "primary"],
      losses: ["what the former primary accepted and `\(arguments.server.server)` has not received is lost"])
  }
}
