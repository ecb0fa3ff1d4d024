/// The reading half of a connection: all that an observation can get hold of.
///
/// Each query runs in a transaction that the server keeps read only and that is rolled back, so nothing it calls can write either.
public struct ReadOnlyDatabase: Sendable {
  private let connection: PostgreSQLConnection
  /// For one statement, unless it is given another.
  private let deadline: Duration

  /// `timeout`: for connecting, and for each query. `settings`: as `NAME = VALUE`, for the session.
  public static func open(
    _ address: ServerAddress, application: String, timeout: Duration = .seconds(10), settings: [String] = []
  ) async throws(PostgreSQLError) -> ReadOnlyDatabase {
    ReadOnlyDatabase(
      connection: try await .open(address, application: application, timeout: timeout, settings: ["default_transaction_read_only = on"] + settings),
      deadline: timeout)
  }

  private init(connection: PostgreSQLConnection, deadline: Duration) { self.connection = connection; self.deadline = deadline }

  /// One statement, `$1` … for its parameters. The extended protocol takes one only, so the transaction around it cannot be ended and left.
  public func query(
    _ sql: String, _ parameters: [String?] = [], deadline given: Duration? = nil, limit: Int = 100_000
  ) async throws(PostgreSQLError) -> QueryResult {
    let deadline = given ?? deadline
    try await connection.execute("BEGIN READ ONLY", deadline: deadline)
    let result: QueryResult
    do throws(PostgreSQLError) {
      result = try await connection.query(sql, parameters, deadline: deadline, limit: limit)
    } catch {
      do throws(PostgreSQLError) { try await connection.execute("ROLLBACK", deadline: deadline) } catch { await connection.close() }
      throw error
    }
    try await connection.execute("ROLLBACK", deadline: deadline)
    return result
  }

  /// The rows of a query as of one moment, at most `size` of them at a time, so that there may be any number. `deadline` is for each page.
  public func pages(_ sql: String, size: Int, deadline: Duration, _ body: (QueryResult) async throws -> Void) async throws {
    try await connection.execute("BEGIN READ ONLY", deadline: deadline)
    do {
      _ = try await connection.query("DECLARE pages NO SCROLL CURSOR FOR \(sql)", deadline: deadline)
      while true {
        let page = try await connection.query("FETCH \(size) FROM pages", deadline: deadline, limit: size)
        if page.rows.isEmpty { break }
        try await body(page)
      }
    } catch {
      do throws(PostgreSQLError) { try await connection.execute("ROLLBACK", deadline: deadline) } catch { await connection.close() }
      throw error
    }
    try await connection.execute("ROLLBACK", deadline: deadline)
  }

  /// As in `server_version_num`: 150004 for 15.4.
  public var serverVersion: Int { get async { await connection.serverVersion } }
  /// The process id that the connection announced: behind a pooler, another one than the session's.
  public var backendPID: Int { get async { await connection.backendPID } }
  public func close() async { await connection.close() }
}
