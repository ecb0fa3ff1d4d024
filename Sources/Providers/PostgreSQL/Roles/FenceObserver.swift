internal import CanonicalJSON
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Looks whether a server answers, whether it is a primary, and whether it is fenced.
///
/// That it answers is no fact: in a disaster it may stop at any moment, and the step copes with both. So a plan made a minute before still holds.
public struct FenceObserver: StepObserver {
  public typealias Kind = PostgreSQLFence

  public func observe(_ arguments: PostgreSQLFence.Arguments, in context: ObservingContext) async -> Observation {
    var observation = Observation(facts: [RoleFact.isFenced: false], measurements: [RoleShown.isReached: false])
    do {
      let address = try await context.secrets.address(of: arguments.server)
      let seen = try await ReadOnlyLook.look(address, timeout: context.timeout.duration)
      observation.measurements = seen.role.measurements
      observation.measurements[RoleShown.isReached] = true
      observation.measurements[RoleShown.role] = seen.role.isPrimary ? "primary" : "standby"
      observation.measurements[RoleShown.sessions] = .int(seen.sessions)
      observation.facts[RoleFact.isFenced] = .bool(seen.isFenced)
      if let standby = seen.role.standby {
        observation.measurements[RoleShown.problem] = .string("it is no primary" + (standby.receiver.map { ": it is sent the log by \($0.sender)" } ?? ""))
      } else if !seen.role.isSuperuser {
        observation.measurements[RoleShown.problem] = "the URL's user is no superuser there, and only a superuser can shut it"
      }
    } catch {
      let failure = Failures.translate(error, doing: "looking")
      observation.measurements[RoleShown.problem] = .string(failure.message)
      // It answers, and lets us in by no way.
      observation.measurements[RoleShown.isReached] = .bool(["login-refused", "sql-refused"].contains(failure.code))
    }
    return observation
  }
}

/// What `plan` sees of a server's role, by the URL or by the administrator's way. Reads only.
struct ReadOnlyLook: Sendable {
  var role: ServerRole
  /// It refuses the applications and lets its administrator in.
  var isFenced: Bool
  var fence: FenceMark?
  var sessions: Int64

  static func look(_ address: ServerAddress, timeout: Duration) async throws -> ReadOnlyLook {
    let application = BackupObserver.application
    let door = Knocking(address: address, application: application).door
    do throws(PostgreSQLError) { return try await look(.open(address, application: application, timeout: timeout), isFenced: false) } catch {
      guard error.isByRule else { throw error }
      let database: ReadOnlyDatabase
      do throws(PostgreSQLError) { database = try await .open(address.with(database: door), application: application, timeout: timeout) } catch { throw error }
      return try await look(database, isFenced: true)
    }
  }

  private static func look(_ database: ReadOnlyDatabase, isFenced: Bool) async throws(PostgreSQLError) -> ReadOnlyLook {
    let role = try await ServerRole.look(database)
    let sessions = try await SessionSweep.count(database)
    var fence: FenceMark?
    if isFenced, role.isSuperuser {
      let text = try await database.ask("SELECT pg_catalog.pg_read_file(pg_catalog.current_setting('hba_file'))").value
      fence = FencedRules(text: text ?? "")?.mark
    }
    await database.close()
    return ReadOnlyLook(role: role, isFenced: fence != nil && sessions == 0, fence: fence, sessions: sessions)
  }
}
