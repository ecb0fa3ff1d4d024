internal import CanonicalJSON
internal import PlanModel
internal import PointSteps
public import ProviderInterface
internal import RecoveryPoints
internal import RedisClient
internal import Units

/// Looks for the point to restore, and at the target.
public struct RedisRestoreObserver: StepObserver {
  public typealias Kind = RedisRestore

  public func observe(_ arguments: RedisRestore.Arguments, in context: ObservingContext) async -> Observation {
    var observation = Observation()
    let point = await observation.note(restored: arguments, counting: "keys", in: context)
    do { try await look(arguments, point, context, &observation) } catch { return .unreachable(Failures.translate(error, doing: "looking").message) }
    return observation
  }

  private func look(_ arguments: RedisRestore.Arguments, _ point: RecoveryPoint?, _ context: ObservingContext, _ observation: inout Observation) async throws {
    let address = try await context.secrets.address(of: arguments.server)
    let redis = try await ReadOnlyRedis.open(address, name: observerName, timeout: context.timeout.duration)
    let info = try await redis.info()
    await redis.close()
    observation.facts[PointFact.server] = .string(arguments.server.server.rawValue)
    observation.facts[PointFact.serverVersion] = .string(info.version)
    observation.facts[PointFact.role] = info.isMaster ? "primary" : "replica"
    observation.facts[PointFact.target] = .string(info.keyspace.isEmpty ? "empty" : TargetServer.words(info.keyspace))
    observation.facts["appendOnly"] = .bool(info.flag("aof_enabled"))
    guard observation.facts[PointFact.problem] == nil else { return }
    do throws(StepFailure) {
      try TargetServer.check(info, address, rdbVersion: point?.manifest.content["rdbVersion"]?.int.map(Int.init))
      try TargetServer.checkEmpty(info, address, functions: 0)
    } catch { observation.facts[PointFact.problem] = .string(error.message) }
  }
}

/// Restores a recovery point into a server that holds no keys.
public struct RedisRestorePerformer: StepPerformer {
  public typealias Kind = RedisRestore
  let host: RedisHost

  public func perform(_ arguments: RedisRestore.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    let made = try await SnapshotRestore(
      address: try await context.secrets.address(of: arguments.server), mark: context.mark, copies: try await arguments.copies(by: host.age, in: context),
      timeout: context.timeout, report: context.report
    ).run()
    let expired = made.expired == 0 ? [] : ["\(made.expired) more had expired meanwhile"]
    return result(made.mark, notes: expired + made.notes, arguments)
  }

  private func result(_ mark: RestoreMark, notes: [String], _ arguments: RedisRestore.Arguments) -> StepResult {
    StepResult(
      summary: "restored \(mark.keys) key\(mark.keys == 1 ? "" : "s") from point \(mark.point) into \(arguments.server.server)"
        + (mark.appendOnly ? ", its append-only file is on again" : "") + (notes.isEmpty ? "" : "; note: \(notes.joined(separator: "; "))"),
      outputs: ["point": .text(mark.point), "url": .secret(arguments.server.url), "keys": .text(String(mark.keys))],
      undoRecord: (try? CanonicalJSON.value(mark)) ?? .null, measurements: ["keys": .int(mark.keys)])
  }

  public func settle(_ arguments: RedisRestore.Arguments, in context: PerformingContext) async -> Settlement {
    do {
      let address = try await context.secrets.address(of: arguments.server)
      let target = try await TargetServer.open(address, application: context.mark.applicationName)
      let found = try await RestoreMark.read(target.connection)
      await target.connection.close()
      guard let found, found.isOf(context.mark), found.attempt == context.mark.attempt, found.state == .done else { return .notDone }
      return .done(result(found, notes: [], arguments))
    } catch {
      return .unknown("the server `\(arguments.server.server)` cannot be asked: \(Failures.translate(error, doing: "looking").message)")
    }
  }

  public func undo(_ arguments: RedisRestore.Arguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let address = try await context.secrets.address(of: arguments.server)
    try await translating("taking back the restore into \(address.server)") {
      let target = try await TargetServer.open(address, application: context.mark.applicationName)
      let info = try await target.connection.info()
      guard var mark = try await RestoreMark.read(target.connection), mark.isOf(context.mark) else {
        guard result != nil, !info.keyspace.isEmpty else { return }
        throw StepFailure(
          "not-ours", "\(address.server) does not say any more that its keys are of this run", details: ["they may be somebody else's by now: \(TargetServer.words(info.keyspace))"],
          helps: ["if they can go: redis-cli FLUSHALL"])
      }
      mark.state = .emptying
      try await target.empty(leaving: mark, info)
      if mark.appendOnly { try await AppendOnlyFile(target: target).turnOn(within: context.timeout.duration) }
      _ = try await target.connection.ask("DEL", RestoreMark.key)
      await target.connection.close()
    }
  }
}
