internal import CanonicalJSON
internal import PostgreSQLClient
internal import ProviderInterface

/// What the target's database is before a restore touches anything.
enum TargetState: Hashable, Sendable {
  case absent
  case empty(DatabaseProperties)
  /// A few of the things in it.
  case occupied([String])

  /// Looks from a session in another database of the server, and then inside.
  static func look(at address: ServerAddress, from outside: some Asking, application: String) async throws -> TargetState {
    guard let properties = try await DatabaseQueries.properties(of: address.database, on: outside) else { return .absent }
    let inside = try await ReadOnlyDatabase.open(address, application: application)
    let found = try await inside.ask(EmptinessQueries.contents(major: await outside.major)).rows.map { $0.text(0) }
    await inside.close()
    return found.isEmpty ? .empty(properties) : .occupied(found)
  }
}

/// The server that a restore goes to: its databases and roles, seen from a database that is not the target's.
struct TargetServer: Sendable {
  /// Leads to the database to be restored.
  let address: ServerAddress
  let connection: PostgreSQLConnection
  let application: String

  var database: String { address.database }

  /// Databases to stand in while the target is created and renamed.
  private static let standpoints = ["postgres", "template1"]

  /// The reading half, seen from the same place.
  static func look(
    _ address: ServerAddress, application: String, timeout: Duration
  ) async throws(PostgreSQLError) -> ReadOnlyDatabase {
    let names = standpoints.filter { $0 != address.database }
    do { return try await .open(address.with(database: names[0]), application: application, timeout: timeout) } catch {
      guard error.state == .invalidCatalogName, names.count > 1 else { throw error }
      return try await .open(address.with(database: names[1]), application: application, timeout: timeout)
    }
  }

  static func open(_ address: ServerAddress, application: String, timeout: Duration = .seconds(10)) async throws -> TargetServer {
    let names = standpoints.filter { $0 != address.database }
    for (index, name) in names.enumerated() {
      do throws(PostgreSQLError) {
        let connection = try await PostgreSQLConnection.open(
          address.with(database: name), application: application, timeout: timeout,
          settings: ["default_transaction_read_only = off", "search_path = ''"])
        return TargetServer(address: address, connection: connection, application: application)
      } catch {
        guard error.state == .invalidCatalogName, index + 1 < names.count else { throw error }
      }
    }
    throw StepFailure.cancelled
  }

  func close() async { await connection.close() }

