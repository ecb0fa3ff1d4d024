/// The roles of a server, as a restore creates the missing ones. Passwords are hashes as the server keeps them, and secret all the same.
struct RoleCatalogue: Codable, Hashable, Sendable {
  var roles: [Role]
  var memberships: [Membership]

  struct Role: Codable, Hashable, Sendable {
    var name: String
    var superuser: Bool
    var inherits: Bool
    var createRole: Bool
    var createDatabase: Bool
    var canLogin: Bool
    var replication: Bool
    var bypassRowSecurity: Bool
    var connectionLimit: Int
    var validUntil: String?
    /// Nil: none, or not readable.
    var passwordHash: String?
    var comment: String?
    var settings: [Setting]
    /// It owns something in the database or is granted something there.
    var isNeeded: Bool

    struct Setting: Codable, Hashable, Sendable {
      var name: String
      var value: String
    }
  }

  struct Membership: Codable, Hashable, Sendable {
    var role: String
    var member: String
    var grantor: String?
    var adminOption: Bool
    /// Servers from 16 on; nil before.
    var inheritOption: Bool?
    var setOption: Bool?
  }
}

extension RoleCatalogue.Role {
  /// The attributes in which two roles of one name can differ, as people say them; passwords are never compared.
  func differences(from other: Self) -> [String] {
    let flags: [(String, Bool, Bool)] = [
      ("SUPERUSER", superuser, other.superuser), ("INHERIT", inherits, other.inherits), ("CREATEROLE", createRole, other.createRole),
      ("CREATEDB", createDatabase, other.createDatabase), ("LOGIN", canLogin, other.canLogin),
      ("REPLICATION", replication, other.replication),
      ("BYPASSRLS", bypassRowSecurity, other.bypassRowSecurity),
    ]
    var found = flags.filter { $0.1 != $0.2 }.map { $0.1 ? "has \($0.0) here" : "lacks \($0.0) here" }
    if connectionLimit != other.connectionLimit {
      found.append("CONNECTION LIMIT \(connectionLimit) here, \(other.connectionLimit) in the point")
    }
    if validUntil != other.validUntil {
      found.append("VALID UNTIL \(validUntil ?? "not set") here, \(other.validUntil ?? "not set") in the point")
    }
    return found
  }
}
