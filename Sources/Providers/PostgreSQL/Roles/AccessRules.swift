internal import CanonicalJSON
internal import PostgreSQLClient
internal import ProviderInterface

/// Reads and writes a server's `pg_hba.conf` over SQL, as its superuser: the one way to shut a server's door that is not replicated to its
/// successor, binds superusers too and outlives a restart.
struct AccessRules: Sendable {
  let connection: PostgreSQLConnection
  let server: String

  /// The whole file.
  func read() async throws -> (path: String, text: String) {
    let row = try await connection.query(
      "SELECT pg_catalog.current_setting('hba_file'), pg_catalog.pg_read_file(pg_catalog.current_setting('hba_file'))", limit: 1
    ).rows.first ?? []
    return (row.text(0), row.text(1))
  }

  /// The fence that is in the file; nil where there is none.
  func fence() async throws -> FencedRules? { FencedRules(text: try await read().text) }

  func rules() async throws -> [AccessRule] {
    let order = await connection.serverVersion >= 160_000 ? "rule_number" : "line_number"
    let result = try await connection.query(
      """
      SELECT type, pg_catalog.to_json(database), pg_catalog.to_json(user_name), address, netmask, auth_method,
        pg_catalog.to_json(COALESCE(options, '{}')), error, line_number
      FROM pg_catalog.pg_hba_file_rules ORDER BY \(order)
      """)
    return try result.rows.map { row in
      guard row.text(7).isEmpty else {
        throw StepFailure(
          "rules-broken", "pg_hba.conf of \(server) has an error in line \(row.text(8)): \(row.text(7))",
          helps: ["correct the file there, look with: SELECT * FROM pg_hba_file_rules WHERE error IS NOT NULL; then resume"])
      }
      func list(_ column: Int) throws -> [String] { try CanonicalJSON.decode([String].self, from: row.text(column).utf8) }
      return AccessRule(
        type: row.text(0), databases: try list(1), users: try list(2), address: row[3], netmask: row[4], method: row.text(5), options: try list(6))
    }
  }

  /// Writes the file in place, which keeps its owner and its rights, looks that it is there, and has the server read it.
  func write(_ text: String, to path: String) async throws {
    // Quoted by COPY, these would become something else.
    guard !text.contains(where: { "\u{1}\u{2}\r".contains($0) || $0 == "\r\n" }) else {
      throw StepFailure(
        "rules-unusual", "pg_hba.conf of \(server) holds control characters and cannot be rewritten over SQL",
        helps: ["write it with plain line ends, or fence by a program: `by: […]`"])
    }
    let lines = text.hasSuffix("\n") ? String(text.dropLast()) : text
    let encoding = try await connection.query("SELECT pg_catalog.getdatabaseencoding()").value ?? "UTF8"
    do throws(PostgreSQLError) {
      try await connection.execute(
        """
        COPY (
          SELECT NULLIF(line, '') FROM pg_catalog.unnest(pg_catalog.string_to_array(\(SQL.literal(lines)), E'\\n')) WITH ORDINALITY AS l(line, n) ORDER BY n
        ) TO \(SQL.literal(path)) WITH (FORMAT csv, QUOTE E'\\x01', ESCAPE E'\\x01', DELIMITER E'\\x02', ENCODING \(SQL.literal(encoding)))
        """)
    } catch {
      guard error.state != nil else { throw error }
      throw StepFailure(
        "rules-not-writable", "\(server) cannot write its \(path): \(error.message)", details: [error.detail].compactMap { $0 },
        helps: ["the URL's user must be a superuser, and the file the server's own; else fence by a program: `by: […]`"])
    }
    let written = try await read().text
    guard written == lines + "\n" else {
      throw StepFailure(
        "rules-not-written", "\(path) of \(server) is not what was written", helps: ["compare it with what it was before, by hand, and reload it"])
    }
    _ = try await connection.query("SELECT pg_catalog.pg_reload_conf()")
  }

  /// Puts the file back as it was before a fence.
  func lift(_ fence: FencedRules) async throws {
    try await write(fence.original, to: try await read().path)
  }
}