  /// Ends the sessions of this step's dead attempts. The server carries a statement to its end although its client is gone: a database
  /// that it is still making would appear after the clearing away, and nobody would ever remove it.
  func endEarlierSessions() async throws {
    let end = ContinuousClock.now.advanced(by: .seconds(15))
    while true {
      // The name of the application is that of the run and the step.
      let ended = try await connection.query(
        """
        SELECT count(pg_catalog.pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity
        WHERE application_name = pg_catalog.current_setting('application_name') AND pid <> pg_catalog.pg_backend_pid()
        """)
      if ended.value == "0" { return }
      guard ContinuousClock.now < end else {
        throw StepFailure(
          "sessions-left", "sessions that an earlier attempt of this step left on \(address.server) do not end",
          helps: ["see them: SELECT pid, state, query FROM pg_stat_activity WHERE application_name = '\(application)'; then resume"], transient: true)
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  // MARK: Databases

  func exists(_ name: String) async throws(PostgreSQLError) -> Bool {
    try await connection.query("SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", [name]).value != nil
  }

  func state(of name: String) async throws -> TargetState {
    try await TargetState.look(at: address.with(database: name), from: connection, application: application)
  }

  /// Databases that carry the mark of this run's step, or the name that only an attempt of it would give.
  func marked(by marks: [StepMark]) async throws(PostgreSQLError) -> [(name: String, mark: RestoreMark?)] {
    let owners = marks.map(RestoreMark.Owner.init)
    let names = Set(
      marks.flatMap { [RestoreNames.working(database, $0), RestoreNames.replaced(database, $0), RestoreNames.undone(database, $0)] })
    return try await connection.query(
      "SELECT d.datname, pg_catalog.shobj_description(d.oid, 'pg_database') FROM pg_catalog.pg_database d ORDER BY 1"
    ).rows.compactMap { row in
      if let mark = RestoreMark(comment: row[1]) { return owners.contains { $0.isSameStep(as: mark.owner) } ? (row.text(0), mark) : nil }
      return row[1] == nil && names.contains(row.text(0)) ? (row.text(0), nil) : nil
    }
  }

  /// Drops a database that a restore made. Sessions in it are ended: nobody else has business there.
  func drop(_ name: String) async throws(PostgreSQLError) {
    try await connection.execute("DROP DATABASE IF EXISTS \(SQL.identifier(name)) WITH (FORCE)")
  }

  // MARK: Roles

  func roles(markedBy marks: [StepMark]) async throws(PostgreSQLError) -> [String] {
    let owners = marks.map(RestoreMark.Owner.init)
    return try await connection.query(
      "SELECT rolname, pg_catalog.shobj_description(oid, 'pg_authid') FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' ORDER BY 1"
    ).rows.filter { row in RoleMark.owner(in: row[1]).map { owner in owners.contains { $0.isSameStep(as: owner) } } ?? false }.map {
      $0.text(0)
    }
  }

  /// Drops roles that own nothing and are granted nothing; gives those that others have come to need.
  func dropRoles(_ names: [String]) async throws(PostgreSQLError) -> [String] {
    var kept: [String] = []
    for name in names {
      do throws(PostgreSQLError) { try await connection.execute("DROP ROLE IF EXISTS \(SQL.identifier(name))") } catch {
        guard error.state == .dependentObjectsExist else { throw error }
        kept.append(name)
      }
    }
    return kept
  }
}

extension SQLState {
  static let dependentObjectsExist = SQLState("2BP01")
  static let objectInUse = SQLState("55006")
}

/// The comment of a role while a restore that made it is not done.
enum RoleMark {
  private struct Wrapped: Codable {
    var role: RestoreMark.Owner
    enum CodingKeys: String, CodingKey { case role = "sie-dr" }
  }
  static func text(_ owner: RestoreMark.Owner) -> String { (try? CanonicalJSON.text(Wrapped(role: owner))) ?? "" }
  static func owner(in comment: String?) -> RestoreMark.Owner? {
    comment.flatMap { $0.hasPrefix("{") ? try? CanonicalJSON.decode(Wrapped.self, from: $0.utf8).role : nil }
  }
}

enum EmptinessQueries {
  /// Whatever is not in a database that was just made from the empty template: the first few things, as people call them.
  static func contents(major: Int) -> String {
    let owner = major >= 15 ? "6171" : "10"  // pg_database_owner; before: the first superuser.
    return """
      SELECT what FROM (
        SELECT CASE c.relkind WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' WHEN 'm' THEN 'view ' WHEN 'c' THEN 'type ' ELSE 'table ' END
          || n.nspname || '.' || c.relname, 1
          FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE c.oid >= 16384 AND c.relkind NOT IN ('i', 'I', 't') AND n.nspname !~ '^pg_(toast|temp)'
        UNION ALL SELECT 'schema ' || nspname, 2 FROM pg_catalog.pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_(toast_)?temp'
        UNION ALL SELECT 'extension ' || extname, 3 FROM pg_catalog.pg_extension WHERE oid >= 16384
        UNION ALL SELECT 'function ' || proname, 4 FROM pg_catalog.pg_proc WHERE oid >= 16384
        UNION ALL SELECT 'type ' || typname, 5 FROM pg_catalog.pg_type WHERE oid >= 16384 AND typrelid = 0 AND typcategory <> 'A'
        UNION ALL SELECT 'large object ' || oid, 6 FROM pg_catalog.pg_largeobject_metadata
        UNION ALL SELECT 'event trigger ' || evtname, 7 FROM pg_catalog.pg_event_trigger
        UNION ALL SELECT 'publication ' || pubname, 7 FROM pg_catalog.pg_publication
        UNION ALL SELECT 'foreign-data wrapper ' || fdwname, 7 FROM pg_catalog.pg_foreign_data_wrapper WHERE oid >= 16384
        UNION ALL SELECT 'language ' || lanname, 7 FROM pg_catalog.pg_language WHERE oid >= 16384
        UNION ALL SELECT 'collation ' || collname, 7 FROM pg_catalog.pg_collation WHERE oid >= 16384
        UNION ALL SELECT 'operator ' || oprname, 7 FROM pg_catalog.pg_operator WHERE oid >= 16384
        UNION ALL SELECT 'text search configuration ' || cfgname, 7 FROM pg_catalog.pg_ts_config WHERE oid >= 16384
        UNION ALL SELECT 'default privileges of ' || pg_catalog.pg_get_userbyid(defaclrole), 8 FROM pg_catalog.pg_default_acl
        UNION ALL SELECT 'privileges of its own on the schema public', 9 FROM pg_catalog.pg_namespace n
          LEFT JOIN pg_catalog.pg_init_privs i ON i.classoid = 'pg_catalog.pg_namespace'::regclass AND i.objoid = n.oid
          WHERE n.nspname = 'public' AND (n.nspacl IS DISTINCT FROM i.initprivs OR n.nspowner <> \(owner))
        UNION ALL SELECT 'no schema public', 9 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public')
      ) found(what, rank) ORDER BY rank, what LIMIT 6
      """
  }
}
