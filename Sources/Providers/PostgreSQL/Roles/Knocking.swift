internal import PostgreSQLClient
internal import ProviderInterface

/// What comes back when somebody knocks at a server.
enum Answer: Sendable {
  /// It lets us in: by the URL, or, behind a fence, by the administrator's way.
  case open(PostgreSQLConnection, throughDoor: Bool)
  /// It is there and does not let us in.
  case refused(StepFailure)
  /// Nothing listens, nothing answers, or it is only just starting or ending.
  case silent(StepFailure)
}

/// The way into a server whose fence this program may have closed.
struct Knocking: Sendable {
  let address: ServerAddress
  let application: String
  var timeout: Duration = .seconds(5)

  /// The database by which an administrator gets in behind a fence: every cluster has it, and nothing of the applications' is in it.
  var door: String { address.database == "template1" ? "postgres" : "template1" }

  private static let settings = ["default_transaction_read_only = off", "search_path = ''"]

  /// By the URL, as the applications come.
  func byURL() async throws(PostgreSQLError) -> PostgreSQLConnection {
    try await .open(address, application: application, timeout: timeout, settings: Self.settings)
  }

  func byDoor() async throws(PostgreSQLError) -> PostgreSQLConnection {
    try await .open(address.with(database: door), application: application, timeout: timeout, settings: Self.settings)
  }

  /// Throws only when it is cancelled, or where this host cannot ask at all.
  func knock() async throws(StepFailure) -> Answer {
    do throws(PostgreSQLError) { return .open(try await byURL(), throughDoor: false) } catch {
      switch error.kind {
      case .cannotConnect, .serverGone, .timedOut: return .silent(failure(error))
      case .cancelled, .unusable: throw failure(error)
      case .authentication, .sql: break
      }
      do throws(PostgreSQLError) { return .open(try await byDoor(), throughDoor: true) } catch let second {
        if case .cancelled = second.kind { throw .cancelled }
        return .refused(failure(error))
      }
    }
  }

  private func failure(_ error: PostgreSQLError) -> StepFailure { Failures.server(error, doing: "connecting to \(address.server)") }
}

extension PostgreSQLError {
  /// Refused by a rule of `pg_hba.conf`, not for its password. The file's name stands in the message in every language.
  var isByRule: Bool { kind == .authentication && message.contains("pg_hba.conf") }
}
