internal import CanonicalJSON
internal import ChildProcess
internal import Compression
internal import Glibc
internal import PointSteps
internal import PostgreSQLClient
internal import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Restores a logical point: into a database of its own beside the target, proved against the manifest, renamed last.
struct LogicalRestore: Sendable {
  var arguments: PostgreSQLRestore.Arguments
  /// Leads to the database to be restored.
  var address: ServerAddress
  var application: String
  var mark: StepMark
  var earlierMarks: [StepMark]
  var copies: PointCopies
  var jobs: Int
  var deadline: TimeSpan
  var places: ProgramFolders
  var temporaryFolder: String
  var children: ChildRunner
  var report: @Sendable (StepProgress) -> Void

  /// What the step's result is made of.
  struct Made: Sendable {
    var mark: RestoreMark
    var notes: [String]
  }

  private var owner: RestoreMark.Owner { RestoreMark.Owner(mark) }
  private var working: String { RestoreNames.working(address.database, mark) }
  private var pointID: String { copies.manifest.id.text }

  func run() async throws(StepFailure) -> Made {
    try await translating("restoring `\(address.database)` on \(address.server) from point \(pointID)") {
      let point = try content()
      var database = try arguments.choose(from: point, address)
      if !arguments.tables.isEmpty { database = database.only(Set(arguments.tables)) }
      report(StepProgress(phase: "looking at the target"))
      let target = try await TargetServer.open(address, application: application)
      if let done = try await clearAway(target) { return done }
      let state = try await RestoreChecks(
        address: address, outside: target.connection, application: application, point: point, content: database
      ).check()
      let programs = try await Programs.find(
        atLeast: max(point.server.major, await target.connection.major), in: places, children: children,
        for: "the restore on \(address.server) needs")
      return try await restore(point, database, target, state, programs)
    }
  }

  private func content() throws -> LogicalPoint {
    do {
      let point = try CanonicalJSON.decode(LogicalPoint.self, from: copies.manifest.content)
      try RestoreChecks.check(format: point)
      return point
    } catch let failure as StepFailure {
      throw failure
    } catch {
      throw StepFailure(
        "point-unreadable", "what the manifest of point \(pointID) says of its contents is not a logical PostgreSQL point",
        helps: ["choose another point"])
    }
  }

  /// Removes what earlier attempts of this step left. One that was done but for the last cleaning is finished and given back.
  private func clearAway(_ target: TargetServer) async throws -> Made? {
    let marks = earlierMarks + [mark]
    try await target.endEarlierSessions()
    let found = try await target.marked(by: marks)
    if let done = found.first(where: { $0.mark?.state == .done })?.mark {
      return Made(mark: done, notes: try await dropReplaced(target, found))
    }
    for (name, mark) in found {
      if let mark, mark.state == .replaced { try await RestoreUndo.putBack(name, mark, target) } else { try await target.drop(name) }
    }
    // Those that something else has come to need stay, with their mark, and count as roles that are there.
    _ = try await target.dropRoles(try await target.roles(markedBy: marks))
    return nil
  }

  private func restore(
    _ point: LogicalPoint, _ database: LogicalPoint.Database, _ target: TargetServer, _ state: TargetState, _ programs: Programs
  ) async throws -> Made {
    let replaced: RestoreMark.Replaced? = if case .empty(let properties) = state { .init(properties: properties) } else { nil }
    let roles = RoleRestore(target: target, catalogue: try await roleCatalogue(point), owner: owner)
    var restoreMark = RestoreMark(
      owner: owner, state: .working, point: pointID, database: address.database, comment: database.properties.comment,
      replaced: replaced, tables: database.tables.count, rows: database.rows)
    try await create(database, replaced, restoreMark, target)
    let rolePlan = try await roles.make()
    restoreMark.roles = rolePlan.create.map(\.name)
    let other = try await fill(point, database, programs)
    restoreMark.state = .done
    let swap = DatabaseSwap(
      target: target, working: working, mark: restoreMark, replacedName: RestoreNames.replaced(address.database, mark))
    report(StepProgress(phase: "putting the database in place"))
    try await swap.run(settings: finalStatements(database, rolePlan), roles: rolePlan.create)
    var notes = try await dropReplaced(target, try await target.marked(by: [mark]))
    notes += rolePlan.differences + other.map { "extension version: \($0)" }
    if !rolePlan.skipped.isEmpty {
      notes.append("roles not made, the database does not need them: \(rolePlan.skipped.joined(separator: ", "))")
    }
    return Made(mark: restoreMark, notes: notes + copies.notes)
  }

  private func roleCatalogue(_ point: LogicalPoint) async throws -> RoleCatalogue {
    var decompressor = try ZstdDecompressor()
    decompressor.feed(try await copies.first(point.roles) { try await $0.read(point.roles) })
    var bytes: [UInt8] = []
    while let piece = try decompressor.next() { bytes += piece }
    try decompressor.finish()
    return try CanonicalJSON.decode(RoleCatalogue.self, from: bytes)
  }

