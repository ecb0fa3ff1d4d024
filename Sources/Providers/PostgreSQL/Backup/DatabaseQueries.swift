internal import PostgreSQLClient
internal import Units

/// Questions about a database as a whole, asked under the snapshot of a backup, or of a target.
enum DatabaseQueries {
  static func properties(of name: String, on connection: some Asking) async throws(PostgreSQLError) -> DatabaseProperties? {
    let version = await connection.major
    let (provider, icu) =
      version >= 17 ? ("d.datlocprovider", "d.datlocale") : version >= 15 ? ("d.datlocprovider", "d.daticulocale") : ("'c'", "NULL")
    let rows = try await connection.ask(
      """
      SELECT pg_catalog.pg_get_userbyid(d.datdba), pg_catalog.pg_encoding_to_char(d.encoding), \(provider), d.datcollate, d.datctype, \(icu),
        d.datconnlimit, pg_catalog.shobj_description(d.oid, 'pg_database'), d.datacl IS NULL, d.oid, t.spcname
      FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = $1
      """, [name]
    ).rows
    guard let row = rows.first else { return nil }
    return DatabaseProperties(
      owner: row.text(0), encoding: row.text(1), provider: row.text(2) == "i" ? "icu" : row.text(2) == "b" ? "builtin" : "libc",
      collate: row.text(3), ctype: row.text(4), icuLocale: row[5],
      tablespace: row.text(10) == "pg_default" ? nil : row[10], connectionLimit: Int(row.int(6)), comment: row[7],
      privileges: row.bool(8) ? nil : try await privileges(row.text(9), connection), settings: try await settings(row.text(9), connection))
  }

  private static func privileges(_ oid: String, _ connection: some Asking) async throws(PostgreSQLError) -> [DatabaseProperties.Privilege] {
    try await connection.ask(
      """
      SELECT CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee) END, a.privilege_type, a.is_grantable
      FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a WHERE d.oid = $1::oid ORDER BY 1 NULLS FIRST, 2
      """, [oid]
    ).rows.map { DatabaseProperties.Privilege(grantee: $0[0], privilege: $0.text(1), grantable: $0.bool(2)) }
  }

  private static func settings(_ oid: String, _ connection: some Asking) async throws(PostgreSQLError) -> [DatabaseProperties.Setting] {
    try await connection.ask(
      """
      SELECT CASE WHEN s.setrole <> 0 THEN pg_catalog.pg_get_userbyid(s.setrole) END, c.item
      FROM pg_catalog.pg_db_role_setting s, unnest(s.setconfig) WITH ORDINALITY c(item, n)
      WHERE s.setdatabase = $1::oid ORDER BY 1 NULLS FIRST, c.n
      """, [oid]
    ).rows.map { row in
      let (name, value) = split(row.text(1))
      return DatabaseProperties.Setting(role: row[0], name: name, value: value)
    }
  }

  /// `name=value`, as the catalogue keeps settings.
  static func split(_ item: String) -> (name: String, value: String) {
    let name = item.prefix { $0 != "=" }
    return (String(name), String(item.dropFirst(name.count + 1)))
  }

  static let extensions = "SELECT extname, extversion FROM pg_catalog.pg_extension ORDER BY 1"

  /// Tablespaces other than the default that objects of this database lie in.
  static let tablespaces = """
    SELECT DISTINCT t.spcname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace
    WHERE t.spcname NOT IN ('pg_default', 'pg_global') ORDER BY 1
    """

  /// Versions of the collations that columns use: an index built with another version may be in another order.
  static let collationVersions = """
    SELECT DISTINCT o.collname, o.collversion FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.oid >= 16384
    JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation WHERE o.collversion IS NOT NULL ORDER BY 1
    """

  static let notValidated = """
    SELECT n.nspname || '.' || c.relname || '.' || k.conname FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT k.convalidated AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1
    """

  static let leftOut = """
    SELECT 'rows of a foreign table', n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'f'
    UNION ALL SELECT 'rows of an unlogged table, unreadable on a standby', n.nspname || '.' || c.relname
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery()
    UNION ALL SELECT 'prepared transaction', gid FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()
    UNION ALL SELECT 'replication slot', slot_name FROM pg_catalog.pg_replication_slots WHERE database = pg_catalog.current_database()
    ORDER BY 1, 2
    """
}
