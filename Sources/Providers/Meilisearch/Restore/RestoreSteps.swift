internal import CanonicalJSON
internal import ChildProcess
internal import PlanModel
internal import PointSteps
public import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Looks for the point to restore, and at the server.
public struct MeilisearchRestoreObserver: StepObserver {
  public typealias Kind = MeilisearchRestore
  let host: MeilisearchHost

  public func observe(_ arguments: Kind.Arguments, in context: ObservingContext) async -> Observation {
    var observation = Observation()
    let point = await observation.note(restored: arguments, counting: "documents", in: context)
    observation.facts[PointFact.server] = .string(arguments.server.server.rawValue)
    observation.facts[PointFact.target] = .string(Folders.exists(arguments.folder) ? "the data in \(arguments.folder), which is kept" : "none")
    do throws(StepFailure) {
      let content: DumpPoint? = if let point { try DumpPoint.read(point.manifest) } else { nil }
      let search = try await SearchServer.open(arguments.server, by: host.client, secrets: context.secrets, deadline: min(context.timeout, .seconds(5)))
      // It may well be down.
      if await search.isHealthy() {
        let version = try await search.version()
        observation.facts[PointFact.serverVersion] = .string(version)
        try arguments.server.check(running: version)
        if let content { try arguments.server.check(reads: content.version, running: version) }
      }
    } catch { observation.facts[PointFact.problem] = observation.facts[PointFact.problem] ?? .string(error.message) }
    return observation
  }
}

/// Starts a server from a recovery point.
public struct MeilisearchRestorePerformer: StepPerformer {
  public typealias Kind = MeilisearchRestore
  let host: MeilisearchHost

  public func perform(_ arguments: Kind.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    let search = try await SearchServer.open(arguments.server, by: host.client, secrets: context.secrets, deadline: .seconds(20))
    let folder = DatabaseFolder(path: arguments.folder)
    let copies = try await arguments.copies(by: host.age, in: context)
    let point = try DumpPoint.read(copies.manifest)
    let left = try takeOver(folder, context.mark)
    let wasRunning = await search.isHealthy()
    if wasRunning {
      let version = try await search.version()
      try arguments.server.check(running: version)
      try arguments.server.check(reads: point.version, running: version)
    }
    defer { Folders.remove(folder.dump) }
    try await fetch(copies, point, to: folder, context)
    if left != nil { try await stop(arguments, search, context) }
    try await clear(folder, left, context.mark)
    var mark = RestoreMark(
      run: context.mark.run, step: context.mark.step.rawValue, attempt: context.mark.attempt, state: .begun, point: copies.manifest.id.text,
      hadData: left?.hadData ?? Folders.exists(folder.path), wasRunning: left?.wasRunning ?? wasRunning)
    try folder.write(mark)
    try await stop(arguments, search, context)
    if Folders.exists(folder.path) { try folder.moveAside(context.mark.run) }
    context.report(StepProgress(phase: "importing the dump"))
    try await program(arguments.start, "start", importing: folder, context)
    try await answer(search, arguments, context)
    mark.documents = try await verify(search, point, arguments, context)
    mark.state = .done
    try folder.write(mark)
    return result(mark, notes: copies.notes, arguments)
  }

  // MARK: Before

  /// What an earlier attempt of this very step has left; another's is not touched.
  private func takeOver(_ folder: DatabaseFolder, _ mark: StepMark) throws(StepFailure) -> RestoreMark? {
    guard let left = folder.readMark() else { return nil }
    if left.isOf(mark) { return left }
    // Of a run that is over: its data is the server's own by now.
    guard left.state == .begun else { return nil }
    throw StepFailure(
      "target-in-use", "the run \(left.run) has begun to restore into \(folder.path), and has not ended",
      helps: ["resume or roll back that run first: sie-dr resume \(left.run)"])
  }

