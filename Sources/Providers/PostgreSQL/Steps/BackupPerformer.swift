internal import CanonicalJSON
internal import Encryption
internal import ObjectStore
internal import PlanModel
internal import PointSteps
internal import PostgreSQLClient
public import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Makes a recovery point of a PostgreSQL database.
public struct BackupPerformer: StepPerformer {
  public typealias Kind = PostgreSQLBackup
  let host: PostgreSQLHost

  public func perform(_ arguments: PostgreSQLBackup.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let store = try await context.stores.opening(arguments.store)
    try await PointMaking.clearAway(arguments.dataClass, context, in: store)
    let address = try await chooseServer(arguments, context)
    let started = context.now()
    let place = PointPlace(dataClass: arguments.dataClass, id: PointID(started: started, mark: context.mark.description))
    let sealing = arguments.recipients.isEmpty ? nil : AgeSealing(to: arguments.recipients, by: host.age, deadline: context.timeout)
    let point = PointWriter(place, in: store, sealing: sealing)
    do throws(StepFailure) {
      let backup = LogicalBackup(
        address: address, databases: arguments.options.databases, application: context.mark.applicationName, workers: max(1, arguments.options.workers),
        yieldAfter: arguments.options.yieldAfter, pieceSize: arguments.options.pieceSize,
        deadline: context.timeout, places: host.programs, children: host.children, report: context.report)
      let made = try await backup.run(into: point)
      let manifest = try await manifest(made, place.id, started, arguments, context, store)
      let instructions = RestoreInstructions.text(made.content, id: place.id.text, encryption: manifest.encryption)
      try await translating("publishing the point \(place.id)") { try await point.publish(manifest, instructions: instructions) }
      return PointMaking.result(manifest)
    } catch {
      // Also where the task was cancelled: half a point is of no use to anybody.
      try? await point.discard()
      throw error
    }
  }

  /// The first server that is a primary; else the first standby.
  private func chooseServer(_ arguments: PostgreSQLBackup.Arguments, _ context: PerformingContext) async throws(StepFailure)
    -> ServerAddress
  {
    var standby: ServerAddress?
    var failures: [StepFailure] = []
    for server in arguments.servers {
      do {
        let address = try await context.secrets.address(of: server)
        let database = try await ReadOnlyDatabase.open(address, application: context.mark.applicationName)
        let isStandby = try await database.ask("SELECT pg_is_in_recovery()").value == "t"
        await database.close()
        if !isStandby { return address }
        standby = standby ?? address
      } catch { failures.append(Failures.translate(error, doing: "looking for the primary of `\(arguments.dataClass)`")) }
    }
    if let standby { return standby }
    guard let first = failures.first else { throw StepFailure("no-server", "the data class `\(arguments.dataClass)` names no server") }
    throw first.adding(details: failures.dropFirst().map(\.message))
  }

  private func manifest(
    _ made: LogicalBackup.Made, _ id: PointID, _ started: Timestamp, _ arguments: PostgreSQLBackup.Arguments, _ context: PerformingContext,
    _ store: any ObjectStore
  ) async throws(StepFailure) -> PointManifest {
    let catalogue = await Catalogue.read(arguments.dataClass, in: [store])
    // Without the last good point nobody could tell whether this one is suspect.
    if let failure = catalogue.unreachable.first { throw Failures.translate(failure, doing: "comparing with the last good point") }
    let suspect = suspicion(rows: made.content.rows, rawBytes: made.content.raw, after: catalogue.latest?.manifest, below: arguments.suspectBelow)
    return try await translating("writing the manifest") {
      try PointManifest(
        id: id, dataClass: arguments.dataClass, protection: arguments.protection, method: "logical", sigma: made.content.sigma,
        started: started,
        available: context.now(), plan: context.plan, planDigest: context.planDigest, mark: context.mark.description,
        toolVersion: context.toolVersion, objects: made.objects, rawBytes: made.content.raw, rows: made.content.rows,
        suspect: suspect, content: try CanonicalJSON.value(made.content),
        encryption: arguments.recipients.isEmpty ? nil : PointEncryption(recipients: arguments.recipients))
    }
  }

  public func settle(_ arguments: PostgreSQLBackup.Arguments, in context: PerformingContext) async -> Settlement {
    await PointMaking.settle(arguments.dataClass, in: arguments.store, context)
  }

  /// A published point stays; what an attempt that was not done has left goes.
  public func undo(
    _ arguments: PostgreSQLBackup.Arguments, result _: StepResult?, in context: PerformingContext
  ) async throws(StepFailure) {
    try await PointMaking.clearAway(arguments.dataClass, context, in: try await context.stores.opening(arguments.store))
  }
}