  /// The working database; its mark follows at once, and its name alone tells whose it is until then.
  private func create(
    _ database: LogicalPoint.Database, _ replaced: RestoreMark.Replaced?, _ restoreMark: RestoreMark, _ target: TargetServer
  ) async throws {
    var properties = database.properties
    if let replaced { properties.tablespace = replaced.properties.tablespace }
    if let tablespace = properties.tablespace {
      let isThere =
        try await target.connection.query("SELECT 1 FROM pg_catalog.pg_tablespace WHERE spcname = $1", [tablespace]).value != nil
      if !isThere { properties.tablespace = nil }
    }
    let statement = DatabaseStatements.create(working, like: properties, serverMajor: await target.connection.major)
    do throws(PostgreSQLError) { try await target.connection.execute(statement) } catch {
      guard let state = error.state, ["22023", "42704", "42809"].contains(state.code) else { throw error }
      throw StepFailure(
        "locale-missing", "\(address.server) cannot make a database with \(database.properties.nature): \(error.message)",
        details: ["sorting and comparing would differ from the source"],
        helps: ["install the locale on the target's host (Debian: localedef, or locales-all) and restart the server"])
    }
    try await target.connection.execute(DatabaseStatements.comment(working, restoreMark.text))
    try await target.connection.execute("REVOKE ALL ON DATABASE \(SQL.identifier(working)) FROM PUBLIC")
  }

  /// Schema, rows, sequences, indexes and constraints, statistics; then the proof.
  private func fill(_ point: LogicalPoint, _ database: LogicalPoint.Database, _ programs: Programs) async throws -> [String] {
    let inside = address.with(database: working)
    let archive = try await copies.first(database.archive.object) {
      try await ArchiveFile.download(database.archive.object, from: $0, into: temporaryFolder)
    }
    let schema = SchemaRestore(programs: programs, address: inside, application: application, archive: archive, deadline: deadline,
      temporaryFolder: temporaryFolder)
    let sessions = Sessions(address: inside, application: application, count: jobs, settings: RowLoader.settings)
    let progress = TransferProgress(phase: "making tables", total: database.raw, report: report)
    progress.enter("making tables")
    try await schema.run(section: "pre-data", jobs: nil)
    progress.enter("loading rows")
    try await RowLoader(copies: copies, content: database, progress: progress).load(sessions)
    let connection = try await sessions.open()
    for sequence in database.sequences { try await connection.execute(SequenceStatements.set(sequence)) }
    progress.enter("making indexes and constraints")
    try await schema.run(section: "post-data", jobs: jobs, without: arguments.tables.isEmpty ? [] : SchemaRestore.needsOtherRows)
    progress.enter("gathering statistics")
    let relations = try await connection.query(Self.analyzable).rows
    _ = try await sessions.run(relations) { row, session in
      try await session.connection().execute("ANALYZE \(SQL.qualified(row.text(0), row.text(1)))")
    }
    progress.enter("verifying")
    let verification = RestoreVerification(content: database)
    let differences = try await verification.differences(sessions)
    let other = try await verification.otherVersions(connection)
    await connection.close()
    guard differences.isEmpty else {
      throw StepFailure(
        "verification-failed", "the restored database is not what the manifest of point \(pointID) says",
        details: Array(differences.prefix(20)),
        helps: ["it was not put in place; `\(working)` on \(address.server) shows what came out, until resume or rollback removes it"])
    }
    return other
  }

  private static let analyzable = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY pg_catalog.pg_relation_size(c.oid) DESC, 1, 2
    """

  /// Owner, privileges and settings, as far as their roles are there.
  private func finalStatements(_ database: LogicalPoint.Database, _ plan: RoleRestore.Plan) -> [String] {
    var properties = database.properties
    func isThere(_ role: String?) -> Bool { role.map { plan.names.contains($0) || $0.hasPrefix("pg_") } ?? true }
    properties.settings.removeAll { !isThere($0.role) }
    properties.privileges?.removeAll { !isThere($0.grantee) }
    return DatabaseStatements.apply(properties, to: working)
  }

  /// The empty database that stood in the place; it goes only if it is still empty.
  private func dropReplaced(_ target: TargetServer, _ found: [(name: String, mark: RestoreMark?)]) async throws -> [String] {
    var notes: [String] = []
    for (name, mark) in found where mark?.state == .replaced {
      if case .occupied(let things) = try await target.state(of: name) {
        notes.append("the former `\(address.database)` is kept as `\(name)`: it holds \(things.joined(separator: ", "))")
      } else {
        try await target.drop(name)
      }
    }
    return notes
  }
}
