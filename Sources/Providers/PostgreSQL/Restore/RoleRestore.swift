internal import PostgreSQLClient
internal import ProviderInterface

extension SQLState {
  static let duplicateObject = SQLState("42710")
  static let uniqueViolation = SQLState("23505")
}

/// Makes the roles of a point that the target lacks, and only those: none that is there is altered.
struct RoleRestore: Sendable {
  let target: TargetServer
  let catalogue: RoleCatalogue
  let owner: RestoreMark.Owner

  struct Plan: Sendable {
    var create: [RoleCatalogue.Role]
    /// Roles that are there and other than in the point.
    var differences: [String]
    /// Roles that are neither there nor made: this user may not.
    var skipped: [String]
    /// All names that will be there.
    var names: Set<String>
  }

  private func plan() async throws -> Plan {
    let found = try await RoleQueries.catalogue(target.connection)
    let byName = Dictionary(found.roles.map { ($0.name, $0) }) { first, _ in first }
    let isSuperuser =
      try await target.connection.query("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user").value == "t"
    let missing = catalogue.roles.filter { byName[$0.name] == nil }
    // Who is no superuser makes no more than the database needs.
    let create = missing.filter { isSuperuser || $0.isNeeded }
    let differences = catalogue.roles.flatMap { role in
      (byName[role.name]?.differences(from: role) ?? []).map { "the role \(role.name) \($0)" }
    }
    let memberships = Set(found.memberships.map { [$0.role, $0.member] })
    let apart = catalogue.memberships.filter { byName[$0.member] != nil && !memberships.contains([$0.role, $0.member]) }
    let skipped = missing.map(\.name).filter { name in !create.contains { $0.name == name } }
    return Plan(
      create: create, differences: differences + apart.map { "the role \($0.member) is no member of \($0.role) here" }, skipped: skipped,
      names: Set(byName.keys).union(create.map(\.name)))
  }

  /// Makes what is missing. Another restore may be making the same roles at this moment: then it is looked again.
  func make() async throws -> Plan {
    for _ in 1...5 {
      let plan = try await plan()
      do {
        try await make(plan)
        return plan
      } catch let error as PostgreSQLError where error.state == .duplicateObject || error.state == .uniqueViolation {}
    }
    let plan = try await plan()
    try await make(plan)
    return plan
  }

  /// All or none; each carries the run's mark until the restore is done.
  private func make(_ plan: Plan) async throws {
    guard !plan.create.isEmpty else { return }
    let new = Set(plan.create.map(\.name))
    try await target.connection.execute("BEGIN")
    do {
      for role in plan.create {
        for statement in RoleStatements.create(role) + [RoleStatements.comment(role.name, RoleMark.text(owner))] {
          try await target.connection.execute(statement)
        }
      }
      for membership in catalogue.memberships
      where new.contains(membership.member) && (plan.names.contains(membership.role) || membership.role.hasPrefix("pg_")) {
        try await grant(membership, plan)
      }
      try await target.connection.execute("COMMIT")
    } catch {
      _ = try? await target.connection.execute("ROLLBACK")
      throw error
    }
  }

  /// The grantor is kept where the server takes it: from 16 on he must hold the admin option himself.
  private func grant(_ membership: RoleCatalogue.Membership, _ plan: Plan) async throws(PostgreSQLError) {
    guard let grantor = membership.grantor, plan.names.contains(grantor) else {
      try await target.connection.execute(RoleStatements.grant(membership, keepingGrantor: false))
      return
    }
    try await target.connection.execute("SAVEPOINT sie_dr_grant")
    do throws(PostgreSQLError) {
      try await target.connection.execute(RoleStatements.grant(membership, keepingGrantor: true))
    } catch {
      guard error.state != nil else { throw error }
      try await target.connection.execute("ROLLBACK TO SAVEPOINT sie_dr_grant")
      try await target.connection.execute(RoleStatements.grant(membership, keepingGrantor: false))
    }
  }
}
