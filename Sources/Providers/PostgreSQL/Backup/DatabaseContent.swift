internal import PostgreSQLClient
internal import ProviderInterface
internal import Units

enum SnapshotQueries {
  static let position = """
    SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_insert_lsn() END
    """
}

/// Reads what the manifest says of a database beside its rows, on the coordinator's session.
struct DatabaseContent: Sendable {
  let connection: PostgreSQLConnection
  let snapshot: Snapshot

  /// Tables, large objects and archive are still to be filled in.
  func read() async throws -> LogicalPoint.Database {
    let name = try await connection.query("SELECT pg_catalog.current_database()").value ?? ""
    guard let properties = try await DatabaseQueries.properties(of: name, on: connection) else { throw StepFailure.cancelled }
    let leftOut = try await connection.query(DatabaseQueries.leftOut).rows.map { LogicalPoint.LeftOut(what: $0.text(0), name: $0.text(1)) }
    let content = LogicalPoint.Database(
      name: name, sigma: snapshot.sigma, lsnBefore: snapshot.lsnBefore, lsnAfter: nil, properties: properties,
      collationVersions: try await pairs(DatabaseQueries.collationVersions), extensions: try await pairs(DatabaseQueries.extensions),
      tablespaces: try await connection.query(DatabaseQueries.tablespaces).rows.map { $0.text(0) }, tables: [],
      sequences: try await sequences(), largeObjects: .init(count: 0, bytes: 0, pieces: []), archive: .init(object: "", warnings: []),
      notValidated: try await connection.query(DatabaseQueries.notValidated).rows.map { $0.text(0) }, leftOut: leftOut)
    try checkNames(content)
    return content
  }

  private func pairs(_ sql: String) async throws -> [String: String] {
    Dictionary(try await connection.query(sql).rows.map { ($0.text(0), $0.text(1)) }) { first, _ in first }
  }

  /// Sequences are not transactional: read after the snapshot they are never behind the rows, perhaps ahead.
  private func sequences() async throws -> [LogicalPoint.Sequence] {
    let names = try await connection.query(TableQueries.sequences).rows.map { QualifiedName(schema: $0.text(0), name: $0.text(1)) }
    var found: [LogicalPoint.Sequence] = []
    for start in stride(from: 0, to: names.count, by: 200) {
      let part = Array(names[start..<min(start + 200, names.count)])
      for row in try await connection.query(TableQueries.sequenceValues(part)).rows {
        let name = part[Int(row.int(0))]
        found.append(LogicalPoint.Sequence(schema: name.schema, name: name.name, last: row.int(1), called: row.bool(2)))
      }
    }
    return found
  }

  /// In a database without an encoding names can be any bytes; those that are no text could not be written down again.
  private func checkNames(_ content: LogicalPoint.Database) throws(StepFailure) {
    let names =
      snapshot.tables.flatMap { [$0.table.schema, $0.table.name] + $0.columns } + content.sequences.flatMap { [$0.schema, $0.name] }
    guard let bad = names.first(where: { $0.contains("\u{FFFD}") }) else { return }
    throw StepFailure(
      "name-not-text", "the name `\(bad)` in \(connection.address) is not valid text in UTF-8",
      details: ["the database's encoding is \(content.properties.encoding), which takes any bytes for a name"], helps: ["rename it"])
  }
}

enum SequenceStatements {
  static func set(_ sequence: LogicalPoint.Sequence) -> String {
    "SELECT pg_catalog.setval(\(SQL.literal(SQL.qualified(sequence.schema, sequence.name))), \(sequence.last), \(sequence.called));\n"
  }
}
