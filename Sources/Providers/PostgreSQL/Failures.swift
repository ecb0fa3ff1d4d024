internal import ChildProcess
internal import Compression
internal import ObjectStore
internal import PostgreSQLClient
internal import ProviderInterface

/// Errors of the drivers as failures of a step, in words. `doing` completes "while …".
enum Failures {
  static func translate(_ error: any Error, doing: String) -> StepFailure {
    switch error {
    case let failure as StepFailure: failure
    case let error as PostgreSQLError: server(error, doing: doing)
    case let error as StoreError: store(error, doing: doing)
    case let error as CompressionError:
      StepFailure(
        error == .libraryMissing ? "library-missing" : "object-damaged", "\(error)", details: ["while \(doing)"],
        helps: error == .libraryMissing ? [] : ["choose another point, or the same point in another store"])
    case let error as ChildError: program(error, doing: doing)
    case is CancellationError: .cancelled
    default: StepFailure("unexpected", "\(error)", details: ["while \(doing)"])
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

  static func store(_ error: StoreError, doing: String) -> StepFailure {
    let what = error.key.map { "`\($0)` in the store `\(error.store)`" } ?? "the store `\(error.store)`"
    let details = ["while \(doing)"]
    func failure(_ code: String, _ text: String, _ help: String, transient: Bool = false) -> StepFailure {
      StepFailure(code, "\(text): \(error.detail)", details: details, helps: [help], transient: transient)
    }
    return switch error.reason {
    case .notFound: failure("object-missing", "\(what) is missing", "choose another point, or the same point in another store")
    case .damaged: failure("object-damaged", "\(what) is not what was written", "choose another point, or the same point in another store")
    case .noSpace: failure("store-full", "\(what) has no space left", "free space there, or expire old points")
    case .denied: failure("store-denied", "\(what) refuses access", "check the rights of this user there")
    case .alreadyExists: failure("object-exists", "\(what) exists already", "another run may be writing the same point")
    case .unreachable: failure("store-unreachable", "\(what) cannot be reached", "check the path or the network", transient: true)
    case .timedOut: failure("store-timed-out", "\(what) did not answer in time", "check the path or the network", transient: true)
    case .cancelled: .cancelled
    case .sealed: failure("identity-wrong", "\(what) cannot be decrypted", "name the identity of one of its recipients under `identity` of the data class")
    case .toolMissing: failure("age-missing", "\(what) cannot be encrypted or decrypted", "install it (Debian: apt-get install age)")
    case .toolFailed: failure("age-failed", "\(what) was not encrypted or decrypted", "run `age` by hand with the same recipients or identity, and look at what it says")
    case .other: failure("store-failed", "\(what) failed", "see the reason above", transient: true)
    }
  }

  static func program(_ error: ChildError, doing: String) -> StepFailure {
    switch error {
    case .cancelled: .cancelled
    case .timedOut: StepFailure("program-timed-out", "\(error)", details: ["while \(doing)"], transient: true)
    case .notFound: StepFailure("program-missing", "\(error)", details: ["while \(doing)"])
    case .cannotStart, .brokenPipes: StepFailure("program-failed", "\(error)", details: ["while \(doing)"])
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
