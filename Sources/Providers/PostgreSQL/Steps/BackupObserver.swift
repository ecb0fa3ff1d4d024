internal import CanonicalJSON
internal import ObjectStore
internal import PlanModel
internal import PointSteps
internal import PostgreSQLClient
public import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Looks for the newest point in the store, and for a server to back up.
public struct BackupObserver: StepObserver {
  public typealias Kind = PostgreSQLBackup
  static let application = "sie-dr:plan"

  public func observe(_ arguments: PostgreSQLBackup.Arguments, in context: ObservingContext) async -> Observation {
    var observation = Observation()
    do {
      let store = try await context.stores.reading(arguments.store)
      if let failure = await observation.note(newestOf: arguments.protection, of: arguments.dataClass, in: store) {
        return .unreachable("the store `\(arguments.store.name)`: \(failure.detail)")
      }
    } catch { return .unreachable(error.message) }
    var reasons: [String] = []
    for server in arguments.servers {
      do { return try await look(at: server, observation, context) } catch {
        reasons.append("\(server.server): \(Failures.translate(error, doing: "looking").message)")
      }
    }
    return .unreachable(reasons.joined(separator: "; "))
  }

  private func look(at server: PostgreSQLReference, _ start: Observation, _ context: ObservingContext) async throws -> Observation {
    let address = try await context.secrets.address(of: server)
    let database = try await ReadOnlyDatabase.open(address, application: Self.application, timeout: context.timeout.duration)
    let row =
      try await database.ask(
        "SELECT current_setting('server_version'), pg_is_in_recovery(), pg_database_size(current_database()), current_database()"
      ).rows.first ?? []
    var observation = start
    observation.facts[Fact.server] = .string(server.server.rawValue)
    observation.facts[Fact.serverVersion] = .string(row.text(0))
    observation.facts[Fact.role] = row.bool(1) ? "standby" : "primary"
    observation.facts[Fact.problem] = await problem(address, database, row.text(0))
    observation.measurements["size"] = .string(ByteCount(bytes: row.int(2)).description)
    await database.close()
    return observation
  }

  /// What would make the backup fail and can be seen from here.
  private func problem(_ address: ServerAddress, _ database: ReadOnlyDatabase, _ version: String) async -> JSONValue? {
    do {
      try BackupChecks.check(serverMajor: await database.major, version: version, at: address)
      try await BackupChecks(address: address, database: database).check()
      return nil
    } catch { return .string(Failures.translate(error, doing: "looking").message) }
  }
}
