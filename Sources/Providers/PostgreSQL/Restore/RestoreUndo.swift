internal import PostgreSQLClient
internal import ProviderInterface

/// Takes back what a restore's attempts made, and puts back what was there. Touches only what carries the run's mark, and can be cut off
/// at any moment and done again.
struct RestoreUndo: Sendable {
  let target: TargetServer
  let marks: [StepMark]
  /// From the journal, where the restore was done: its roles carry no mark any more.
  let recorded: RestoreMark?

  func run() async throws(StepFailure) {
    try await translating("taking back the restore of `\(target.database)` on \(target.address.server)") {
      try await target.endEarlierSessions()
      let found = try await target.marked(by: marks)
      let roles = Set(found.compactMap { $0.mark }.flatMap(\.roles) + (recorded?.roles ?? []))
      if let owner = marks.first.map(RestoreMark.Owner.init) { try await markAgain(roles.sorted(), owner) }
      for (name, mark) in found where mark?.state == .done { try await takeOut(name, mark, found) }
      for (name, mark) in try await target.marked(by: marks) {
        if let mark, mark.state == .replaced { try await Self.putBack(name, mark, target) } else { try await target.drop(name) }
      }
      let kept = try await target.dropRoles(try await target.roles(markedBy: marks))
      guard kept.isEmpty else { throw Self.rolesInUse(kept, target.address) }
    }
  }

  /// So that the roles are found again when this is cut off after the database has gone. Roles that somebody has commented on since are
  /// left alone.
  private func markAgain(_ roles: [String], _ owner: RestoreMark.Owner) async throws {
    guard !roles.isEmpty else { return }
    let there = try await RoleQueries.catalogue(target.connection).roles.map(\.name)
    let statements = roles.filter(there.contains).map { RoleStatements.comment($0, RoleMark.text(owner)) }
    try await target.connection.execute((["BEGIN"] + statements + ["COMMIT"]).joined(separator: "; "))
  }

  /// The restored database leaves its place; the empty one that was there before takes it again, in the same transaction.
  private func takeOut(_ name: String, _ mark: RestoreMark?, _ found: [(name: String, mark: RestoreMark?)]) async throws {
    guard var mark, let attempt = marks.first(where: { RestoreMark.Owner($0) == mark.owner }) ?? marks.first else { return }
    let undone = RestoreNames.undone(mark.database, attempt)
    var replacement = found.first { $0.mark?.state == .replaced }?.name
    if replacement == nil, let replaced = mark.replaced { replacement = try await remake(replaced.properties, mark, attempt) }
    mark.state = .undone
    var statements = [DatabaseStatements.rename(name, to: undone), DatabaseStatements.comment(undone, mark.text)]
    if let replacement, let replaced = mark.replaced {
      statements += [
        DatabaseStatements.rename(replacement, to: mark.database), DatabaseStatements.comment(mark.database, replaced.properties.comment),
      ]
    }
    try await endSessions(in: name)
    try await DatabaseSwap.transaction(statements, on: target, until: .now.advanced(by: .seconds(15)), databases: [name])
    try await target.drop(undone)
  }

  /// An empty database like the one that was there.
  private func remake(_ properties: DatabaseProperties, _ mark: RestoreMark, _ attempt: StepMark) async throws -> String {
    let name = RestoreNames.replaced(mark.database, attempt)
    var replaced = mark
    replaced.state = .working  // Until it is whole it is only something to drop.
    try await target.drop(name)
    try await target.connection.execute(DatabaseStatements.create(name, like: properties, serverMajor: await target.connection.major))
    let statements = DatabaseStatements.apply(properties, to: name) + [DatabaseStatements.comment(name, replaced.text)]
    try await target.connection.execute((["BEGIN"] + statements + ["COMMIT"]).joined(separator: "; "))
    return name
  }

  /// Sessions of applications in a database that goes away. Who may not end them is told by the renaming who they are.
  private func endSessions(in name: String) async throws {
    do throws(PostgreSQLError) {
      try await target.connection.query(
        """
        SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
        WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()
        """, [name])
    } catch {
      guard error.state == .insufficientPrivilege else { throw error }
    }
  }

  /// Gives an empty database its name and its comment back.
  static func putBack(_ name: String, _ mark: RestoreMark, _ target: TargetServer) async throws {
    guard try await !target.exists(mark.database) else { return }
    try await DatabaseSwap.transaction(
      [DatabaseStatements.rename(name, to: mark.database), DatabaseStatements.comment(mark.database, mark.replaced?.properties.comment)],
      on: target, until: .now.advanced(by: .seconds(15)), databases: [name])
  }

  static func rolesInUse(_ roles: [String], _ address: ServerAddress) -> StepFailure {
    StepFailure(
      "roles-in-use",
      "the role\(roles.count == 1 ? "" : "s") \(roles.joined(separator: ", ")), made by this run on \(address.server), cannot be dropped: something else needs them by now",
      details: ["they own objects in other databases, or were granted rights there"],
      helps: [
        "see what: psql -c 'DROP ROLE \(SQL.identifier(roles[0]))'; then drop them, or take the mark away: COMMENT ON ROLE \(SQL.identifier(roles[0])) IS NULL"
      ])
  }
}
