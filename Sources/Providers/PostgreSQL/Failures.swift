internal import PointSteps
internal import PostgreSQLClient
internal import ProviderInterface

/// Errors of the drivers as failures of a step, in words. `doing` completes "while …".
enum Failures {
  static func translate(_ error: any Error, doing: String) -> StepFailure {
    switch error {
    case let error as PostgreSQLError: server(error, doing: doing)
    default: StepFailure(ofPoint: error, doing: doing) ?? StepFailure("unexpected", "\(error)", details: ["while \(doing)"])
    }
  }

  static func server(_ error: PostgreSQLError, doing: String) -> StepFailure {
    let details = ["while \(doing)"] + [error.detail].compactMap { $0 }
    let helps = [error.hint].compactMap { $0 }
    switch error.kind {
    case .cannotConnect: return StepFailure("server-unreachable", error.message, details: details, helps: helps, transient: true)
    case .authentication: return StepFailure("login-refused", error.message, details: details, helps: helps)
    case .serverGone:
      return StepFailure(
        "server-gone", error.message, details: details,
        helps: helps + ["look into the server's log for a crash, a restart or a terminated session"],
        transient: true)
    case .timedOut: return StepFailure("server-timed-out", error.message, details: details, helps: helps, transient: true)
    case .cancelled: return .cancelled
    case .unusable: return StepFailure("client-unusable", error.message, details: details, helps: helps)
    case .sql(let state):
      // Class 53 is a want of memory, disk or connections, class 40 a lost race: both may be better in a minute.
      return StepFailure(
        "sql-refused", "the server refused a statement: \(error.message) (SQLSTATE \(state))", details: details, helps: helps,
        transient: state.code.hasPrefix("53") || state.code.hasPrefix("40"))
    }
  }
}

extension StepFailure {
  /// The same, knowing what it happened to.
  func adding(details more: [String], helps moreHelps: [String] = []) -> StepFailure {
    StepFailure(code, message, details: details + more, helps: helps + moreHelps, transient: isTransient)
  }
}

/// Runs `body` and gives whatever it throws as a failure of the step.
func translating<Value>(_ doing: @autoclosure () -> String, _ body: () async throws -> Value) async throws(StepFailure) -> Value {
  do { return try await body() } catch { throw Failures.translate(error, doing: doing()) }
}
