internal import CanonicalJSON
internal import PlanModel
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Asks a question, read-only, and compares the answer.
public struct QueryPerformer: StepPerformer {
  public typealias Kind = PostgreSQLQuery

  /// The answer's rows are counted, not kept: a question that gives more is no question.
  private static let rowLimit = 10_000

  public func perform(_ arguments: PostgreSQLQuery.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let address = try await context.secrets.address(of: arguments.server)
    return try await translating("asking \(address)") {
      let database = try await ReadOnlyDatabase.open(address, application: context.mark.applicationName)
      let answer = try await database.query(arguments.sql, deadline: context.timeout.duration, limit: Self.rowLimit)
      await database.close()
      return StepResult(summary: try Self.judge(answer, arguments, address.server), measurements: ["rows": .int(Int64(answer.rows.count))])
    }
  }

  /// The sentence for a right answer; throws for a wrong one.
  static func judge(_ answer: QueryResult, _ arguments: PostgreSQLQuery.Arguments, _ server: String) throws(StepFailure) -> String {
    guard let row = answer.rows.first else { throw unexpected("gave no row", arguments, server) }
    guard let expected = arguments.expect else { return "the query gave \(answer.rows.count) row\(answer.rows.count == 1 ? "" : "s")" }
    let value = row.first ?? nil
    guard value == expected else {
      throw unexpected("gave \(value.map { "`\($0.prefix(200))`" } ?? "NULL"), not `\(expected)`", arguments, server)
    }
    return "the query gave `\(expected)`, as expected"
  }

  private static func unexpected(_ what: String, _ arguments: PostgreSQLQuery.Arguments, _ server: String) -> StepFailure {
    StepFailure(
      "unexpected-answer", "the query on `\(arguments.server.server)` \(what)", details: ["query: \(arguments.sql)"],
      helps: ["look at the data on \(server) before going on"])
  }

  /// It changes nothing, so it can be asked again.
  public func settle(_: PostgreSQLQuery.Arguments, in _: PerformingContext) async -> Settlement { .notDone }
  public func undo(_: PostgreSQLQuery.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}
