internal import PostgreSQLClient
public import ProviderInterface
public import Units

/// What a running server shows of itself to whoever begins to write a plan. Reads only.
public struct ServerSketch: Equatable, Sendable {
  public var version: String
  public var database: String
  public var size: ByteCount
  public var isStandby: Bool
  /// Other databases that hold something, or may: by name.
  public var others: [String]
  /// The table that is worth asking for rows after a restore, quoted for SQL: the largest; nil where none holds anything.
  public var largestTable: String?
  /// What follows this server; nil where this role may not see it.
  public var replicas: Int?
  /// Whether the server archives its WAL.
  public var archives: Bool
  /// Why this role could not back the database up, if it could not.
  public var problems: [String]

  public init(
    version: String, database: String, size: ByteCount, isStandby: Bool = false, others: [String] = [], largestTable: String? = nil, replicas: Int? = 0,
    archives: Bool = false, problems: [String] = []
  ) {
    self.version = version; self.database = database; self.size = size; self.isStandby = isStandby; self.others = others
    self.largestTable = largestTable; self.replicas = replicas; self.archives = archives; self.problems = problems
  }

  public static func of(_ server: PostgreSQLReference, in context: ObservingContext) async throws(StepFailure) -> ServerSketch {
    do {
      let address = try await context.secrets.address(of: server)
      let database = try await ReadOnlyDatabase.open(address, application: "sie-dr:init", timeout: context.timeout.duration)
      let sketch: ServerSketch
      do { sketch = try await look(at: address, database) } catch {
        await database.close()
        throw error
      }
      await database.close()
      return sketch
    } catch { throw Failures.translate(error, doing: "looking at the server") }
  }

  private static func look(at address: ServerAddress, _ database: ReadOnlyDatabase) async throws -> ServerSketch {
    let row =
      try await database.ask(
        """
        SELECT pg_catalog.current_setting('server_version'), pg_catalog.current_database(), pg_catalog.pg_database_size(pg_catalog.current_database()),
          pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('archive_mode') <> 'off',
          pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication),
          (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
              AND pg_catalog.pg_relation_size(c.oid) > 0
            ORDER BY pg_catalog.pg_relation_size(c.oid) DESC, 1 LIMIT 1)
        """
      ).rows.first ?? []
    let others = try await database.ask(
      """
      SELECT datname FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate AND datname NOT IN (pg_catalog.current_database(), 'postgres')
      ORDER BY 1 LIMIT 100
      """)
    var sketch = ServerSketch(
      version: row.text(0), database: row.text(1), size: ByteCount(bytes: row.int(2)), isStandby: row.bool(3), others: others.rows.map { $0.text(0) },
      largestTable: row.text(7).isEmpty ? nil : row.text(7), replicas: row.bool(5) ? Int(row.int(6)) : nil, archives: row.bool(4))
    let checks = BackupChecks(address: address, database: database)
    for part in BackupChecks.Part.allCases {
      do { try await checks.check(part) } catch { sketch.problems.append(Failures.translate(error, doing: "looking").message) }
    }
    return sketch
  }
}
