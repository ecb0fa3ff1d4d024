internal import CanonicalJSON
internal import Encryption
internal import PlanModel
internal import PointSteps
internal import PostgreSQLClient
public import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Restores a recovery point into the database that the server's URL names.
public struct RestorePerformer: StepPerformer {
  public typealias Kind = PostgreSQLRestore
  let host: PostgreSQLHost

  public func perform(_ written: PostgreSQLRestore.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    var arguments = written
    arguments.point = try await written.point.resolved(in: context)
    let (point, stores, problems) = await arguments.find(in: context.stores)
    guard let point, !stores.isEmpty else { throw arguments.point.missing(of: arguments.dataClass, in: arguments.stores, problems) }
    let unsealing = try await point.manifest.opened(by: arguments.identity, from: context.secrets).map {
      AgeUnsealing(with: $0, by: host.age, deadline: context.timeout)
    }
    let restore = LogicalRestore(
      arguments: arguments, address: arguments.target(try await context.secrets.address(of: arguments.server)), application: context.mark.applicationName, mark: context.mark,
      earlierMarks: context.earlierMarks, copies: PointCopies(point.manifest, in: stores, unsealing: unsealing), jobs: max(1, arguments.jobs),
      deadline: context.timeout,
      places: host.programs, temporaryFolder: host.temporaryFolder, children: host.children, report: context.report)
    let made = try await restore.run()
    let chosen = arguments.point.moment.map { ["it was read at \(point.manifest.consistentAt), the newest that was before \($0)"] } ?? []
    return result(made.mark, notes: chosen + made.notes, arguments)
  }

  private func result(_ mark: RestoreMark, notes: [String], _ arguments: PostgreSQLRestore.Arguments) -> StepResult {
    let summary =
      "restored \(mark.tables) table\(mark.tables == 1 ? "" : "s"), \(mark.rows) rows, from point \(mark.point) into `\(mark.database)` on \(arguments.server.server)"
      + (notes.isEmpty ? "" : "; note: \(notes.joined(separator: "; "))")
    return StepResult(
      summary: summary, outputs: ["url": .secret(arguments.server.url), "point": .text(mark.point), "database": .text(mark.database)],
      undoRecord: (try? CanonicalJSON.value(mark)) ?? .null, measurements: ["tables": .int(Int64(mark.tables)), "rows": .int(mark.rows)])
  }

  public func settle(_ arguments: PostgreSQLRestore.Arguments, in context: PerformingContext) async -> Settlement {
    do {
      let address = arguments.target(try await context.secrets.address(of: arguments.server))
      let target = try await TargetServer.open(address, application: context.mark.applicationName)
      let found = try await target.marked(by: [context.mark])
      await target.close()
      guard let done = found.compactMap(\.mark).first(where: { $0.state == .done && $0.owner == RestoreMark.Owner(context.mark) }) else {
        return .notDone
      }
      // The empty database that stood in the place is still to go: performing once more does that and nothing else.
      guard !found.contains(where: { $0.mark?.state == .replaced }) else { return .notDone }
      return .done(result(done, notes: [], arguments))
    } catch {
      return .unknown("the server `\(arguments.server.server)` cannot be asked: \(Failures.translate(error, doing: "looking").message)")
    }
  }

  public func undo(
    _ arguments: PostgreSQLRestore.Arguments, result: StepResult?, in context: PerformingContext
  ) async throws(StepFailure) {
    let address = arguments.target(try await context.secrets.address(of: arguments.server))
    let recorded = result.flatMap { try? CanonicalJSON.decode(RestoreMark.self, from: $0.undoRecord) }
    try await translating("taking back the restore of `\(address.database)` on \(address.server)") {
      let target = try await TargetServer.open(address, application: context.mark.applicationName)
      try await RestoreUndo(target: target, marks: [context.mark] + context.earlierMarks, recorded: recorded).run()
      await target.close()
    }
  }
}
