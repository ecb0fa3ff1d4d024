internal import PostgreSQLClient
internal import ProviderInterface
internal import Units

enum LockQueries {
  /// Sessions that hold or want a lock that keeps every reader out.
  static let exclusiveHolders = """
    SELECT l.relation::regclass::text, substring(a.query from '^\\s*([A-Za-z]+(\\s+[A-Za-z]+)?)'), l.granted
    FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a USING (pid)
    WHERE l.mode = 'AccessExclusiveLock' AND l.relation >= 16384 AND l.pid <> pg_catalog.pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    ORDER BY l.granted DESC, 1 LIMIT 1
    """

  static func describe(holder row: [String?]) -> String {
    "\(row[1].map { "a session running \($0.uppercased())" } ?? "another session") on \(row.text(0))"
  }

  /// Who waits for one of our sessions: relation, the first words of what waits (never its literals), and for how long.
  static func waiting(version: Int) -> String {
    let age = version >= 140_000 ? "extract(epoch FROM clock_timestamp() - l.waitstart)" : "NULL"
    return """
      WITH ours AS (SELECT pid FROM pg_catalog.pg_stat_activity WHERE application_name = $1)
      SELECT l.pid, l.relation::regclass::text, substring(a.query from '^\\s*([A-Za-z]+(\\s+[A-Za-z]+)?)'),
        coalesce((\(age) * 1000)::int8, 0)
      FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
      WHERE NOT l.granted AND l.pid NOT IN (SELECT pid FROM ours)
        AND EXISTS (SELECT FROM ours WHERE ours.pid = ANY (pg_catalog.pg_blocking_pids(l.pid)))
      ORDER BY 4 DESC LIMIT 10
      """
  }
}

/// A guest's manners: looks, on a connection of its own, whether anybody waits for a lock that the backup holds.
struct LockWatch: Sendable {
  let address: ServerAddress
  let application: String
  let yieldAfter: TimeSpan

  /// Often enough to be gone before `yieldAfter` is over.
  var period: TimeSpan { min(.seconds(5), TimeSpan(milliseconds: max(50, yieldAfter.milliseconds / 4))) }

  /// Returns only by throwing: when somebody has waited too long, or when cancelled.
  func watch() async throws {
    let connection = try await PostgreSQLConnection.open(address, application: "\(application):watch")
    let query = LockQueries.waiting(version: await connection.serverVersion)
    // Servers before 14 do not say since when; then it counts from one period before it was first seen.
    var firstSeen: [Int64: ContinuousClock.Instant] = [:]
    while true {
      try await Task.sleep(for: period.duration)
      let rows = try await connection.query(query, [application], deadline: .seconds(20)).rows
      let now = ContinuousClock.now
      firstSeen = firstSeen.filter { pid, _ in rows.contains { $0.int(0) == pid } }
      for row in rows {
        let seen = firstSeen[row.int(0), default: now.advanced(by: .zero - period.duration)]
        firstSeen[row.int(0)] = seen
        let waited = max(TimeSpan(milliseconds: row.int(3)), TimeSpan(milliseconds: Int64(seen.duration(to: now) / .milliseconds(1))))
        if waited + period >= yieldAfter { throw gaveWay(to: row, after: waited) }
      }
    }
  }

  private func gaveWay(to row: [String?], after waited: TimeSpan) -> StepFailure {
    let who = row[2].map { "a session running \($0.uppercased())" } ?? "a session"
    return StepFailure(
      "gave-way",
      "the backup of \(address) gave way: \(who) waited \(waited.rounded) for a lock on \(row[1] ?? "an object") that the backup holds",
      details: [
        "everyone who uses that table waits behind it, so a backup holds nobody up longer than its `yieldAfter` (\(yieldAfter.rounded))",
        "nothing of this point is kept; a new one begins with a new snapshot",
      ],
      helps: ["run migrations between backups, or raise `yieldAfter`; the backup is tried again when it is next due"], transient: true)
  }
}
