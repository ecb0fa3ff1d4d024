internal import PostgreSQLClient
internal import ProviderInterface

/// What makes a backup impossible or wrong and can be seen beforehand. Reads only; the same for `plan` and for the backup itself.
struct BackupChecks: Sendable {
  let address: ServerAddress
  let database: any Asking

  static let oldest = 13

  enum Part: String, CaseIterable, Sendable {
    case rights
    case rowSecurity = "row security"
    case lockSlots = "lock slots"
  }

  /// Throws the first thing that is in the way.
  func check() async throws { for part in Part.allCases { try await check(part) } }

  func check(_ part: Part) async throws {
    switch part {
    case .rights: try await rights()
    case .rowSecurity: try await rowSecurity()
    case .lockSlots: try await lockSlots()
    }
  }

  static func check(serverMajor: Int, version: String, at address: ServerAddress) throws(StepFailure) {
    guard serverMajor >= oldest else {
      throw StepFailure(
        "server-too-old", "\(address) is PostgreSQL \(version); logical backups are made of servers from \(oldest) on",
        details: ["older servers lack what the backup relies on, and are out of support"],
        helps: ["upgrade the server, or use pg_dump by hand"])
    }
  }

  /// A pooler invents the process id that it announces.
  static func checkDirect(announced: Int, actual: Int64, at address: ServerAddress) throws(StepFailure) {
    guard Int64(announced) == actual else {
      throw StepFailure(
        "behind-a-pooler", "\(address) is a connection pooler: the session's process id is \(actual), the connection says \(announced)",
        details: ["a snapshot belongs to one session; a pooler may hand that session to somebody else in the middle of the backup"],
        helps: ["let the URL lead to the server itself"])
    }
  }

  private static let userSchemas = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"

  private func rights() async throws {
    let rows = try await database.ask(
      """
      SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't' AND \(Self.userSchemas)
        AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'))
      ORDER BY 1 LIMIT 6
      """
    ).rows.map { $0.text(0) }
    guard !rows.isEmpty else { return }
    let user = address.user ?? "this role"
    throw StepFailure(
      "rights-missing", "\(user) may not read everything in \(address): \(sample(rows))",
      details: ["a backup without these tables would not be one"],
      helps: ["GRANT pg_read_all_data TO \(SQL.identifier(user)); (servers from 14 on), or connect as the owner"])
  }

  private func rowSecurity() async throws {
    let rows = try await database.ask(
      """
      SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND \(Self.userSchemas) AND pg_catalog.row_security_active(c.oid) ORDER BY 1 LIMIT 6
      """
    ).rows.map { $0.text(0) }
    guard !rows.isEmpty else { return }
    throw StepFailure(
      "row-security", "row security hides rows of \(sample(rows)) from \(address.user ?? "this role")",
      details: ["the backup would silently lack those rows"], helps: ["connect as a role with BYPASSRLS"])
  }

  private func lockSlots() async throws {
    let row =
      try await database.ask(
        """
        SELECT count(*) * 2, pg_catalog.current_setting('max_locks_per_transaction')::int8
          * (pg_catalog.current_setting('max_connections')::int8 + pg_catalog.current_setting('max_prepared_transactions')::int8)
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND \(Self.userSchemas)
        """
      ).rows.first ?? []
    guard row.int(0) * 2 > row.int(1) else { return }
    throw StepFailure(
      "too-many-locks", "the backup of \(address) needs \(row.int(0)) locks, more than half of the server's \(row.int(1))",
      details: ["when the table of locks is full, the application's transactions fail with \"out of shared memory\" too"],
      helps: ["raise max_locks_per_transaction and restart the server"])
  }

  private func sample(_ names: [String]) -> String { names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and more" : "") }
}