  /// Half of an import is of no use to anybody; what was there before goes back into its place.
  private func clear(_ folder: DatabaseFolder, _ left: RestoreMark?, _ mark: StepMark) async throws(StepFailure) {
    guard let left else { return }
    guard left.hadData else { await Folders.removed(folder.path); return }
    // Where it has not been moved yet the folder holds it still.
    guard Folders.exists(folder.former(mark.run)) else { return }
    await Folders.removed(folder.path)
    try folder.putBack(mark.run)
  }

  /// From one store after another, until one of them gives the whole file; read through, so that nothing is stopped for a dump that cannot be imported.
  private func fetch(_ copies: PointCopies, _ point: DumpPoint, to folder: DatabaseFolder, _ context: PerformingContext) async throws(StepFailure) {
    let path = folder.dump
    try await pointwise("fetching the dump of point \(copies.manifest.id)") {
      try await copies.first(point.object) { reader in
        let progress = TransferProgress(phase: "fetching the dump", total: nil, report: context.report)
        let download = try await reader.open(point.object)
        do {
          Folders.remove(path)
          guard let file = FileWriter(path, ownerOf: folder.path) else { throw unwritable(path) }
          while let chunk = try await download.next() {
            guard file.write(chunk) else { throw unwritable(path) }
            progress.add(chunk.count)
          }
          guard file.finish() else { throw unwritable(path) }
        } catch {
          await download.close()
          throw error
        }
        await download.close()
      }
    }
    let (contents, _) = try await DumpFile(path: path, host: host).read(deadline: context.timeout, told: TransferProgress(phase: "reading the dump through", total: nil, report: context.report))
    guard contents.documents == point.counts else {
      throw StepFailure("documents-differ", "the dump of point \(copies.manifest.id) holds other documents than its manifest says", helps: ["choose another point"])
    }
  }

  private func unwritable(_ path: String) -> StepFailure {
    StepFailure("folder-failed", "\(path) cannot be written", details: [Folders.lastProblem], helps: ["free space there, or let the user of sie-dr write beside the database folder; then resume"])
  }

  // MARK: Stop and start

  private func stop(_ arguments: Kind.Arguments, _ search: SearchServer, _ context: PerformingContext) async throws(StepFailure) {
    context.report(StepProgress(phase: "stopping the server"))
    try await program(arguments.stop, "stop", importing: nil, context)
    let end = ContinuousClock.now.advanced(by: min(.seconds(30), context.timeout.duration / 4))
    while await search.isHealthy() {
      guard ContinuousClock.now < end else {
        throw StepFailure(
          "not-stopped", "`\(arguments.stop.joined(separator: " "))` ended well, and `\(arguments.server.server)` still answers", helps: ["stop it by hand, and correct `stop`; then resume"])
      }
      do { try await Task.sleep(for: .milliseconds(100)) } catch { throw .cancelled }
    }
  }

  private func answer(_ search: SearchServer, _ arguments: Kind.Arguments, _ context: PerformingContext) async throws(StepFailure) {
    let end = ContinuousClock.now.advanced(by: context.timeout.duration)
    while await !search.isHealthy() {
      if Task.isCancelled { throw .cancelled }
      guard ContinuousClock.now < end else {
        throw StepFailure(
          "not-started", "`\(arguments.server.server)` does not answer after `\(arguments.start.joined(separator: " "))`",
          details: ["it answers only when a dump is imported and indexed, and does not start at all where the import fails"],
          helps: ["look into its log; give the step a longer time-out where it is still importing"], transient: true)
      }
      do { try await Task.sleep(for: .milliseconds(100)) } catch { throw .cancelled }
    }
  }

