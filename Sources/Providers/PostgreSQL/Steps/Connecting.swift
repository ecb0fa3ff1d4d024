internal import PlanModel
internal import PostgreSQLClient
internal import ProviderInterface

extension SecretResolving {
  /// The address that a server's URL gives; an unusable URL is a failure that names the secret, never its value.
  func address(of server: PostgreSQLReference) async throws(StepFailure) -> ServerAddress {
    let url = try await resolve(server.url)
    do throws(PostgreSQLError) { return try ServerAddress(url: url.reveal()) } catch {
      throw StepFailure(
        "url-unusable", "the URL of the server `\(server.server)` in the secret `\(server.url.name)` cannot be used: \(error.message)",
        helps: [error.hint].compactMap { $0 })
    }
  }
}

extension StepMark {
  /// As `application_name` shows it to the database's administrators.
  var applicationName: String { PostgreSQLConnection.applicationName(run: "\(run).\(step)") }
}
