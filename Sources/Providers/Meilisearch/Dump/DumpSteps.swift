internal import CanonicalJSON
public import Encryption
internal import HTTPClient
internal import ObjectStore
internal import PlanModel
public import PointSteps
public import ProviderInterface
public import RecoveryPoints
internal import Units

/// Asks a server whether a dump of it could be made.
public struct DumpLook: SourceLook {
  public typealias Source = MeilisearchSource
  let host: MeilisearchHost

  public func look(at server: MeilisearchReference, in context: ObservingContext) async throws(StepFailure) -> SeenSource {
    let search = try await SearchServer.open(server, by: host.client, secrets: context.secrets, deadline: context.timeout)
    let (version, stats) = (try await search.version(), try await search.stats())
    var problem: String?
    do throws(StepFailure) {
      try server.check(running: version)
      _ = try host.dumpFolder(of: server)
    } catch { problem = error.message }
    return SeenSource(
      version: version, role: nil, problem: problem,
      measurements: ["documents": .int(stats.counts.values.reduce(0, +)), "size": .string(ByteCount(bytes: stats.databaseSize).description)])
  }
}

/// Makes dumps.
public struct DumpMaker: PointMaker {
  public typealias Source = MeilisearchSource
  public struct Reached: Sendable { let search: SearchServer; let version: String }
  public static let method = DumpPoint.method
  public static let unit = "documents"
  let host: MeilisearchHost
  public var age: AgeProgram { host.age }

  /// None is more of a primary than another: the first that answers is read.
  public func reach(_ server: MeilisearchReference, in context: PerformingContext) async throws(StepFailure) -> (server: Reached, isPrimary: Bool) {
    let search = try await SearchServer.open(server, by: host.client, secrets: context.secrets)
    let version = try await search.version()
    try server.check(running: version)
    return (Reached(search: search, version: version), true)
  }

  public func make(of server: Reached, into point: PointWriter, in context: PerformingContext) async throws(StepFailure) -> MadePoint {
    let search = server.search
    let folder = try host.dumpFolder(of: search.reference)
    context.report(StepProgress(phase: "waiting for what was handed in before"))
    try await search.drain(within: context.timeout)
    let before = try await search.stats()
    // Whatever is handed in before this moment is in the dump, as documents or in its queue.
    let asked = context.now()
    context.report(StepProgress(phase: "waiting for the dump"))
    let path = "\(folder)/\(try await dump(search, context)).dump"
    do throws(StepFailure) {
      let after = try await search.stats()
      let made = try await transfer(DumpFile(path: path, host: host), into: point, context)
      let notes = try agree(made.contents, before, after, search.reference)
      let content = DumpPoint(made.contents, running: server.version)
      return MadePoint(
        content: try await pointwise("describing the dump") { try CanonicalJSON.value(content) }, objects: [made.object], raw: content.raw, rows: content.count, sigma: asked,
        notes: notes + remove(path)
      ) { id, encryption in RestoreInstructions.text(content, id: id, encryption: encryption) }
    } catch {
      _ = remove(path)
      throw error
    }
  }

  /// The name of a dump that is whole: its task says so, not the file.
  private func dump(_ search: SearchServer, _ context: PerformingContext) async throws(StepFailure) -> String {
    let enqueued = try await search.ask(.post, "/dumps", as: Answers.Enqueued.self)
    let task = try await search.finish(enqueued.taskUid, "a dump", within: context.timeout)
    guard let name = task.details?.dumpUid, !name.isEmpty, !name.contains("/") else {
      throw StepFailure("not-meilisearch", "`\(search.reference.server)` says that its dump is done, and does not name it", details: ["task \(task.uid)"], helps: ["look into its log and its dump folder"])
    }
    return name
  }

  /// Read twice, once unpacked and once into the store: both times it must be the same.
  private func transfer(_ file: DumpFile, into point: PointWriter, _ context: PerformingContext) async throws(StepFailure) -> (contents: DumpContents, object: PointObject) {
    let (contents, digest) = try await file.read(deadline: context.timeout, told: TransferProgress(phase: "reading the dump through", total: nil, report: context.report))
    let (object, stored) = try await pointwise("copying the dump into `\(point.store.name)`") {
      try await file.send(to: try await point.upload(DumpPoint.object), told: TransferProgress(phase: "copying the dump", total: nil, report: context.report))
    }
    guard stored == digest else {
      throw StepFailure("dump-damaged", "the dump \(file.path) has changed while it was read", details: ["Meilisearch writes a dump once"], helps: ["find out who writes into the dump folder"])
    }
    return (contents, object)
  }

  /// The dump must hold what the server says that it has. Where it was written to meanwhile, nobody can say how many documents there should be.
  private func agree(_ contents: DumpContents, _ before: Answers.Stats, _ after: Answers.Stats, _ server: MeilisearchReference) throws(StepFailure) -> [String] {
    guard before.counts == after.counts, !before.isIndexing, !after.isIndexing else { return ["it was written to meanwhile, so its documents were counted and not compared"] }
    guard let index = Set(after.counts.keys).union(contents.documents.keys).sorted().first(where: { (after.counts[$0] ?? 0) != (contents.documents[$0] ?? 0) }) else { return [] }
    throw StepFailure(
      "dump-differs", "the dump holds \(contents.documents[index] ?? 0) documents of `\(index)`, and `\(server.server)` says that it has \(after.counts[index] ?? 0)",
      details: ["nothing was written meanwhile"], helps: ["look into the server's log; run the step again"])
  }

  /// It holds every key, and the store has it now.
  private func remove(_ path: String) -> [String] {
    Folders.remove(path)
    return Folders.exists(path) ? ["\(path) could not be removed: it holds the server's keys"] : []
  }
}

public typealias MeilisearchDumpObserver = PointBackupObserver<DumpLook>
public typealias MeilisearchDumpPerformer = PointBackupPerformer<DumpMaker>

extension MeilisearchHost {
  func dumpFolder(of server: MeilisearchReference) throws(StepFailure) -> String {
    guard let dumps = server.dumps else {
      throw StepFailure(
        "dumps-unknown", "the plan does not say where the dumps of `\(server.server)` land",
        details: ["Meilisearch 1.x serves no dump over HTTP: its folder must be reachable from the host where sie-dr runs"],
        helps: ["write `dumps: FOLDER` at the server: what its `--dump-dir` says, on this host or mounted from there"])
    }
    let path = absolute(dumps)
    guard Folders.exists(path) else {
      throw StepFailure("dumps-unknown", "there is no folder \(path), where the dumps of `\(server.server)` should land", helps: ["correct `dumps` of the server, or mount it"])
    }
    return path
  }
}
