internal import CanonicalJSON
internal import PlanModel
internal import PointSteps
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

public struct MeilisearchRebuildObserver: StepObserver {
  public typealias Kind = MeilisearchRebuild
  let host: MeilisearchHost

  public func observe(_ arguments: Kind.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      let search = try await SearchServer.open(arguments.server, by: host.client, secrets: context.secrets, deadline: context.timeout)
      let (version, stats) = (try await search.version(), try await search.stats())
      let there = stats.indexes[arguments.index]
      var observation = Observation(
        facts: [PointFact.serverVersion: .string(version), PointFact.target: there == nil ? "absent" : "present"],
        measurements: [Kind.documents: .int(there?.numberOfDocuments ?? 0)])
      do throws(StepFailure) { try arguments.server.check(running: version) } catch { observation.facts[PointFact.problem] = .string(error.message) }
      return observation
    } catch { return .unreachable(error.message) }
  }
}

/// Builds an index beside the one that is there, compares, and swaps the two.
public struct MeilisearchRebuildPerformer: StepPerformer {
  public typealias Kind = MeilisearchRebuild
  let host: MeilisearchHost

  public func perform(_ arguments: Kind.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    let search = try await SearchServer.open(arguments.server, by: host.client, secrets: context.secrets)
    try arguments.server.check(running: try await search.version())
    let indexes = IndexPair(index: arguments.index, run: context.mark.run)
    // An earlier attempt may have swapped, and have come no further: then it is begun anew from the former index.
    try await indexes.takeBack(on: search, within: context.timeout)
    let source = try await context.secrets.database(of: arguments.from, application: String("sie-dr:\(context.mark.run).\(context.mark.step)".prefix(63)))
    do throws(StepFailure) {
      let made = try await build(search, source, indexes, arguments, context)
      await source.close()
      return made
    } catch {
      await source.close()
      // In a task of its own: this one may be cancelled. Where it cannot be done, the next attempt or undo does it.
      await Task { try? await indexes.takeBack(on: search, within: .seconds(30)) }.value
      throw error
    }
  }

  private func build(
    _ search: SearchServer, _ source: ReadOnlyDatabase, _ indexes: IndexPair, _ arguments: Kind.Arguments, _ context: PerformingContext
  ) async throws(StepFailure) -> StepResult {
    let rows = SourceRows(database: source, sql: arguments.sql, server: arguments.from.server, deadline: context.timeout)
    let id = try await rows.idColumn()
    context.report(StepProgress(phase: "making the index"))
    let former = try await search.index(indexes.index)
    // Both must be there to be swapped, and the one that is built is the younger of the two.
    if former == nil { try await search.create(indexes.index, primaryKey: IndexPair.placeholder, within: context.timeout) }
    try await search.create(indexes.beside, primaryKey: id, within: context.timeout)
    let settings: [UInt8]? = if let given = arguments.settings { Array(given.utf8) } else if former != nil { try await search.settings(of: indexes.index) } else { nil }
    if let settings { try await search.set(settings, of: indexes.beside, within: context.timeout) }
    let sent = try await rows.send(id, to: indexes.beside, of: search, within: context.timeout, report: context.report)
    context.report(StepProgress(phase: "comparing"))
    try await search.reconcile(indexes.beside, key: id, with: sent, from: arguments.from.server)
    context.report(StepProgress(phase: "swapping"))
    try await search.swap(indexes.beside, indexes.index, within: context.timeout)
    return result(Int64(sent.count), indexes, arguments)
  }

  private func result(_ documents: Int64, _ indexes: IndexPair, _ arguments: Kind.Arguments) -> StepResult {
    StepResult(
      summary: "built `\(indexes.index)` on \(arguments.server.server) from \(arguments.from.server): \(documents) documents, each id compared; "
        + "what was there before is in `\(indexes.beside)`: delete it when nobody needs it any more",
      outputs: ["documents": .text(String(documents))], measurements: [Kind.documents: .int(documents)])
  }

  public func settle(_ arguments: Kind.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let search = try await SearchServer.open(arguments.server, by: host.client, secrets: context.secrets)
      let indexes = IndexPair(index: arguments.index, run: context.mark.run)
      guard try await indexes.areSwapped(on: search) else { return .notDone }
      return .done(result(try await search.stats().counts[arguments.index] ?? 0, indexes, arguments))
    } catch { return .unknown("the server `\(arguments.server.server)` cannot be asked: \(error.message)") }
  }

  public func undo(_ arguments: Kind.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let search = try await SearchServer.open(arguments.server, by: host.client, secrets: context.secrets)
    try await IndexPair(index: arguments.index, run: context.mark.run).takeBack(on: search, within: context.timeout)
  }
}
