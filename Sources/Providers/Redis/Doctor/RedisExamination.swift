internal import PlanModel
internal import PointSteps
public import ProviderInterface
internal import RedisClient
internal import Units

/// Looks at a Redis server with what a backup or a restore will ask of it. Reads only.
public struct RedisExamination: Sendable {
  private let server: RedisReference
  private let isBackedUp: Bool
  private let isRestoredTo: Bool

  public init(of server: RedisReference, isBackedUp: Bool, isRestoredTo: Bool) {
    self.server = server; self.isBackedUp = isBackedUp; self.isRestoredTo = isRestoredTo
  }

  public func outcomes(in context: ObservingContext) async -> [CheckOutcome] {
    do {
      let address = try await context.secrets.address(of: server)
      let redis = try await ReadOnlyRedis.open(address, name: "sie-dr:doctor", timeout: context.timeout.duration)
      let asked = context.now()
      let theirs = try await redis.time()
      let clock = ClockComparison(asked: asked, theirs: theirs, answered: context.now())
      let info = try await redis.info()
      await redis.close()
      return Self.outcomes(info, address, clock, isBackedUp: isBackedUp, isRestoredTo: isRestoredTo)
    } catch {
      let help = "check that the server is up, and the URL in the secret `\(server.url.name)`: does redis-cli connect with it from here?"
      return [CheckOutcome("connection", Failures.translate(error, doing: "connecting"), otherwise: help)]
    }
  }

  static func outcomes(_ info: ServerInfo, _ address: RedisAddress, _ clock: ClockComparison, isBackedUp: Bool, isRestoredTo: Bool) -> [CheckOutcome] {
    let role = info.isMaster ? "primary" : "replica of \(info["master_host"] ?? ""):\(info["master_port"] ?? "")"
    var found = [CheckOutcome("connection", .ok, "\(address.server) is Redis \(info.version), \(role)"), clock.outcome(of: "the server")]
    if isBackedUp {
      do throws(StepFailure) {
        try SnapshotBackup.check(info, address)
        found.append(CheckOutcome("snapshot", .ok, "nothing is known to be in the way; the right to it is seen only when one is taken"))
      } catch { found.append(CheckOutcome("snapshot", error, otherwise: "look at the server: redis-cli INFO")) }
    }
    guard isRestoredTo else { return found }
    do throws(StepFailure) {
      try TargetServer.check(info, address, rdbVersion: nil)
      try TargetServer.checkEmpty(info, address, functions: 0)
      found.append(CheckOutcome("room", .ok, "holds no keys"))
    } catch {
      // On the day it may be another server, or empty.
      found.append(CheckOutcome("room", .warning, "\(error.message): a restore would refuse it as it is now", helps: error.helps))
    }
    return found
  }
}

extension ReadOnlyRedis {
  func time() async throws(RedisError) -> Timestamp { Timestamp(milliseconds: try await milliseconds()) }
}
