internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
internal import PointSteps
public import ProviderInterface
public import Units

/// `postgresql.swap`: a database that was restored beside the one in use takes its name, in one transaction; the former one is kept.
public enum PostgreSQLSwap: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    /// Whose points the other database may have come from.
    public var stores: [StoreName]
    /// Its URL names the database whose place is taken.
    public var server: PostgreSQLReference
    public var by: InputValue
    /// What the former database is called from then on; nil: a name that this run's step makes.
    public var keepAs: String?
  }

  public static let name: StepKindName = "postgresql.swap"
  public static let summary =
    "Gives the name of a database to one restored beside it, and keeps the former one under another name: all or nothing, with every session of both ended."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "The data class that is back afterwards."),
    Field("server", .name(of: "server"), required: true, "Where both are: its URL names the database whose place is taken."),
    Field("by", .input, required: true, "The database that takes it: `{ output: STEP.database }`."),
    Field("keepAs", .text, "What the former database is called from then on; a name made of its own and of the run if not given."),
  ]
  public static let outputs = ["url": "the server's URL, as a secret; it leads to the new database", "kept": "the name of the former database"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.dataClass("data", in: context.plan)
    let server = fields.postgresql("server", in: context.plan)
    let by = fields.required("by", example: "{ output: STEP.database }").flatMap { readInput($0, "`by` of \(fields.what)", in: context.plan, fields.collector) }
    let keepAs = fields.text("keepAs")
    if let keepAs, keepAs.value.utf8.count > 63 {
      fields.collector.add(Diagnostic("wrong-value", "`\(keepAs.value)` is too long for the name of a database", at: keepAs.span, label: "63 bytes at most"))
      return nil
    }
    guard let dataClass, let server, let by else { return nil }
    return Arguments(dataClass: dataClass.name.value, stores: dataClass.stores, server: server, by: by, keepAs: keepAs?.value)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    var secrets = [arguments.server.url.name]
    if case .secret(let secret) = arguments.by { secrets.append(secret.name) }
    return Footprint(
      reads: Set(arguments.stores.map { .points(of: arguments.dataClass, in: $0) }), writes: [.server(arguments.server.server)],
      requires: Set(secrets.map { .secret($0) } + [.server(arguments.server.server), .anyStore(arguments.stores)]), recovers: arguments.dataClass.rawValue)
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("gives both databases their former names; what was written since is in the restored one") }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    let database = observation.facts[SwapFact.database]?.string ?? "the database"
    let sessions = observation.measurements[SwapFact.sessions]?.int ?? 0
    let losses = sessions == 0 ? [] : ["\(sessions == 1 ? "a session" : "\(sessions) sessions") of `\(database)` ended, with what they have not committed"]
    if let problem = observation.facts[Fact.problem]?.string { return Change(.unknown, reason: "the step would fail: \(problem)", losses: losses) }
    let by =
      switch arguments.by {
      case .text(let name): "`\(name)`"
      case .secret(let secret): "the database in the secret `\(secret.name)`"
      case .output(let step, _): "the database that `\(step)` restores"
      }
    return Change(
      .update, reason: "\(by) takes the place of `\(database)` on `\(arguments.server.server)`", before: [database: "as it is"],
      after: [database: .string(by), arguments.keepAs ?? "another name": "the former one"], losses: losses)
  }
}

enum SwapFact {
  /// Whose place is taken.
  static let database = "database"
  /// A measurement: they come and go.
  static let sessions = "sessions"
}
