internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `postgresql.query`: asks a question in a read-only transaction and fails unless the answer is the expected one.
public enum PostgreSQLQuery: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var server: PostgreSQLReference
    public var sql: String
    /// The first column of the first row, as PostgreSQL writes it; nil: any row will do.
    public var expect: String?
  }

  public static let name: StepKindName = "postgresql.query"
  public static let summary = "Asks a database a question, read-only, and fails unless the answer is the expected one."
  public static let fields = [
    Field("server", .name(of: "server"), required: true, "Which database to ask."),
    Field("sql", .text, required: true, "One query. It runs in a read-only transaction."),
    Field("expect", .text, "The first column of the first row, as text (`t`, `42`). Without it, at least one row must come back."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let server = fields.postgresql("server", in: context.plan)
    let sql = fields.requiredText("sql", example: "select count(*) > 0 from orders")
    let expect = fields.text("expect")?.value
    guard let server, let sql else { return nil }
    return Arguments(server: server, sql: sql.value, expect: expect)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(
      reads: [.server(arguments.server.server)], requires: [.server(arguments.server.server), .secret(arguments.server.url.name)],
      verifies: [.server(arguments.server.server)])
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func compare(_ arguments: Arguments, _: Observation, at _: Timestamp) -> Change {
    Change(.check, reason: "asks `\(arguments.server.server)`" + (arguments.expect.map { ", expects `\($0)`" } ?? ""))
  }
}
