internal import CanonicalJSON
public import Encryption
internal import PlanModel
public import PointSteps
public import ProviderInterface
public import RecoveryPoints
public import RedisClient
internal import Units

/// Asks a server whether a snapshot could be taken of it.
public struct RedisLook: SourceLook {
  public typealias Source = RedisSource

  public func look(at server: RedisReference, in context: ObservingContext) async throws(StepFailure) -> SeenSource {
    try await translating("looking") {
      let address = try await context.secrets.address(of: server)
      let redis = try await ReadOnlyRedis.open(address, name: observerName, timeout: context.timeout.duration)
      let info = try await redis.info()
      await redis.close()
      var problem: String?
      do throws(StepFailure) { try SnapshotBackup.check(info, address) } catch { problem = error.message }
      return SeenSource(
        version: info.version, role: info.isMaster ? "primary" : "replica", problem: problem,
        measurements: [
          "keys": .int(info.keyspace.values.reduce(0) { $0 + $1.all }), "size": .string(ByteCount(bytes: info.int("used_memory") ?? 0).description),
        ])
    }
  }
}

/// Takes snapshots.
public struct RedisMaker: PointMaker {
  public typealias Source = RedisSource
  public static let method = SnapshotPoint.method
  public static let unit = "keys"
  public let age: AgeProgram

  public func reach(_ server: RedisReference, in context: PerformingContext) async throws(StepFailure) -> (server: RedisAddress, isPrimary: Bool) {
    let address = try await context.secrets.address(of: server)
    return try await translating("looking for the primary among the data class's servers") {
      let connection = try await ReadOnlyRedis.open(address, name: context.mark.applicationName)
      let info = try await connection.info()
      await connection.close()
      return (address, info.isMaster)
    }
  }

  public func make(of server: RedisAddress, into point: PointWriter, in context: PerformingContext) async throws(StepFailure) -> MadePoint {
    let backup = SnapshotBackup(address: server, application: context.mark.applicationName, now: context.now, report: context.report)
    let made = try await backup.run(into: point)
    let content = try await translating("describing the snapshot") { try CanonicalJSON.value(made.content) }
    return MadePoint(content: content, objects: [made.object], raw: made.content.raw, rows: made.content.keys, sigma: made.sigma) { [content = made.content] id, encryption in
      RestoreInstructions.text(content, id: id, encryption: encryption)
    }
  }
}

public typealias RedisBackupObserver = PointBackupObserver<RedisLook>
public typealias RedisBackupPerformer = PointBackupPerformer<RedisMaker>

extension PointBackupObserver<RedisLook> {
  public init() { self.init(RedisLook()) }
}

extension PointBackupPerformer<RedisMaker> {
  public init(host: RedisHost) { self.init(RedisMaker(age: host.age)) }
}
