internal import CanonicalJSON
internal import PlanModel
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Looks who is primary, how far the replica is, in what it was sent and in what it has replayed, and what the other servers are.
public struct PromoteObserver: StepObserver {
  public typealias Kind = PostgreSQLPromote

  public func observe(_ arguments: PostgreSQLPromote.Arguments, in context: ObservingContext) async -> Observation {
    var observation = Observation()
    let systemIdentifier: String
    do {
      let seen = try await ReadOnlyLook.look(try await context.secrets.address(of: arguments.server), timeout: context.timeout.duration)
      systemIdentifier = seen.role.systemIdentifier
      observation.facts[RoleFact.role] = seen.role.isPrimary ? "primary" : "standby"
      observation.facts[RoleFact.systemIdentifier] = .string(systemIdentifier)
      observation.measurements = seen.role.measurements
      if !seen.role.isSuperuser { observation.measurements[RoleShown.problem] = "the URL's user is no superuser there" }
    } catch {
      return .unreachable(Failures.translate(error, doing: "looking").message)
    }
    var others: [String: JSONValue] = [:]
    for server in arguments.others { others[server.server.rawValue] = .string(await words(server, systemIdentifier, context)) }
    if !others.isEmpty { observation.measurements["others"] = .object(others) }
    return observation
  }

  private func words(_ server: PostgreSQLReference, _ systemIdentifier: String, _ context: ObservingContext) async -> String {
    do {
      let seen = try await ReadOnlyLook.look(try await context.secrets.address(of: server), timeout: min(.seconds(5), context.timeout.duration))
      if seen.role.systemIdentifier != systemIdentifier { return "of another family" }
      guard seen.role.isPrimary else { return "standby" }
      return seen.isFenced ? "primary, fenced" : "primary, takes writes"
    } catch { return "not reached: \(Failures.translate(error, doing: "looking").message)" }
  }
}
