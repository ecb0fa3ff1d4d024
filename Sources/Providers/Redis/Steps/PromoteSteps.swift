internal import CanonicalJSON
internal import PlanModel
public import ProviderInterface
internal import RedisClient
internal import Units

/// How far a replica is behind, as far as anybody can say.
enum ReplicaLag: Hashable {
  /// The primary answers: so many bytes of its stream are not there yet.
  case bytes(Int64, primary: String)
  /// It does not; for so many seconds the replica has heard nothing.
  case silent(seconds: Int64)

  var words: String {
    switch self {
    case .bytes(0, let primary): "it has received all that `\(primary)` has written"
    case .bytes(let bytes, let primary): "it lacks \(bytes) bytes of what `\(primary)` has written"
    case .silent(let seconds): "the former primary does not answer, and the replica has heard nothing of it for \(seconds)s: what was written there since is lost"
    }
  }

  /// Asks the primary where one of `others` is it.
  static func look(_ info: ServerInfo, _ others: [RedisReference], _ secrets: any SecretResolving, timeout: Duration) async -> ReplicaLag {
    let received = info.int("slave_repl_offset") ?? 0
    for other in others {
      guard let address = try? await secrets.address(of: other), let connection = try? await ReadOnlyRedis.open(address, name: observerName, timeout: timeout) else { continue }
      let primary = try? await connection.info()
      await connection.close()
      guard let primary, primary.isMaster, let offset = primary.int("master_repl_offset") else { continue }
      return .bytes(max(0, offset - received), primary: other.server.rawValue)
    }
    let isUp = info["master_link_status"] == "up"
    return .silent(seconds: max(0, info.int(isUp ? "master_last_io_seconds_ago" : "master_link_down_since_seconds") ?? 0))
  }
}

public struct RedisPromoteObserver: StepObserver {
  public typealias Kind = RedisPromote

  public func observe(_ arguments: RedisPromote.Arguments, in context: ObservingContext) async -> Observation {
    do {
      let address = try await context.secrets.address(of: arguments.server)
      let redis = try await ReadOnlyRedis.open(address, name: observerName, timeout: context.timeout.duration)
      let info = try await redis.info()
      await redis.close()
      var observation = Observation(facts: [RedisPromote.role: info.isMaster ? "primary" : "replica", "serverVersion": .string(info.version)])
      guard !info.isMaster else { return observation }
      observation.facts[RedisPromote.primary] = .string("\(info["master_host"] ?? ""):\(info["master_port"] ?? "")")
      observation.facts[RedisPromote.problem] = RedisPromotePerformer.problem(info, address).map { .string($0.message) }
      let lag = await ReplicaLag.look(info, arguments.others, context.secrets, timeout: min(context.timeout.duration / 2, .seconds(3)))
      observation.measurements[RedisPromote.lag] = .string(lag.words)
      return observation
    } catch { return .unreachable(Failures.translate(error, doing: "looking").message) }
  }
}

/// Makes a replica the primary.
public struct RedisPromotePerformer: StepPerformer {
  public typealias Kind = RedisPromote

  /// How long a replica whose primary still answers may take to catch up: with a primary that takes no writes any more it is a moment.
  private static let patience = Duration.seconds(5)

  static func problem(_ info: ServerInfo, _ address: RedisAddress) -> StepFailure? {
    guard info.flag("master_sync_in_progress") || info.flag("loading") else { return nil }
    return StepFailure(
      "replica-not-whole", "\(address.server) has not received all its data yet", details: ["as a primary it would serve a part of it"],
      helps: ["wait until `redis-cli INFO replication` says master_sync_in_progress:0, or promote another one"])
  }

  public func perform(_ arguments: RedisPromote.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let address = try await context.secrets.address(of: arguments.server)
    return try await translating("promoting \(address.server)") {
      let connection = try await RedisConnection.open(address, name: context.mark.applicationName)
      let info = try await connection.info()
      if info.isMaster {
        // An attempt of this step began with a replica, so it was this run that promoted it.
        guard context.earlierMarks.isEmpty else { return result(arguments, nil, []) }
        throw StepFailure(
          "already-primary", "\(address.server) is a primary already, and this run has not made it one",
          details: ["either somebody else has promoted it, or the URL leads to the primary that was to be replaced"],
          helps: ["look who it is: redis-cli ROLE; then plan again"])
      }
      if let problem = Self.problem(info, address) { throw problem }
      let lag = try await settledLag(arguments, connection, context)
      _ = try await connection.ask("REPLICAOF", "NO", "ONE")
      guard try await connection.info().isMaster else {
        throw StepFailure("not-promoted", "\(address.server) took the command and is still a replica", details: ["something makes it one again: Sentinel, an operator in Kubernetes"], helps: ["promote by that, or stop it first"])
      }
      return result(arguments, lag, try await remember(connection))
    }
  }

  private func settledLag(_ arguments: RedisPromote.Arguments, _ connection: RedisConnection, _ context: PerformingContext) async throws -> ReplicaLag {
    let tooLate = ContinuousClock.now.advanced(by: Self.patience)
    while true {
      let lag = await ReplicaLag.look(try await connection.info(), arguments.others, context.secrets, timeout: .seconds(3))
      try Task.checkCancellation()
      guard case .bytes(let bytes, _) = lag, bytes > 0, ContinuousClock.now < tooLate else { return lag }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// A restart would make it a replica of the lost server again.
  private func remember(_ connection: RedisConnection) async throws(RedisError) -> [String] {
    do throws(RedisError) {
      _ = try await connection.ask("CONFIG", "REWRITE")
      return []
    } catch {
      guard error.code != nil else { throw error }
      return ["its configuration still says whose replica it is, and counts when it is restarted: \(error.message)"]
    }
  }

  private func result(_ arguments: RedisPromote.Arguments, _ lag: ReplicaLag?, _ notes: [String]) -> StepResult {
    var measurements: [String: JSONValue] = [:]
    if case .bytes(let bytes, _) = lag { measurements["lagBytes"] = .int(bytes) }
    if case .silent(let seconds) = lag { measurements["silentSeconds"] = .int(seconds) }
    return StepResult(
      summary: "\(arguments.server.server) is a primary" + (lag.map { "; \($0.words)" } ?? "") + (notes.isEmpty ? "" : "; note: \(notes.joined(separator: "; "))"),
      outputs: ["url": .secret(arguments.server.url)], measurements: measurements)
  }

  public func settle(_ arguments: RedisPromote.Arguments, in context: PerformingContext) async -> Settlement {
    do {
      let connection = try await ReadOnlyRedis.open(try await context.secrets.address(of: arguments.server), name: context.mark.applicationName)
      let info = try await connection.info()
      await connection.close()
      return info.isMaster ? .done(result(arguments, nil, [])) : .notDone
    } catch {
      return .unknown("the server `\(arguments.server.server)` cannot be asked: \(Failures.translate(error, doing: "looking").message)")
    }
  }

  public func undo(_: RedisPromote.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}
