internal import PostgreSQLClient
internal import ProviderInterface
internal import Units

/// A snapshot that others can import as long as the coordinator's transaction lasts, and the tables that are locked for it.
struct Snapshot: Sendable {
  var id: String
  var sigma: Timestamp?
  var isStandby: Bool
  var lsnBefore: String?
  var tables: [TableEntry]
}

/// Takes the snapshot: list, lock, snapshot, compare; and starts again where somebody changed a table in between.
///
/// Lock first: a snapshot that is older than its locks reads a table that was truncated or rewritten in between as empty, without an error.
struct SnapshotTaker: Sendable {
  let connection: PostgreSQLConnection
  static let attempts = 3
  static let lockTimeout = "5s"

  func take() async throws -> Snapshot {
    var reason = ""
    for _ in 1...Self.attempts {
      switch try await attempt() {
      case .taken(let snapshot): return snapshot
      case .moved(let what): reason = what
      }
      try await connection.execute("ROLLBACK")
    }
    throw StepFailure(
      "tables-keep-changing",
      "the tables of \(connection.address) changed while they were being locked, \(Self.attempts) times in a row: \(reason)",
      details: ["a backup begins only from a moment at which what is locked is what is read"],
      helps: ["let the migration end; the backup is tried again when it is next due"], transient: true)
  }

  private enum Outcome { case taken(Snapshot), moved(String) }

  private func attempt() async throws -> Outcome {
    let listed = try await locking { try await list() }
    try await connection.execute(
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '\(Self.lockTimeout)'")
    // None of these statements takes a snapshot yet.
    for start in stride(from: 0, to: listed.count, by: 1_000) {
      let names = listed[start..<min(start + 1_000, listed.count)].map { "ONLY " + SQL.qualified($0.table.schema, $0.table.name) }
      do throws(PostgreSQLError) {
        try await connection.execute("LOCK TABLE \(names.joined(separator: ", ")) IN ACCESS SHARE MODE")
      } catch {
        if error.state == .undefinedTable { return .moved("a table was dropped or renamed") }
        if error.state == .lockNotAvailable { throw await lockedOut(listed) }
        throw error
      }
    }
    let row =
      try await connection.query(
        """
        SELECT pg_catalog.pg_export_snapshot(), pg_catalog.pg_is_in_recovery(),
          CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_xact_replay_timestamp() ELSE statement_timestamp() END,
          CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_insert_lsn() END
        """
      ).rows.first ?? []
    let now = try await connection.query(TableQueries.tables).rows.map { try TableQueries.entry($0) }
    if let what = difference(listed: listed, underSnapshot: now) { return .moved(what) }
    return .taken(
      Snapshot(id: row.text(0), sigma: row[2].flatMap { Timestamp($0) }, isStandby: row.bool(1), lsnBefore: row[3], tables: now))
  }

  /// The look before the locks, in a short transaction of its own; sizes take locks too.
  private func list() async throws -> [TableEntry] {
    try await connection.execute("BEGIN READ ONLY; SET LOCAL lock_timeout = '\(Self.lockTimeout)'")
    let entries = try await connection.query(TableQueries.tables).rows.map { try TableQueries.entry($0) }
    try await connection.execute("COMMIT")
    return entries
  }

  private func locking<Value>(_ body: () async throws -> Value) async throws -> Value {
    do { return try await body() } catch let error as PostgreSQLError where error.state == .lockNotAvailable { throw await lockedOut([]) }
  }

  /// Says who holds the lock, as far as the server tells.
  private func lockedOut(_ tables: [TableEntry]) async -> StepFailure {
    var holder: String?
    do throws(PostgreSQLError) {
      try await connection.execute("ROLLBACK")
      holder = try await connection.query(LockQueries.exclusiveHolders).rows.first.map { LockQueries.describe(holder: $0) }
    } catch {}
    return StepFailure(
      "gave-way", "the backup of \(connection.address) did not begin: a table is locked" + (holder.map { " by \($0)" } ?? ""),
      details: ["a backup waits \(Self.lockTimeout) for its locks and no longer, since everyone behind it would wait too"],
      helps: ["let the other session end; the backup is tried again when it is next due"], transient: true)
  }
}
