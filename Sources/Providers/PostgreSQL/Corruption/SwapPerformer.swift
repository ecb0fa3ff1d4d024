internal import CanonicalJSON
internal import PlanModel
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Renames both databases in one transaction: at no moment does the name lead to neither of the two.
public struct SwapPerformer: StepPerformer {
  public typealias Kind = PostgreSQLSwap

  public func perform(_ arguments: PostgreSQLSwap.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let address = try await context.secrets.address(of: arguments.server)
    let by = try await context.resolve(arguments.by).reveal()
    let kept = arguments.keepAs ?? SwapMark.keptName(address.database, context.mark)
    return try await translating("putting `\(by)` in the place of `\(address.database)` on \(address.server)") {
      let target = try await TargetServer.open(address, application: context.mark.applicationName)
      try await target.endEarlierSessions()
      if let (name, mark) = try await target.swapped(by: context.mark) {
        await target.close()
        return Self.result(mark, kept: name, arguments)
      }
      let mark = try await prepared(by, kept, target, context.mark)
      context.report(StepProgress(phase: "ending sessions and renaming"))
      let statements = [
        DatabaseStatements.rename(mark.database, to: kept), DatabaseStatements.comment(kept, mark.text), DatabaseStatements.rename(by, to: mark.database),
      ]
      try await target.renameAlone(statements, [mark.database, by])
      await target.close()
      return Self.result(mark, kept: kept, arguments)
    }
  }

  private func prepared(_ by: String, _ kept: String, _ target: TargetServer, _ mark: StepMark) async throws -> SwapMark {
    try await SwapChecks(address: target.address, keepAs: kept).check(target.connection)
    guard by != target.database else {
      throw StepFailure("same-database", "`\(by)` cannot take its own place", helps: ["restore beside it: `postgresql.restore: { …, into: NAME }`"])
    }
    let rows = try await target.connection.query(
      "SELECT oid, pg_catalog.shobj_description(oid, 'pg_database'), datname FROM pg_catalog.pg_database WHERE datname IN ($1, $2)", [by, target.database]
    ).rows
    guard let new = rows.first(where: { $0.text(2) == by }) else {
      throw StepFailure(
        "database-missing", "there is no database `\(by)` on \(target.address.server) that could take the place of `\(target.database)`",
        details: ["nothing was touched"], helps: ["restore it on the same server: `postgresql.restore: { …, into: NAME }`"])
    }
    let former = rows.first { $0.text(2) == target.database }
    return SwapMark(owner: RestoreMark.Owner(mark), database: target.database, by: by, byID: new.int(0), comment: former?[1])
  }

  private static func result(_ mark: SwapMark, kept: String, _ arguments: PostgreSQLSwap.Arguments) -> StepResult {
    StepResult(
      summary: "`\(mark.by)` is `\(mark.database)` now on \(arguments.server.server); the former one is kept as `\(kept)`",
      outputs: ["url": .secret(arguments.server.url), "kept": .text(kept)], undoRecord: (try? CanonicalJSON.value(mark)) ?? .null)
  }

  public func settle(_ arguments: PostgreSQLSwap.Arguments, in context: PerformingContext) async -> Settlement {
    do {
      let address = try await context.secrets.address(of: arguments.server)
      let target = try await TargetServer.open(address, application: context.mark.applicationName)
      let found = try await target.swapped(by: context.mark)
      await target.close()
      return found.map { .done(Self.result($0.mark, kept: $0.name, arguments)) } ?? .notDone
    } catch {
      return .unknown("the server `\(arguments.server.server)` cannot be asked: \(Failures.translate(error, doing: "looking").message)")
    }
  }

  public func undo(_ arguments: PostgreSQLSwap.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let address = try await context.secrets.address(of: arguments.server)
    try await translating("giving `\(address.database)` on \(address.server) its former place") {
      let target = try await TargetServer.open(address, application: context.mark.applicationName)
      try await target.endEarlierSessions()
      if let (kept, mark) = try await target.swapped(by: context.mark) { try await putBack(kept, mark, target) }
      await target.close()
    }
  }

  private func putBack(_ kept: String, _ mark: SwapMark, _ target: TargetServer) async throws {
    let rows = try await target.connection.query("SELECT datname, oid FROM pg_catalog.pg_database").rows
    let names = Dictionary(rows.map { ($0.text(0), $0.int(1)) }) { first, _ in first }
    var statements: [String] = []
    if names[mark.database] != nil {
      guard names[mark.database] == mark.byID, names[mark.by] == nil else {
        throw StepFailure(
          "swapped-since", "somebody has put another database in the place of `\(mark.database)` on \(target.address.server) since, or made one `\(mark.by)`",
          details: ["what this run replaced is `\(kept)`; nothing was touched"], helps: ["find out who did, and rename them by hand: ALTER DATABASE … RENAME TO …"])
      }
      statements = [DatabaseStatements.rename(mark.database, to: mark.by)]
    }
    statements += [DatabaseStatements.rename(kept, to: mark.database), DatabaseStatements.comment(mark.database, mark.comment)]
    try await target.renameAlone(statements, [mark.database, kept])
  }
}

extension TargetServer {
  /// How long sessions are ended again and again; the server itself waits 5 s for them in each attempt.
  private static let patience = Duration.seconds(20)

  /// The database that gave its name away for this step, and what it says of it.
  fileprivate func swapped(by mark: StepMark) async throws(PostgreSQLError) -> (name: String, mark: SwapMark)? {
    let owner = RestoreMark.Owner(mark)
    return try await connection.query(
      "SELECT d.datname, pg_catalog.shobj_description(d.oid, 'pg_database') FROM pg_catalog.pg_database d ORDER BY 1"
    ).rows.lazy.compactMap { row in SwapMark(comment: row[1]).map { (row.text(0), $0) } }.first { $0.1.owner.isSameStep(as: owner) }
  }

  /// Ends every session in these databases while they are renamed: the server has the names locked as long as it waits for the sessions to end, so
  /// nobody new gets in meanwhile. One that cannot be ended makes it fail, with nothing renamed.
  fileprivate func renameAlone(_ statements: [String], _ databases: [String]) async throws {
    let other = try await TargetServer.open(address, application: application)
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          while !Task.isCancelled {
            try await other.endSessions(in: databases)
            try await Task.sleep(for: .milliseconds(50))
          }
        }
        defer { group.cancelAll() }
        try await DatabaseSwap.transaction(statements, on: self, until: .now.advanced(by: Self.patience), databases: databases)
      }
    } catch {
      await other.close()
      throw error
    }
    await other.close()
  }

  /// One after another: who may not be ended by us is named when the renaming has failed, and the others are gone by then.
  private func endSessions(in databases: [String]) async throws {
    let sessions = try await connection.query(
      """
      SELECT pid FROM pg_catalog.pg_stat_activity WHERE datname = ANY (string_to_array($1, chr(10))) AND pid <> pg_catalog.pg_backend_pid()
      """, [databases.joined(separator: "\n")]
    ).rows
    for session in sessions {
      do throws(PostgreSQLError) { try await connection.query("SELECT pg_catalog.pg_terminate_backend($1::int)", [session[0]]) } catch {
        guard error.state == .insufficientPrivilege else { throw error }
      }
    }
  }
}
