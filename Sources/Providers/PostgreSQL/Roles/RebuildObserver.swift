internal import CanonicalJSON
internal import PlanModel
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Looks whether the server is a replica already, and whether the other one is a primary.
public struct RebuildObserver: StepObserver {
  public typealias Kind = PostgreSQLRebuildReplica

  public func observe(_ arguments: PostgreSQLRebuildReplica.Arguments, in context: ObservingContext) async -> Observation {
    var observation = Observation(facts: [RoleFact.follows: false], measurements: [RoleShown.isReached: false])
    let timeout = min(Duration.seconds(5), context.timeout.duration / 2)
    let primary: ServerRole
    do {
      primary = try await ReadOnlyLook.look(try await context.secrets.address(of: arguments.from), timeout: timeout).role
      observation.facts[RoleFact.role] = primary.isPrimary ? "primary" : "standby"
      observation.facts[RoleFact.systemIdentifier] = .string(primary.systemIdentifier)
      if !primary.isPrimary { observation.measurements[RoleShown.problem] = .string("`\(arguments.from.server)` is no primary") }
    } catch { return .unreachable(Failures.translate(error, doing: "looking").message) }
    // The server itself may be down, at any moment: that is no fact.
    guard let address = try? await context.secrets.address(of: arguments.server), let seen = try? await ReadOnlyLook.look(address, timeout: timeout) else {
      return observation
    }
    observation.measurements.merge(seen.role.measurements) { first, _ in first }
    observation.measurements[RoleShown.isReached] = true
    observation.measurements[RoleShown.role] = seen.role.isPrimary ? (seen.isFenced ? "primary, fenced" : "primary, takes writes") : "standby"
    observation.facts[RoleFact.follows] = .bool(seen.role.isFollowing(primary) && !seen.isFenced)
    return observation
  }
}
