internal import PostgreSQLClient

/// Who can be asked questions: a session that may write, or the reading half that `plan` has.
protocol Asking: Sendable {
  func ask(_ sql: String, _ parameters: [String?]) async throws(PostgreSQLError) -> QueryResult
  var major: Int { get async }
}

extension Asking {
  func ask(_ sql: String) async throws(PostgreSQLError) -> QueryResult { try await ask(sql, []) }
}

extension PostgreSQLConnection: Asking {
  func ask(_ sql: String, _ parameters: [String?]) async throws(PostgreSQLError) -> QueryResult { try await query(sql, parameters) }
  var major: Int { get async { serverVersion / 10_000 } }
}

extension ReadOnlyDatabase: Asking {
  func ask(_ sql: String, _ parameters: [String?]) async throws(PostgreSQLError) -> QueryResult { try await query(sql, parameters) }
  var major: Int { get async { await serverVersion / 10_000 } }
}
