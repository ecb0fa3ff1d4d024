internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `postgresql.compare`: two databases, table by table and row by row, and what only the first one has, saved for people to merge.
public enum PostgreSQLCompare: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var server: PostgreSQLReference
    /// Instead of the database that the server's URL names.
    public var database: InputValue?
    /// What it is compared with.
    public var with: PostgreSQLReference
    public var withDatabase: InputValue?
    /// `schema.table`; empty: all.
    public var tables: [String]
    /// Which rows of a table are good, as a condition in SQL, by `schema.table`.
    public var good: [String: InputValue]
    /// A folder; a relative path counts from that of the plan file. Nil: rows are only counted.
    public var saveTo: String?
  }

  public static let name: StepKindName = "postgresql.compare"
  public static let summary = "Compares two databases row by row, read-only and in bounded memory, and saves the rows that only the first one has."
  public static let fields = [
    Field("server", .name(of: "server"), required: true, "The first database: the one with the bad rows."),
    Field("database", .input, "Its name, if it is not the one that the server's URL names."),
    Field("with", .name(of: "server"), required: true, "The server of the second database: the one that was restored."),
    Field("withDatabase", .input, "Its name, if it is not the one that the server's URL names: `{ output: STEP.database }`."),
    Field("tables", .nameList, "Only these tables, as `schema.table`."),
    Field("good", .inputMap, "Which rows of a table are good: a condition in SQL by `schema.table`. Of such a table only good rows are saved; of others, all."),
    Field(
      "saveTo", .text,
      "A folder in which a folder of the run is made, with a CSV file for each table that has rows of its own or other ones, and `merge.sql`, which loads the former. Without it rows are only counted."
    ),
  ]
  public static let outputs = [
    "equal": "how many rows are the same", "onlyHere": "how many only the first database has", "onlyThere": "how many only the second one has",
    "different": "how many have the same key and other values", "saved": "how many rows were saved", "folder": "where; empty where nothing is saved",
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let plan = context.plan
    let server = fields.postgresql("server", in: plan)
    let with = fields.postgresql("with", in: plan)
    let database = fields.node("database").map { (node: $0, value: readInput($0, "`database` of \(fields.what)", in: plan, fields.collector)) }
    let other = fields.node("withDatabase").map { (node: $0, value: readInput($0, "`withDatabase` of \(fields.what)", in: plan, fields.collector)) }
    let tables = fields.texts("tables") ?? []
    let good = fields.inputs("good", in: plan)
    let saveTo = fields.text("saveTo")?.value
    for table in tables where !table.value.contains(".") {
      fields.collector.add(Diagnostic("wrong-value", "`\(table.value)` does not say in which schema the table is", at: table.span, helps: ["write `public.\(table.value)`"]))
    }
    for table in good.keys.sorted() where !table.contains(".") {
      fields.collector.add(
        Diagnostic("wrong-value", "`\(table)` does not say in which schema the table is", at: fields.span(of: "good"), helps: ["write `public.\(table): …`"]))
    }
    guard let server, let with, !(database != nil && database?.value == nil), !(other != nil && other?.value == nil) else { return nil }
    return Arguments(
      server: server, database: database?.value, with: with, withDatabase: other?.value, tables: tables.map(\.value), good: good, saveTo: saveTo)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let servers = [arguments.server, arguments.with]
    let inputs = [arguments.database, arguments.withDatabase].compactMap { $0 } + arguments.good.values
    let secrets = servers.map(\.url.name) + inputs.compactMap { if case .secret(let secret) = $0 { secret.name } else { nil } }
    return Footprint(
      reads: Set(servers.map { .server($0.server) }), requires: Set(servers.map { .server($0.server) } + secrets.map { .secret($0) }))
  }

  /// What was saved stays: it is the only other place where those rows are.
  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func compare(_ arguments: Arguments, _: Observation, at _: Timestamp) -> Change {
    let saves = arguments.saveTo.map { ", and saves below `\($0)` what only the first has" } ?? ""
    return Change(.check, reason: "compares `\(arguments.server.server)` with `\(arguments.with.server)`\(saves)")
  }
}
