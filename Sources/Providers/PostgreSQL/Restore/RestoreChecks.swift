internal import PostgreSQLClient
internal import ProviderInterface

/// What makes a restore impossible or wrong and can be seen before anything is touched.
struct RestoreChecks: Sendable {
  /// Leads to the database to be restored.
  let address: ServerAddress
  /// A session in another database of the server.
  let outside: any Asking
  let application: String
  let point: LogicalPoint
  let content: LogicalPoint.Database

  /// Throws the first thing that is in the way; else says what the target is.
  func check() async throws -> TargetState {
    try version(await outside.major)
    let state = try await look()
    try Self.check(state, address, content)
    try await rights()
    try await extensions()
    try await tablespaces()
    return state
  }

  private func look() async throws -> TargetState {
    func look(_ outside: some Asking) async throws -> TargetState {
      try await TargetState.look(at: address, from: outside, application: application)
    }
    return try await look(outside)
  }

  static func check(format point: LogicalPoint) throws(StepFailure) {
    guard point.format <= LogicalPoint.currentFormat, !point.databases.isEmpty else {
      throw StepFailure(
        "point-too-new", "the point was written by a newer sie-dr (format \(point.format))", helps: ["use that version for the restore"])
    }
  }

  private func version(_ major: Int) throws(StepFailure) {
    guard major >= point.server.major else {
      throw StepFailure(
        "target-too-old", "\(address.server) is PostgreSQL \(major), the point is of PostgreSQL \(point.server.version)",
        details: ["a dump of a newer server does not load into an older one"],
        helps: ["restore to PostgreSQL \(point.server.major) or newer"])
    }
  }

  static func check(_ state: TargetState, _ address: ServerAddress, _ content: LogicalPoint.Database) throws(StepFailure) {
    switch state {
    case .absent: return
    case .occupied(let things):
      throw StepFailure(
        "target-not-empty",
        "the database `\(address.database)` on \(address.server) is not empty: \(things.prefix(5).joined(separator: ", "))\(things.count > 5 ? " and more" : "")",
        details: ["a restore never overwrites; nothing was touched"],
        helps: ["restore to another server or database, or rename this one: ALTER DATABASE \(SQL.identifier(address.database)) RENAME TO …"]
      )
    case .empty(let properties):
      guard properties.nature == content.properties.nature else {
        throw StepFailure(
          "target-encoding-differs",
          "the empty database `\(address.database)` on \(address.server) has \(properties.nature); the point has \(content.properties.nature)",
          details: ["whoever made it may have meant it so; nothing was touched"],
          helps: ["drop it (dropdb \(address.database)): the restore makes the database as the point has it"])
      }
    }
  }

  private func rights() async throws {
    let row = try await outside.ask("SELECT rolsuper, rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user").rows.first ?? []
    guard row.bool(0) || row.bool(1) else {
      throw StepFailure(
        "rights-missing", "\(address.user ?? "this role") may not create databases on \(address.server)",
        details: ["a restore fills a database of its own and puts it in place when it is proved"],
        helps: ["ALTER ROLE … CREATEDB, or connect as another role"])
    }
  }

  private func extensions() async throws {
    let available = Set(try await outside.ask("SELECT name FROM pg_catalog.pg_available_extensions").rows.map { $0.text(0) })
    let missing = content.extensions.keys.sorted().filter { !available.contains($0) }
    guard !missing.isEmpty else { return }
    throw StepFailure(
      "extension-missing", "\(address.server) lacks the extension\(missing.count == 1 ? "" : "s") \(missing.joined(separator: ", "))",
      details: ["objects of the point need it; nothing was touched"],
      helps: ["install its package on the target's host (Debian: postgresql-\(await outside.major)-…, or postgresql-contrib)"])
  }

  private func tablespaces() async throws {
    let there = Set(try await outside.ask("SELECT spcname FROM pg_catalog.pg_tablespace").rows.map { $0.text(0) })
    let missing = content.tablespaces.filter { !there.contains($0) }
    guard !missing.isEmpty else { return }
    throw StepFailure(
      "tablespace-missing", "\(address.server) lacks the tablespace\(missing.count == 1 ? "" : "s") \(missing.joined(separator: ", "))",
      details: ["objects of the point lie in it; nothing was touched"],
      helps: ["CREATE TABLESPACE \(SQL.identifier(missing[0])) LOCATION '…';"])
  }
}
