internal import PostgreSQLClient

/// Makes roles like those of a point: pure text.
enum RoleStatements {
  static func create(_ role: RoleCatalogue.Role) -> [String] {
    let name = SQL.identifier(role.name)
    var options = [
      word("SUPERUSER", role.superuser), word("INHERIT", role.inherits), word("CREATEROLE", role.createRole),
      word("CREATEDB", role.createDatabase), word("LOGIN", role.canLogin), word("REPLICATION", role.replication),
      word("BYPASSRLS", role.bypassRowSecurity), "CONNECTION LIMIT \(role.connectionLimit)",
    ]
    if let until = role.validUntil { options.append("VALID UNTIL \(SQL.literal(until))") }
    if let hash = role.passwordHash { options.append("PASSWORD \(SQL.literal(hash))") }
    return ["CREATE ROLE \(name) \(options.joined(separator: " "))"]
      + role.settings.map { "ALTER ROLE \(name) SET \(DatabaseStatements.assignment($0.name, $0.value))" }
  }

  private static func word(_ word: String, _ isSet: Bool) -> String { isSet ? word : "NO\(word)" }

  static func comment(_ role: String, _ comment: String?) -> String {
    "COMMENT ON ROLE \(SQL.identifier(role)) IS \(comment.map(SQL.literal) ?? "NULL")"
  }

  static func grant(_ membership: RoleCatalogue.Membership, keepingGrantor: Bool) -> String {
    var options: [String] = []
    if membership.adminOption { options.append("ADMIN OPTION") }
    var text = "GRANT \(SQL.identifier(membership.role)) TO \(SQL.identifier(membership.member))"
    if let inherit = membership.inheritOption, let set = membership.setOption {
      text += " WITH ADMIN \(membership.adminOption), INHERIT \(inherit), SET \(set)"
    } else if !options.isEmpty {
      text += " WITH ADMIN OPTION"
    }
    if keepingGrantor, let grantor = membership.grantor { text += " GRANTED BY \(SQL.identifier(grantor))" }
    return text
  }
}
