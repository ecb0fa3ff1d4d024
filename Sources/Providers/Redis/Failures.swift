internal import PlanModel
internal import PointSteps
internal import PostgreSQLClient
internal import ProviderInterface
internal import RedisClient

/// Errors of the drivers as failures of a step, in words. `doing` completes "while …".
enum Failures {
  static func translate(_ error: any Error, doing: String) -> StepFailure {
    switch error {
    case let error as RedisError: redis(error, doing: doing)
    case let error as PostgreSQLError: StepFailure(error, doing: doing)
    case let problem as SnapshotProblem:
      StepFailure(
        "snapshot-damaged", "the snapshot is not one that can be restored: \(problem)", details: ["while \(doing)"],
        helps: ["look into the server's log; check it by hand: `redis-cli --rdb FILE` and `redis-check-rdb FILE`"])
    default: StepFailure(ofPoint: error, doing: doing) ?? StepFailure("unexpected", "\(error)", details: ["while \(doing)"])
    }
  }

  private static func redis(_ error: RedisError, doing: String) -> StepFailure {
    let details = ["while \(doing)"]
    let helps = [error.hint].compactMap { $0 }
    switch error.kind {
    case .cannotConnect: return StepFailure("server-unreachable", error.message, details: details, helps: helps, transient: true)
    case .authentication: return StepFailure("login-refused", error.message, details: details, helps: helps)
    case .serverGone: return StepFailure("server-gone", error.message, details: details, helps: helps, transient: true)
    case .timedOut: return StepFailure("server-timed-out", error.message, details: details, helps: helps, transient: true)
    case .cancelled: return .cancelled
    case .unusable: return StepFailure("client-unusable", error.message, details: details, helps: helps)
    case .refused(let code): return refused(code, error.message, details)
    }
  }

  private static func refused(_ code: String, _ message: String, _ details: [String]) -> StepFailure {
    func failure(_ code: String, _ help: String, transient: Bool = false) -> StepFailure {
      StepFailure(code, "the server refused \(message)", details: details, helps: [help], transient: transient)
    }
    return switch code {
    case "NOPERM": failure("rights-missing", "give the user of the URL the right to it: redis-cli ACL SETUSER")
    case "LOADING", "BUSY", "MASTERDOWN", "NOMASTERLINK": failure("server-busy", "wait until it is ready, or look at it: redis-cli INFO", transient: true)
    case "OOM": failure("server-full", "raise `maxmemory` of the server, or give it more memory")
    case "READONLY": failure("server-is-replica", "let the URL lead to the primary, or promote this one first")
    case "MISCONF": failure("server-cannot-save", "free space on its disk, and look into its log")
    default: failure("command-refused", "look at the server: redis-cli INFO")
    }
  }
}

/// Runs `body` and gives whatever it throws as a failure of the step.
func translating<Value>(_ doing: @autoclosure () -> String, _ body: () async throws -> Value) async throws(StepFailure) -> Value {
  do { return try await body() } catch { throw Failures.translate(error, doing: doing()) }
}

extension SecretResolving {
  /// The address that a server's URL gives; an unusable URL is a failure that names the secret, never its value.
  func address(of server: RedisReference) async throws(StepFailure) -> RedisAddress {
    let url = try await resolve(server.url)
    do throws(RedisError) { return try RedisAddress(url: url.reveal()) } catch {
      throw StepFailure(
        "url-unusable", "the URL of the server `\(server.server)` in the secret `\(server.url.name)` cannot be used: \(error.message)",
        helps: [error.hint].compactMap { $0 })
    }
  }
}

extension StepMark {
  /// As `CLIENT LIST` and `application_name` show it to administrators.
  var applicationName: String { String("sie-dr:\(run).\(step)".prefix(63)) }
}

/// What `plan` shows itself as.
let observerName = "sie-dr:plan"
