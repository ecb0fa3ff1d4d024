internal import CanonicalJSON
internal import PlanModel
internal import PointSteps
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Looks whether the database is there, and who is in it.
public struct SwapObserver: StepObserver {
  public typealias Kind = PostgreSQLSwap

  public func observe(_ arguments: PostgreSQLSwap.Arguments, in context: ObservingContext) async -> Observation {
    do {
      let address = try await context.secrets.address(of: arguments.server)
      let outside = try await TargetServer.look(address, application: BackupObserver.application, timeout: context.timeout.duration)
      var observation = Observation(facts: [SwapFact.database: .string(address.database), Fact.server: .string(arguments.server.server.rawValue)])
      let sessions = try await outside.ask("SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE datname = $1", [address.database]).value
      observation.measurements[SwapFact.sessions] = .int(Int64(sessions ?? "") ?? 0)
      do throws(StepFailure) { try await SwapChecks(address: address, keepAs: arguments.keepAs).check(outside) } catch {
        observation.facts[Fact.problem] = .string(error.message)
      }
      await outside.close()
      return observation
    } catch { return .unreachable(Failures.translate(error, doing: "looking").message) }
  }
}

/// What makes a swap impossible and can be seen before anything is touched.
struct SwapChecks: Sendable {
  /// Leads to the database whose place is taken.
  let address: ServerAddress
  /// A name that must be free.
  let keepAs: String?

  func check(_ outside: some Asking) async throws(StepFailure) {
    try await translating("looking at \(address)") {
      guard try await outside.ask("SELECT pg_catalog.pg_is_in_recovery()").value == "f" else {
        throw StepFailure("target-is-standby", "\(address.server) is a standby: nothing can be renamed there", helps: ["name its primary"])
      }
      let names = Set(try await outside.ask("SELECT datname FROM pg_catalog.pg_database").rows.map { $0.text(0) })
      guard names.contains(address.database) else {
        throw StepFailure(
          "database-missing", "there is no database `\(address.database)` on \(address.server) whose place could be taken",
          helps: ["restore into its place: `postgresql.restore` without `into`"])
      }
      guard let keepAs, names.contains(keepAs) else { return }
      throw StepFailure(
        "name-taken", "there is a database `\(keepAs)` on \(address.server) already, as which the former one would be kept",
        details: ["it may be what an earlier incident left; nothing was touched"], helps: ["write another name under `keepAs`, or none"])
    }
  }
}
