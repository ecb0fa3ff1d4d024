internal import CanonicalJSON
internal import PlanModel
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Asks one query after the other.
public struct FindCorruptionPerformer: StepPerformer {
  public typealias Kind = PostgreSQLFindCorruption

  /// So that each time is written with its offset, if it has one.
  private static let settings = ["TimeZone = 'UTC'", "DateStyle = 'ISO, YMD'"]

  public func perform(_ arguments: PostgreSQLFindCorruption.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let address = try await context.secrets.address(of: arguments.server)
    let found = try await translating("looking for the first bad record on \(address)") {
      let database = try await ReadOnlyDatabase.open(address, application: context.mark.applicationName, settings: Self.settings)
      let now = try await database.query("SELECT pg_catalog.clock_timestamp()").value.flatMap { Timestamp($0) } ?? context.now()
      var found: [FirstBadRecord] = []
      for (index, sql) in arguments.queries.enumerated() {
        context.report(StepProgress(phase: "asking query \(index + 1) of \(arguments.queries.count)"))
        let answer = try await database.query(sql, deadline: context.timeout.duration, limit: 1_000)
        if let bad = try FirstBadRecord(answer, query: index + 1, now: now) { found.append(bad) }
      }
      await database.close()
      return found
    }
    guard let first = FirstBadRecord.first(of: found) else {
      throw StepFailure(
        "no-corruption-found", "no query found a bad record on `\(arguments.server.server)`", details: arguments.queries.map { "query: \($0)" },
        helps: ["look whether it is the right server, and whether somebody has mended it; a wrong query would have restored the newest, bad point"])
    }
    return StepResult(
      summary: "the first bad record is of \(first.time)\(first.record.isEmpty ? "" : ": `\(first.record)`"), by query \(first.query) of \(arguments.queries.count)",
      outputs: ["time": .text(first.time.description), "record": .text(first.record)], measurements: ["queriesWithBadRecords": .int(Int64(found.count))])
  }

  /// It changes nothing, so it can be asked again.
  public func settle(_: PostgreSQLFindCorruption.Arguments, in _: PerformingContext) async -> Settlement { .notDone }
  public func undo(_: PostgreSQLFindCorruption.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}
