internal import ProviderInterface
internal import RedisClient

/// The append-only file of a server while it is filled: off, so that a load that breaks off leaves nothing of it there and costs no second writing; on
/// again when everything is there, which writes it whole.
struct AppendOnlyFile: Sendable {
  let target: TargetServer

  /// Turns it off. Gives what people should know where the server does not allow it: everything is appended then, which is as safe and slower.
  func turnOff() async throws(RedisError) -> String? {
    do throws(RedisError) {
      _ = try await target.connection.ask("CONFIG", "SET", "appendonly", "no", deadline: .seconds(60))
      return nil
    } catch {
      guard error.code != nil else { throw error }
      return "the append-only file stayed on, since \(error.message)"
    }
  }

  /// Turns it on, and waits until it holds everything.
  func turnOn(within limit: Duration) async throws {
    let tooLate = ContinuousClock.now.advanced(by: limit)
    var info = try await target.connection.info()
    if !info.flag("aof_enabled") { try await start(until: tooLate) }
    while true {
      info = try await target.connection.info()
      let isRewriting = info.flag("aof_rewrite_in_progress") || info.flag("aof_rewrite_scheduled")
      if info.flag("aof_enabled"), !isRewriting {
        guard info["aof_last_bgrewrite_status"] != "err", info["aof_last_write_status"] != "err" else { throw failure("the server could not write it") }
        return
      }
      guard ContinuousClock.now < tooLate else { throw failure("it was not written within \(limit)") }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Refused while the server still ends the writing of before.
  private func start(until tooLate: ContinuousClock.Instant) async throws {
    while true {
      do throws(RedisError) {
        _ = try await target.connection.ask("CONFIG", "SET", "appendonly", "yes", deadline: .seconds(60))
        return
      } catch {
        guard error.code == "ERR", ContinuousClock.now < tooLate else { throw error }
      }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  private func failure(_ why: String) -> StepFailure {
    StepFailure(
      "append-only-failed", "the append-only file of \(target.address.server) was not turned on again: \(why)",
      details: ["without it a restart of the server loses what was restored"], helps: ["look into its log and at its disk, then: redis-cli CONFIG SET appendonly yes"])
  }
}
