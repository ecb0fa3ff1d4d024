internal import CanonicalJSON
internal import PlanModel
internal import PointSteps
internal import PostgreSQLClient
public import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Looks for the point to restore, and at the target.
public struct RestoreObserver: StepObserver {
  public typealias Kind = PostgreSQLRestore

  public func observe(_ arguments: PostgreSQLRestore.Arguments, in context: ObservingContext) async -> Observation {
    var observation = Observation()
    // Where another step decides there is nothing to look for yet.
    let (point, _, problems) = arguments.point.unknownUntil == nil ? await arguments.find(in: context.stores) : (nil, [], [])
    if let manifest = point?.manifest {
      observation.facts[Fact.point] = .string(manifest.id.text)
      observation.facts[Fact.newestSigma] = .string(manifest.consistentAt.description)
      observation.measurements["rows"] = .int(manifest.rows)
      observation.measurements["raw"] = .string(manifest.rawBytes.description)
    } else if let problem = problems.first {
      observation.facts[Fact.problem] = .string(problem)
    }
    do { try await look(arguments, point, context, &observation) } catch {
      return .unreachable(Failures.translate(error, doing: "looking").message)
    }
    if let manifest = point?.manifest {
      do throws(StepFailure) { _ = try await manifest.opened(by: arguments.identity, from: context.secrets) } catch {
        observation.facts[Fact.problem] = .string(error.message)
      }
    }
    return observation
  }

  private func look(
    _ arguments: PostgreSQLRestore.Arguments, _ point: RecoveryPoint?, _ context: ObservingContext, _ observation: inout Observation
  ) async throws {
    let address = arguments.target(try await context.secrets.address(of: arguments.server))
    let outside = try await TargetServer.look(address, application: BackupObserver.application, timeout: context.timeout.duration)
    observation.facts[Fact.server] = .string(arguments.server.server.rawValue)
    observation.facts[Fact.serverVersion] = .string(try await outside.ask("SELECT current_setting('server_version')").value ?? "")
    let state = try await TargetState.look(at: address, from: outside, application: BackupObserver.application)
    observation.facts[Fact.target] =
      switch state {
      case .absent: "absent"
      case .empty: "empty"
      case .occupied(let things): .string(things.joined(separator: ", "))
      }
    if let point { observation.facts[Fact.problem] = await problem(arguments, point, address, outside) }
    await outside.close()
  }

  /// What would make the restore fail and can be seen from here, the target's contents aside.
  private func problem(_ arguments: PostgreSQLRestore.Arguments, _ point: RecoveryPoint, _ address: ServerAddress, _ outside: ReadOnlyDatabase) async -> JSONValue? {
    do {
      let content = try CanonicalJSON.decode(LogicalPoint.self, from: point.manifest.content)
      try RestoreChecks.check(format: content)
      let database = try arguments.choose(from: content, address)
      _ = try await RestoreChecks(
        address: address, outside: outside, application: BackupObserver.application, point: content, content: database
      ).check()
      return nil
    } catch { return .string(Failures.translate(error, doing: "looking").message) }
  }
}
