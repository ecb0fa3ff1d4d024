internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Looks at a server with everything that a backup or a restore will ask of it. Reads only.
public struct ServerExamination: Sendable {
  static let application = "sie-dr:doctor"
  private let server: PostgreSQLReference
  private let duties: ServerDuties
  private let tools: PostgreSQLTools

  public init(of server: PostgreSQLReference, for duties: ServerDuties, tools: PostgreSQLTools) {
    self.server = server; self.duties = duties; self.tools = tools
  }

  public func outcomes(in context: ObservingContext) async -> [CheckOutcome] {
    do {
      let address = try await context.secrets.address(of: server)
      let (database, hasDatabase) = try await open(address, context.timeout.duration)
      var seen = try await look(at: address, database, context)
      for name in duties.backedUp { seen.databases.append(await look(at: address, name, from: hasDatabase ? database : nil, context)) }
      await database.close()
      return seen.outcomes(duties, tools: tools)
    } catch {
      let help = "check that the server is up, and the URL in the secret `\(server.url.name)`: does psql connect with it from here?"
      let failed = CheckOutcome("connection", Failures.translate(error, doing: "connecting"), otherwise: help)
      return [failed] + ServerSeen.names(duties).map { CheckOutcome($0, .notChecked, "there is no connection") }
    }
  }

  /// The database that a restore is to make need not be there.
  private func open(_ address: ServerAddress, _ timeout: Duration) async throws -> (ReadOnlyDatabase, exists: Bool) {
    do { return (try await .open(address, application: Self.application, timeout: timeout), true) } catch {
      guard error.state == .invalidCatalogName, duties.isRestoredTo else { throw error }
      return (try await TargetServer.look(address, application: Self.application, timeout: timeout), false)
    }
  }

  private func look(at address: ServerAddress, _ database: ReadOnlyDatabase, _ context: ObservingContext) async throws -> ServerSeen {
    let asked = context.now()
    let theirs = try await database.ask("SELECT pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')").value
    let answered = context.now()
    let row =
      try await database.ask(
        """
        SELECT pg_catalog.current_setting('server_version'), pg_catalog.pg_is_in_recovery(), r.rolsuper, r.rolcreatedb,
          pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT'), pg_catalog.pg_backend_pid(), r.rolname
        FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
        """
      ).rows.first ?? []
    var seen = ServerSeen(
      address: "\(address.server)/\(address.database)", user: row.text(6), version: row.text(0), major: await database.major, isStandby: row.bool(1),
      isSuperuser: row.bool(2), createsDatabases: row.bool(3), readsPasswords: row.bool(4),
      clock: ClockComparison(asked: asked, theirs: theirs.flatMap { Timestamp($0) } ?? asked, answered: answered, resolution: .milliseconds(2)))
    do throws(StepFailure) {
      try BackupChecks.checkDirect(announced: await database.backendPID, actual: row.int(5), at: address)
    } catch { seen.pooler = error }
    return seen
  }

  /// `open`: a session in the database that the URL names; nil where that is not there.
  private func look(at address: ServerAddress, _ name: String?, from open: ReadOnlyDatabase?, _ context: ObservingContext) async -> DatabaseSeen {
    guard let name, name != address.database else {
      guard let open else { return DatabaseSeen(name: name, state: .absent) }
      return await check(DatabaseSeen(name: name), BackupChecks(address: address, database: open))
    }
    let address = address.with(database: name)
    do throws(PostgreSQLError) {
      let other = try await ReadOnlyDatabase.open(address, application: Self.application, timeout: context.timeout.duration)
      let seen = await check(DatabaseSeen(name: name), BackupChecks(address: address, database: other))
      await other.close()
      return seen
    } catch {
      let isToBeMade = error.state == .invalidCatalogName && duties.isRestoredTo
      return DatabaseSeen(name: name, state: isToBeMade ? .absent : .closed(Failures.translate(error, doing: "connecting")))
    }
  }

  private func check(_ database: DatabaseSeen, _ checks: BackupChecks) async -> DatabaseSeen {
    var database = database
    for part in BackupChecks.Part.allCases {
      do { try await checks.check(part) } catch { database.problems[part] = Failures.translate(error, doing: "looking") }
    }
    return database
  }
}
