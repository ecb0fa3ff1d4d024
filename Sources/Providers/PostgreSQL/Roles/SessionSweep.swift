internal import PostgreSQLClient
internal import ProviderInterface

/// Ends what can still write on a server whose door is shut.
struct SessionSweep: Sendable {
  let connection: PostgreSQLConnection
  let server: String

  struct Swept: Hashable, Sendable {
    /// How many sessions were ended.
    var ended = 0
    /// What goes on, for people: processes of extensions and subscriptions, which come back by themselves, and prepared transactions.
    var goesOn: [String] = []
  }

  /// How long nobody may have been seen. Whoever was in the middle of proving himself when the door was shut appears in this time.
  private static let quiet = Duration.seconds(1)
  private static let patience = Duration.seconds(20)

  /// Sessions, and what serves them. Physical replication is no session; logical replication is one, by which statements can be sent too.
  private static let clients =
    "pid <> pg_catalog.pg_backend_pid() AND (backend_type IN ('client backend', 'parallel worker') OR (backend_type = 'walsender' AND datname IS NOT NULL))"
  private static let system = [
    "client backend", "parallel worker", "walsender", "walreceiver", "autovacuum launcher", "autovacuum worker", "logical replication launcher",
    "background writer", "checkpointer", "walwriter", "archiver", "startup", "walsummarizer", "slotsync worker", "io worker",
  ]

  static func count(_ database: some Asking) async throws(PostgreSQLError) -> Int64 {
    Int64(try await database.ask("SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE \(clients)").value ?? "") ?? 0
  }

  func run() async throws -> Swept {
    var swept = Swept()
    var quietSince: ContinuousClock.Instant?
    let isQuiet = try await polled(within: Self.patience, every: .milliseconds(50)) { () -> Bool? in
      // Our own from before are ended, and not counted.
      let row = try await connection.query(
        """
        SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid)),
          pg_catalog.count(*) FILTER (WHERE application_name <> pg_catalog.current_setting('application_name'))
        FROM pg_catalog.pg_stat_activity WHERE \(Self.clients)
        """
      ).rows.first ?? []
      swept.ended = max(swept.ended, Int(row.int(1)))
      let now = ContinuousClock.now
      guard row.int(0) == 0 else { quietSince = nil; return nil }
      let since = quietSince ?? now
      quietSince = since
      return since.duration(to: now) >= Self.quiet ? true : nil
    }
    guard isQuiet == true else {
      throw StepFailure(
        "sessions-left", "sessions on \(server) do not end", details: ["its door is shut already: nobody new gets in"],
        helps: ["see them: SELECT pid, state, query FROM pg_stat_activity WHERE backend_type = 'client backend'; then resume"], transient: true)
    }
    swept.goesOn = try await others()
    return swept
  }

  private func others() async throws -> [String] {
    let list = Self.system.map(SQL.literal).joined(separator: ", ")
    let types = try await connection.query(
      "SELECT DISTINCT backend_type FROM pg_catalog.pg_stat_activity WHERE backend_type NOT IN (\(list)) ORDER BY 1"
    ).rows.map { "a process `\($0.text(0))` goes on and may write" }
    let prepared = try await connection.query("SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts").value ?? "0"
    return types + (prepared == "0" ? [] : ["\(prepared) prepared transactions are undecided, and nobody can commit them while it is fenced"])
  }
}
