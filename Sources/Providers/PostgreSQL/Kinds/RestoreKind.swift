internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import PointSteps
public import ProviderInterface
public import Units

/// `postgresql.restore`: a recovery point into a database of its own, verified against the manifest, renamed last.
public enum PostgreSQLRestore: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var point: ChosenPoint
    /// Where points of the class are kept, in the author's order.
    public var stores: [StoreReference]
    public var server: PostgreSQLReference
    /// Which of the point's databases; nil: the only one, or the one that the server's URL names.
    public var database: String?
    /// The name that the restored database gets; nil: the one that `database`, else the server's URL names.
    public var into: String?
    /// `schema.table`: only their rows; empty: all.
    public var tables: [String]
    /// Sessions that load at once.
    public var jobs: Int
    /// The private key that opens encrypted points.
    public var identity: SecretReference?
  }

  public static let name: StepKindName = "postgresql.restore"
  public static let summary = "Restores a recovery point into a new database, checks it against the manifest and puts it in place."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "The data class to bring back."),
    Field("server", .name(of: "server"), required: true, "Where to: its URL names the database, which must be absent or empty."),
    Field(
      "point", .point,
      "A point's id, or `latest` (the default): the newest usable one that survives; or `{ before: { output: STEP.time } }`: the newest usable one whose data was read before that time."
    ),
    Field("database", .text, "Which database of the point; needed where it holds several and the URL names none of them."),
    Field("into", .text, "A name for the restored database that is not the URL's: beside the one in use, to look at it or to fetch rows from it."),
    Field("tables", .nameList, "Only the rows of these tables, as `schema.table`, into a database that `into` names: all tables are made, without foreign keys."),
    Field("jobs", .integer, "Sessions that load at once, 1 to 32; 2 if not given."),
  ]
  public static let outputs = ["url": "the server's URL, as a secret; it leads to the restored database unless `into` or `database` names another", "point": "the id of the point that was restored", "database": "the name of the restored database"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.dataClass("data", in: context.plan)
    let server = fields.postgresql("server", in: context.plan)
    let written = fields.chosenPoint("point", in: context.plan)
    let jobs = fields.integer("jobs", in: 1...32)?.value ?? 2
    let database = fields.text("database")
    let into = fields.text("into")?.value
    let tables = fields.texts("tables") ?? []
    guard let dataClass, let server, let written else { return nil }
    if let problem = problem(with: database, of: dataClass, at: context.step.kind.span) { fields.collector.add(problem) }
    if let first = tables.first, into == nil {
      fields.collector.add(
        Diagnostic(
          "missing-key", "only some tables are restored, and no name is given for the database", at: first.span,
          helps: ["write `into: NAME`: a database without the other rows must not take the place of the whole one"]))
    }
    for table in tables where !table.value.contains(".") {
      fields.collector.add(Diagnostic("wrong-value", "`\(table.value)` does not say in which schema the table is", at: table.span, helps: ["write `public.\(table.value)`"]))
    }
    let point = context.plan.chosenPoints[dataClass.name.value].map { ChosenPoint($0) } ?? written
    return Arguments(
      dataClass: dataClass.name.value, point: point, stores: context.plan.storesOfPoints(of: dataClass), server: server, database: database?.value,
      into: into, tables: tables.map(\.value), jobs: jobs,
      identity: dataClass.identity.flatMap { context.plan.reference(to: $0.value) })
  }

  private static func problem(with database: Located<String>?, of dataClass: DataClass, at span: SourceSpan) -> Diagnostic? {
    let (known, name) = (dataClass.databases, dataClass.name.value)
    let all = known.map { "`\($0)`" }.joined(separator: ", ")
    guard let database else {
      guard known.count > 1 else { return nil }
      return Diagnostic(
        "missing-key", "the points of `\(name)` hold several databases, and the step does not say which it restores", at: span,
        helps: ["write `database: NAME`, and a step for each of \(all)"])
    }
    guard !known.isEmpty, !known.contains(database.value) else { return nil }
    let near = nearestNames(to: database.value, in: known)
    return Diagnostic(
      "unknown-reference", "no protection of `\(name)` holds the database `\(database.value)`", at: database.span,
      helps: [near.isEmpty ? "they hold \(all)" : "did you mean `\(near[0])`?"])
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    var secrets = [arguments.server.url.name] + (arguments.identity.map { [$0.name] } ?? [])
    if case .before(.secret(let moment)) = arguments.point { secrets.append(moment.name) }
    return Footprint(
      reads: Set(arguments.stores.map { .points(of: arguments.dataClass, in: $0.name) }), writes: [.server(arguments.server.server)],
      requires: Set(secrets.map { .secret($0) } + [.server(arguments.server.server), .anyStore(arguments.stores.map(\.name))]),
      // What is beside the place, or not whole, brings nobody back to work.
      recovers: arguments.into == nil && arguments.tables.isEmpty ? arguments.dataClass.rawValue : nil, recoversDatabase: arguments.database)
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("drops the database and the roles that this run made, and puts back what was there") }

  public static func estimate(_ arguments: Arguments, in plan: Plan) -> Estimated? {
    guard let estimate = plan.dataClass(arguments.dataClass)?.estimate, let restore = estimate.restore else { return nil }
    return restore.value.time(for: estimate.size?.value).map { Estimated($0, at: restore.span) }
  }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at now: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    let target = observation.facts[Fact.target]?.string ?? "unknown"
    let point = observation.facts[Fact.point]?.string ?? arguments.point.unknownUntil.map { "from before the bad data, \($0)" }
    guard let point else {
      let why = observation.facts[Fact.problem]?.string.map { " (\($0))" } ?? ""
      return Change(.unknown, reason: "no usable recovery point of `\(arguments.dataClass)` was found: the step will fail\(why)")
    }
    let losses = observation.facts[Fact.newestSigma]?.string.flatMap { Timestamp($0) }.map {
      ["everything that `\(arguments.dataClass)` committed after \($0) (\((now - $0).rounded) ago) is lost"]
    } ?? arguments.point.unknownUntil.map { ["everything that `\(arguments.dataClass)` committed after that point, which is \($0), is lost"] }
    guard target == "absent" || target == "empty" else {
      return Change(.unknown, reason: "the target is not empty (\(target)): the step will refuse to touch it", losses: losses ?? [])
    }
    if let problem = observation.facts[Fact.problem]?.string {
      return Change(.unknown, reason: "the step would fail: \(problem)", losses: losses ?? [])
    }
    return Change(
      .create, reason: "brings `\(arguments.dataClass)` back on `\(arguments.server.server)`", before: ["database": .string(target)],
      after: ["database": .string("as of \(observation.facts[Fact.point] == nil ? "the newest point" : "point") \(point)")], losses: losses ?? [])
  }
}
