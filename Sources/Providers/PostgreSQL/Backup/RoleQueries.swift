internal import PostgreSQLClient

/// Reads the roles of a server.
enum RoleQueries {
  /// Whether role passwords can be read: on managed servers they cannot.
  static func canReadPasswords(_ connection: PostgreSQLConnection) async throws(PostgreSQLError) -> Bool {
    try await connection.query("SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')").value == "t"
  }

  static func catalogue(_ connection: PostgreSQLConnection) async throws(PostgreSQLError) -> RoleCatalogue {
    let withPasswords = try await canReadPasswords(connection)
    let roles = try await connection.query(
      """
      SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls,
        r.rolconnlimit, r.rolvaliduntil, \(withPasswords ? "r.rolpassword" : "NULL"), pg_catalog.shobj_description(r.oid, 'pg_authid'),
        r.oid = 10 OR EXISTS (SELECT FROM pg_catalog.pg_shdepend s JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
          WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = r.oid
          AND (s.dbid = d.oid OR s.classid = 'pg_catalog.pg_database'::regclass AND s.objid = d.oid))
        OR EXISTS (SELECT FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database() AND d.datdba = r.oid)
      FROM pg_catalog.\(withPasswords ? "pg_authid" : "pg_roles") r WHERE r.rolname !~ '^pg_' ORDER BY 1
      """
    ).rows
    let settings = try await connection.query(
      """
      SELECT r.rolname, c.item FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_roles r ON r.oid = s.setrole,
        unnest(s.setconfig) WITH ORDINALITY c(item, n) WHERE s.setdatabase = 0 ORDER BY 1, c.n
      """
    ).rows
    return RoleCatalogue(
      roles: roles.map { row in
        RoleCatalogue.Role(
          name: row.text(0), superuser: row.bool(1), inherits: row.bool(2), createRole: row.bool(3), createDatabase: row.bool(4),
          canLogin: row.bool(5), replication: row.bool(6), bypassRowSecurity: row.bool(7), connectionLimit: Int(row.int(8)),
          validUntil: row[9],
          passwordHash: row[10], comment: row[11],
          settings: settings.filter { $0.text(0) == row.text(0) }.map { setting in
            let (name, value) = DatabaseQueries.split(setting.text(1))
            return RoleCatalogue.Role.Setting(name: name, value: value)
          }, isNeeded: row.bool(12))
      }, memberships: try await memberships(connection))
  }

  private static func memberships(_ connection: PostgreSQLConnection) async throws(PostgreSQLError) -> [RoleCatalogue.Membership] {
    let options = await connection.serverVersion >= 160_000 ? "m.inherit_option, m.set_option" : "NULL::boolean, NULL::boolean"
    return try await connection.query(
      """
      SELECT g.rolname, u.rolname, o.rolname, m.admin_option, \(options)
      FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid JOIN pg_catalog.pg_roles u ON u.oid = m.member
      LEFT JOIN pg_catalog.pg_roles o ON o.oid = m.grantor ORDER BY 1, 2, 3
      """
    ).rows.map { row in
      RoleCatalogue.Membership(
        role: row.text(0), member: row.text(1), grantor: row[2], adminOption: row.bool(3), inheritOption: row[4].map { $0 == "t" },
        setOption: row[5].map { $0 == "t" })
    }
  }
}
