internal import PlanModel
public import PostgreSQLClient
public import ProviderInterface

extension SecretResolving {
  /// The reading half of a database that something else is made from anew.
  public func database(of reference: PostgreSQLReference, application: String) async throws(StepFailure) -> ReadOnlyDatabase {
    let url = try await resolve(reference.url)
    let address: ServerAddress
    do throws(PostgreSQLError) { address = try ServerAddress(url: url.reveal()) } catch {
      throw StepFailure(
        "url-unusable", "the URL of the server `\(reference.server)` in the secret `\(reference.url.name)` cannot be used: \(error.message)", helps: [error.hint].compactMap { $0 })
    }
    do throws(PostgreSQLError) { return try await ReadOnlyDatabase.open(address, application: application) } catch {
      throw StepFailure(error, doing: "connecting to `\(reference.server)`")
    }
  }
}

extension StepFailure {
  /// Of a query. `doing` completes "while …".
  public init(_ error: PostgreSQLError, doing: String) {
    let details = ["while \(doing)"] + [error.detail].compactMap { $0 }
    let helps = [error.hint].compactMap { $0 }
    self =
      switch error.kind {
      case .cannotConnect: StepFailure("server-unreachable", error.message, details: details, helps: helps, transient: true)
      case .authentication: StepFailure("login-refused", error.message, details: details, helps: helps)
      case .serverGone: StepFailure("server-gone", error.message, details: details, helps: helps, transient: true)
      case .timedOut: StepFailure("server-timed-out", error.message, details: details, helps: helps, transient: true)
      case .cancelled: .cancelled
      case .unusable: StepFailure("client-unusable", error.message, details: details, helps: helps)
      case .sql(let state): StepFailure("sql-refused", "the server refused the query: \(error.message) (SQLSTATE \(state))", details: details, helps: helps)
      }
  }
}
