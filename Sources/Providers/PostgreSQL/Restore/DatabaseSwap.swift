internal import PostgreSQLClient
internal import ProviderInterface

/// Puts the proved database in the target's place: all in one transaction, so that at no moment the name leads to neither of the two.
struct DatabaseSwap: Sendable {
  let target: TargetServer
  let working: String
  let mark: RestoreMark
  let replacedName: String

  /// A database can only be renamed while nobody is in it.
  private static let patience = Duration.seconds(15)

  func run(settings: [String], roles: [RoleCatalogue.Role]) async throws {
    let isThere = try await target.exists(mark.database)
    if isThere { try await checkStillEmpty() }
    let statements = settings + renames(isThere: isThere) + roles.map { RoleStatements.comment($0.name, $0.comment) }
    try await Self.transaction(statements, on: target, until: .now.advanced(by: Self.patience), databases: [mark.database, working])
  }

  private func renames(isThere: Bool) -> [String] {
    var statements: [String] = []
    if isThere {
      var old = mark
      old.state = .replaced
      statements = [
        DatabaseStatements.rename(mark.database, to: replacedName), DatabaseStatements.comment(replacedName, old.text),
      ]
    }
    return statements + [DatabaseStatements.rename(working, to: mark.database), DatabaseStatements.comment(mark.database, mark.text)]
  }

  private func checkStillEmpty() async throws {
    guard case .occupied(let things) = try await target.state(of: mark.database) else {
      if mark.replaced == nil { throw cameToBe([]) }
      return
    }
    throw cameToBe(things)
  }

  private func cameToBe(_ things: [String]) -> StepFailure {
    StepFailure(
      "target-not-empty",
      "while the restore ran, somebody made the database `\(mark.database)` on \(target.address.server)"
        + (things.isEmpty ? "" : " and put things into it: \(things.prefix(5).joined(separator: ", "))"),
      details: ["a restore never overwrites; the restored database is `\(working)`"], helps: ["find out who did, then resume or roll back"])
  }

  /// Renames need the databases for themselves: tried again while somebody is in them.
  static func transaction(
    _ statements: [String], on target: TargetServer, until end: ContinuousClock.Instant, databases: [String]
  ) async throws {
    while true {
      do throws(PostgreSQLError) {
        try await target.connection.execute((["BEGIN"] + statements + ["COMMIT"]).joined(separator: "; "))
        return
      } catch {
        _ = try? await target.connection.execute("ROLLBACK")
        guard error.state == .objectInUse else { throw error }
        guard ContinuousClock.now < end else { throw try await inUse(databases, target) }
      }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  private static func inUse(_ databases: [String], _ target: TargetServer) async throws -> StepFailure {
    let sessions = try await target.connection.query(
      """
      SELECT datname, pid, usename, application_name FROM pg_catalog.pg_stat_activity
      WHERE datname = ANY (string_to_array($1, chr(10))) AND pid <> pg_catalog.pg_backend_pid() ORDER BY pid LIMIT 5
      """, [databases.joined(separator: "\n")]
    ).rows.map { "session \($0.text(1)) of \($0.text(2)) in `\($0.text(0))`" + ($0.text(3).isEmpty ? "" : " (\($0.text(3)))") }
    return StepFailure(
      "target-in-use", "`\(target.database)` on \(target.address.server) cannot be renamed: somebody is connected",
      details: sessions, helps: ["stop what connects there, or end the session: SELECT pg_terminate_backend(PID); then resume"],
      transient: true)
  }
}
