internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Asks an SQL probe's question once, read-only.
public enum QueryProbe {
  public static func outcome(
    _ name: String, on server: PostgreSQLReference, _ sql: String, expect: String?, in context: ObservingContext
  ) async -> CheckOutcome {
    let query = PostgreSQLQuery.Arguments(server: server, sql: sql, expect: expect)
    do {
      let address = try await context.secrets.address(of: query.server)
      let database = try await ReadOnlyDatabase.open(address, application: ServerExamination.application, timeout: context.timeout.duration)
      let answer = try await database.query(query.sql, limit: 1)
      await database.close()
      return CheckOutcome(name, .ok, try QueryPerformer.judge(answer, query, address.server))
    } catch {
      return CheckOutcome(name, Failures.translate(error, doing: "asking the probe"), otherwise: "ask by hand, with psql: \(sql)")
    }
  }
}
