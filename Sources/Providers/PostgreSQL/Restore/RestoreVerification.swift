internal import PostgreSQLClient
internal import ProviderInterface

/// Proves a restored database against the manifest: what is there is counted, not assumed.
struct RestoreVerification: Sendable {
  let content: LogicalPoint.Database

  /// Every difference found, as sentences; none is how it must be.
  func differences(_ sessions: Sessions) async throws -> [String] {
    let connection = try await sessions.open()
    var found = try await rows(sessions)
    found += try await largeObjects(connection)
    found += try await sequences(connection)
    found += try await extensions(connection)
    found += try await constraints(connection)
    await connection.close()
    return found
  }

  private struct Expected: Sendable {
    var name: QualifiedName
    var rows: Int64
    var only: Bool
  }

  /// Rows of an extension's own tables cannot be told from those that the extension brought: their number was checked while loading.
  private func expectations() -> [Expected] {
    let plain = content.tables.filter { $0.condition == nil && $0.loadInto == nil }.map {
      Expected(name: $0.qualified, rows: $0.rows, only: true)
    }
    let roots = Dictionary(grouping: content.tables.filter { $0.loadInto != nil }) { $0.loadInto ?? $0.qualified }
    return plain + roots.sorted { $0.key < $1.key }.map { Expected(name: $0.key, rows: $0.value.reduce(0) { $0 + $1.rows }, only: false) }
  }

  private func rows(_ sessions: Sessions) async throws -> [String] {
    try await sessions.run(expectations().sorted { $0.rows > $1.rows }) { expected, session -> String? in
      let from = (expected.only ? "ONLY " : "") + SQL.qualified(expected.name.schema, expected.name.name)
      let count = try await session.connection().query("SELECT count(*) FROM \(from)").rows.first?.int(0) ?? -1
      return count == expected.rows ? nil : "\(expected.name) has \(count) rows, the point has \(expected.rows)"
    }.compactMap { $0 }.sorted()
  }

  private func largeObjects(_ connection: PostgreSQLConnection) async throws -> [String] {
    guard content.largeObjects.count > 0 else { return [] }
    try await connection.execute("BEGIN")
    let row = try await connection.query(LargeObjectQueries.sums(0, Int64(UInt32.max))).rows.first ?? []
    try await connection.execute("ROLLBACK")
    guard row.int(0) == content.largeObjects.count, row.int(1) == content.largeObjects.bytes else {
      return [
        "there are \(row.int(0)) large objects of \(row.int(1)) bytes, the point has \(content.largeObjects.count) of \(content.largeObjects.bytes)"
      ]
    }
    return []
  }

  private func sequences(_ connection: PostgreSQLConnection) async throws -> [String] {
    var found: [String] = []
    for start in stride(from: 0, to: content.sequences.count, by: 200) {
      let part = Array(content.sequences[start..<min(start + 200, content.sequences.count)])
      for row in try await connection.query(TableQueries.sequenceValues(part.map { QualifiedName(schema: $0.schema, name: $0.name) })).rows
      {
        let expected = part[Int(row.int(0))]
        if row.int(1) != expected.last || row.bool(2) != expected.called {
          found.append("the sequence \(expected.schema).\(expected.name) is at \(row.int(1)), the point has \(expected.last)")
        }
      }
    }
    return found
  }

  private func extensions(_ connection: PostgreSQLConnection) async throws -> [String] {
    let there = try await connection.query(DatabaseQueries.extensions).rows.map { $0.text(0) }
    return content.extensions.keys.sorted().filter { !there.contains($0) }.map { "the extension \($0) is missing" }
  }

  private func constraints(_ connection: PostgreSQLConnection) async throws -> [String] {
    let expected = Set(content.notValidated)
    let open = try await connection.query(DatabaseQueries.notValidated).rows.map { $0.text(0) }
    let invalid = try await connection.query(
      """
      SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND n.nspname !~ '^pg_' ORDER BY 1
      """
    ).rows.map { $0.text(0) }
    return open.filter { !expected.contains($0) }.map { "the constraint \($0) is not validated" }
      + invalid.map { "the index \($0) is not valid" }
  }

  /// Versions that differ: right all the same, since the target's own version is what CREATE EXTENSION gives, but worth a word.
  func otherVersions(_ connection: PostgreSQLConnection) async throws -> [String] {
    try await connection.query(DatabaseQueries.extensions).rows.compactMap { row in
      guard let version = content.extensions[row.text(0)], version != row.text(1) else { return nil }
      return "\(row.text(0)) \(row.text(1)) (the point has \(version))"
    }
  }
}