  /// It gets which step of which run it is and, for the import, Meilisearch's own variables; no secret.
  private func program(_ words: [String], _ what: String, importing folder: DatabaseFolder?, _ context: PerformingContext) async throws(StepFailure) {
    var environment = host.environment
    environment["SIE_DR_RUN"] = context.mark.run.rawValue
    environment["SIE_DR_STEP"] = context.mark.step.rawValue
    environment["SIE_DR_ATTEMPT"] = String(context.mark.attempt)
    if let folder {
      environment["MEILI_DB_PATH"] = folder.path
      environment["MEILI_IMPORT_DUMP"] = folder.dump
      // So that whoever starts it again in the same way gets the data, and not an error.
      environment["MEILI_IGNORE_DUMP_IF_DB_EXISTS"] = "true"
      environment["MEILI_IGNORE_MISSING_DUMP"] = "true"
    }
    let command = ChildCommand(words.first ?? "", Array(words.dropFirst()), environment: environment, deadline: context.timeout + .seconds(5))
    let output: ChildOutput
    do throws(ChildError) { output = try await host.children.run(command) } catch { throw StepFailure(error, doing: "running `\(words.joined(separator: " "))`") }
    guard output.succeeded else {
      let said = output.errorOutput.split(whereSeparator: \.isNewline).suffix(8).map { "it said: \($0)" }
      throw StepFailure(
        "program-failed", "`\(what)`, `\(words.joined(separator: " "))`, ended with \(output.status)", details: said.isEmpty ? ["it said nothing"] : said,
        helps: ["run it by hand to see why, then resume the run"])
    }
  }

  // MARK: Afterwards

  private func verify(_ search: SearchServer, _ point: DumpPoint, _ arguments: Kind.Arguments, _ context: PerformingContext) async throws(StepFailure) -> Int64 {
    let version = try await search.version()
    try arguments.server.check(running: version)
    // What was in the queue of the dump is worked off now, and is not counted in it.
    let stats = try await search.stats()
    guard let index = point.indexes.first(where: { stats.counts[$0.uid] != $0.documents && !stats.isIndexing }) else { return stats.counts.values.reduce(0, +) }
    let there = stats.counts[index.uid].map { "\($0) documents" } ?? "nothing"
    throw StepFailure(
      "documents-differ", "`\(index.uid)` on `\(arguments.server.server)` has \(there), and the dump holds \(index.documents)",
      details: ["MEILI_IMPORT_DUMP may not have reached the server: then it has started empty"],
      helps: ["look how `start` hands its environment on to the server, and into its log; then resume"])
  }

  private func result(_ mark: RestoreMark, notes: [String], _ arguments: Kind.Arguments) -> StepResult {
    let former = mark.hadData ? DatabaseFolder(path: arguments.folder).former(mark.run) : ""
    return StepResult(
      summary: "started \(arguments.server.server) from point \(mark.point), \(mark.documents) documents"
        + (former.isEmpty ? "" : "; the data that was there is in \(former): remove it when nobody needs it any more")
        + (notes.isEmpty ? "" : "; note: \(notes.joined(separator: "; "))"),
      outputs: ["point": .text(mark.point), "documents": .text(String(mark.documents)), "former": .text(former)],
      undoRecord: (try? CanonicalJSON.value(mark)) ?? .null, measurements: ["documents": .int(mark.documents)])
  }

  public func settle(_ arguments: Kind.Arguments, in context: PerformingContext) async -> Settlement {
    guard let mark = DatabaseFolder(path: arguments.folder).readMark(), mark.isOf(context.mark), mark.attempt == context.mark.attempt, mark.state == .done else { return .notDone }
    return .done(result(mark, notes: [], arguments))
  }

  public func undo(_ arguments: Kind.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    let folder = DatabaseFolder(path: arguments.folder)
    Folders.remove(folder.dump)
    guard let mark = folder.readMark(), mark.isOf(context.mark) else { return }
    let search = try await SearchServer.open(arguments.server, by: host.client, secrets: context.secrets, deadline: .seconds(20))
    try await stop(arguments, search, context)
    try await clear(folder, mark, context.mark)
    if mark.wasRunning {
      try await program(arguments.start, "start", importing: nil, context)
      try await answer(search, arguments, context)
    }
    folder.removeMark()
  }
}
