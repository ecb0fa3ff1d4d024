internal import CanonicalJSON
internal import Encryption
internal import ObjectStore
internal import PlanModel
internal import PointSteps
public import ProviderInterface
internal import RecoveryPoints
internal import RedisClient
internal import Units

/// Looks for the newest point in the store, and for a server to back up.
public struct RedisBackupObserver: StepObserver {
  public typealias Kind = RedisBackup

  public func observe(_ arguments: RedisBackup.Arguments, in context: ObservingContext) async -> Observation {
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

  private func look(at server: RedisReference, _ start: Observation, _ context: ObservingContext) async throws -> Observation {
    let address = try await context.secrets.address(of: server)
    let redis = try await ReadOnlyRedis.open(address, name: observerName, timeout: context.timeout.duration)
    let info = try await redis.info()
    await redis.close()
    var observation = start
    observation.facts[PointFact.server] = .string(server.server.rawValue)
    observation.facts[PointFact.serverVersion] = .string(info.version)
    observation.facts[PointFact.role] = info.isMaster ? "primary" : "replica"
    do throws(StepFailure) { try SnapshotBackup.check(info, address) } catch { observation.facts[PointFact.problem] = .string(error.message) }
    observation.measurements["keys"] = .int(info.keyspace.values.reduce(0) { $0 + $1.all })
    observation.measurements["size"] = .string(ByteCount(bytes: info.int("used_memory") ?? 0).description)
    return observation
  }
}

/// Makes a recovery point of a Redis server.
public struct RedisBackupPerformer: StepPerformer {
  public typealias Kind = RedisBackup
  let host: RedisHost

  public func perform(_ arguments: RedisBackup.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    let store = try await context.stores.opening(arguments.store)
    try await PointMaking.clearAway(arguments.dataClass, context, in: store)
    let address = try await chooseServer(arguments, context)
    let started = context.now()
    let place = PointPlace(dataClass: arguments.dataClass, id: PointID(started: started, mark: context.mark.description))
    let sealing = arguments.recipients.isEmpty ? nil : AgeSealing(to: arguments.recipients, by: host.age, deadline: context.timeout)
    let point = PointWriter(place, in: store, sealing: sealing)
    do throws(StepFailure) {
      let made = try await SnapshotBackup(address: address, application: context.mark.applicationName, now: context.now, report: context.report).run(into: point)
      let manifest = try await manifest(made, place.id, started, arguments, context, store)
      let instructions = RestoreInstructions.text(made.content, id: place.id.text, encryption: manifest.encryption)
      try await translating("publishing the point \(place.id)") { try await point.publish(manifest, instructions: instructions) }
      return PointMaking.result(manifest, counting: "keys")
    } catch {
      // Also where the task was cancelled: half a point is of no use to anybody.
      try? await point.discard()
      throw error
    }
  }

  /// The first server that is a primary; else the first replica that can be read.
  private func chooseServer(_ arguments: RedisBackup.Arguments, _ context: PerformingContext) async throws(StepFailure) -> RedisAddress {
    var replica: RedisAddress?
    var failures: [StepFailure] = []
    for server in arguments.servers {
      do {
        let address = try await context.secrets.address(of: server)
        let connection = try await ReadOnlyRedis.open(address, name: context.mark.applicationName)
        let info = try await connection.info()
        await connection.close()
        if info.isMaster { return address }
        replica = replica ?? address
      } catch { failures.append(Failures.translate(error, doing: "looking for the primary of `\(arguments.dataClass)`")) }
    }
    if let replica { return replica }
    guard let first = failures.first else { throw StepFailure("no-server", "the data class `\(arguments.dataClass)` names no server") }
    throw StepFailure(first.code, first.message, details: first.details + failures.dropFirst().map(\.message), helps: first.helps, transient: first.isTransient)
  }

  private func manifest(
    _ made: SnapshotBackup.Made, _ id: PointID, _ started: Timestamp, _ arguments: RedisBackup.Arguments, _ context: PerformingContext, _ store: any ObjectStore
  ) async throws(StepFailure) -> PointManifest {
    let catalogue = await Catalogue.read(arguments.dataClass, in: [store])
    // Without the last good point nobody could tell whether this one is suspect.
    if let failure = catalogue.unreachable.first { throw Failures.translate(failure, doing: "comparing with the last good point") }
    let suspect = suspicion(rows: made.content.keys, rawBytes: made.content.raw, after: catalogue.latest?.manifest, below: arguments.suspectBelow)
    return try await translating("writing the manifest") {
      try PointManifest(
        id: id, dataClass: arguments.dataClass, protection: arguments.protection, method: SnapshotPoint.method, sigma: made.sigma, started: started,
        available: context.now(), plan: context.plan, planDigest: context.planDigest, mark: context.mark.description,
        toolVersion: context.toolVersion, objects: [made.object], rawBytes: made.content.raw, rows: made.content.keys, suspect: suspect,
        content: try CanonicalJSON.value(made.content), encryption: arguments.recipients.isEmpty ? nil : PointEncryption(recipients: arguments.recipients))
    }
  }

  public func settle(_ arguments: RedisBackup.Arguments, in context: PerformingContext) async -> Settlement {
    await PointMaking.settle(arguments.dataClass, in: arguments.store, context, counting: "keys")
  }

  /// A published point stays; what an attempt that was not done has left goes.
  public func undo(_ arguments: RedisBackup.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    try await PointMaking.clearAway(arguments.dataClass, context, in: try await context.stores.opening(arguments.store))
  }
}
