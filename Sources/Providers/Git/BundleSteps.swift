internal import CanonicalJSON
internal import Concurrency
internal import Hashing
internal import ObjectStore
internal import PlanModel
internal import PointSteps
public import ProviderInterface
internal import RecoveryPoints
internal import Units

public struct GitBundleObserver: StepObserver {
  public typealias Kind = GitBundle
  let host: GitHost

  public func observe(_ arguments: GitBundle.Arguments, in context: ObservingContext) async -> Observation {
    do throws(StepFailure) {
      guard let from = try await context.repository(arguments.from, in: host) else { return .nothing }
      let store = try await context.stores.reading(arguments.store)
      let newest = try await stored("looking for bundles") { try await BundlePlace(name: arguments.name).newest(in: store) }
      let references = try await host.git.references(of: from, deadline: context.timeout)
      var observation = Observation(measurements: ["references": .int(Int64(references.mirrored.count))])
      guard let newest else { return observation }
      observation.facts = [GitBundle.newest: .string(newest.id.text), GitBundle.isSame: .bool(newest.references.mirrored == references.mirrored)]
      return observation
    } catch { return .unreachable(error.message) }
  }
}

public struct GitBundlePerformer: StepPerformer {
  public typealias Kind = GitBundle
  let host: GitHost

  public func perform(_ arguments: GitBundle.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    if Task.isCancelled { throw .cancelled }
    let from = try await context.repository(arguments.from, in: host)
    let store = try await context.stores.opening(arguments.store)
    try await clearAway(arguments, context, store)
    return try await withWorkFolder(in: host.temporaryFolder) { (folder) throws(StepFailure) in
      context.report(StepProgress(phase: "fetching"))
      let work = MirrorWork(git: host.git, folder: "\(folder)/repository", to: from, mark: context.mark, deadline: context.timeout)
      let references = try await work.fetch(from)
      let file = "\(folder)/bundle"
      if let head = references.head { try await host.git.run(["symbolic-ref", "HEAD", head], in: work.folder, deadline: context.timeout, doing: "setting HEAD") }
      context.report(StepProgress(phase: "writing the bundle"))
      try await host.git.run(["bundle", "create", "--quiet", file, "--all"], in: work.folder, deadline: context.timeout, doing: "writing the bundle of \(from.title)")
      try await verify(file, references, in: work, context)
      let id = PointID(started: context.now(), mark: context.mark.description)
      let manifest = try await stored("writing the bundle into `\(store.name)`") {
        let place = BundlePlace(name: arguments.name)
        let (size, sum) = try await send(file, to: place.key(id, "bundle", in: store.name), store)
        let manifest = BundleManifest(
          id: id, name: arguments.name, source: from.title, made: context.now(), mark: context.mark.description, references: references, size: size, sha256: sum)
        try await store.put(place.key(id, "json", in: store.name), Array(try CanonicalJSON.prettyText(manifest).utf8), ifAbsent: true)
        return manifest
      }
      return result(manifest, arguments)
    }
  }

  /// The file itself says which references it has, and that it needs nothing besides.
  private func verify(_ file: String, _ references: References, in work: MirrorWork, _ context: PerformingContext) async throws(StepFailure) {
    try await host.git.run(["bundle", "verify", "--quiet", file], in: work.folder, deadline: context.timeout, doing: "checking the bundle")
    let listed = References(listing: try await host.git.run(["ls-remote", "--", file], in: work.folder, deadline: context.timeout, doing: "checking the bundle"))
    guard listed.mirrored == references.mirrored else {
      throw StepFailure("references-differ", "the bundle does not have the references of the repository", details: ["while checking the bundle"], helps: ["run the step again; if it stays so, look at the repository: git fsck"])
    }
  }

  private func send(_ file: String, to key: ObjectKey, _ store: any ObjectStore) async throws -> (ByteCount, SHA256Digest) {
    guard let reader = FileReader(file) else { throw FileReader.Failed(description: "the bundle cannot be read") }
    let pool = BlockingPool(threads: 1)
    let hasher = SHA256Hasher()
    var size: Int64 = 0
    let upload = try await store.upload(key)
    do {
      while let chunk = try await pool.run({ () throws(FileReader.Failed) in try reader.next() }) {
        hasher.update(chunk)
        size += Int64(chunk.count)
        try await upload.write(chunk)
      }
      try await upload.finish()
    } catch {
      await upload.abort()
      throw error
    }
    return (ByteCount(bytes: size), hasher.finalize())
  }

  /// What dead attempts of this step have left: files without a manifest.
  private func clearAway(_ arguments: GitBundle.Arguments, _ context: PerformingContext, _ store: any ObjectStore) async throws(StepFailure) {
    let place = BundlePlace(name: arguments.name)
    let marks = (context.earlierMarks + [context.mark]).map(\.description)
    try await stored("clearing away what an earlier attempt left in `\(store.name)`") {
      let objects = try await store.listAll(prefix: place.prefix).map(\.key)
      for key in objects {
        guard key.path.hasSuffix(".bundle"), let id = PointID(key.path.dropFirst(place.prefix.count).dropLast(7)), marks.contains(where: { id.wasMade(by: $0) }) else { continue }
        if try !objects.contains(place.key(id, "json", in: store.name)) { try await store.delete(key) }
      }
      for key in try await store.openUploads(prefix: place.prefix) {
        guard let id = PointID(key.path.dropFirst(place.prefix.count).prefix { $0 != "." }), marks.contains(where: { id.wasMade(by: $0) }) else { continue }
        try await store.discardUploads(prefix: key.path)
      }
    }
  }

  private func result(_ manifest: BundleManifest, _ arguments: GitBundle.Arguments) -> StepResult {
    StepResult(
      summary: "bundle \(manifest.id) of \(manifest.source): \(manifest.references.mirrored.count) references, \(manifest.size.rounded), in `\(arguments.store.name)`",
      outputs: ["bundle": .text("bundle://\(arguments.store.name)/\(arguments.name)"), "sha256": .text(manifest.sha256.hex)],
      measurements: ["references": .int(Int64(manifest.references.mirrored.count)), "size": .string(manifest.size.description)])
  }

  public func settle(_ arguments: GitBundle.Arguments, in context: PerformingContext) async -> Settlement {
    do throws(StepFailure) {
      let store = try await context.stores.reading(arguments.store)
      let found = try await stored("looking for bundles") { try await BundlePlace(name: arguments.name).manifests(in: store) }
      return found.first { $0.mark == context.mark.description }.map { .done(result($0, arguments)) } ?? .notDone
    } catch { return .unknown("the store `\(arguments.store.name)` cannot be asked: \(error.message)") }
  }

  public func undo(_ arguments: GitBundle.Arguments, result _: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    try await clearAway(arguments, context, try await context.stores.opening(arguments.store))
  }
}

/// Runs `body` and gives whatever a store throws as a failure of the step.
func stored<Value>(_ doing: @autoclosure () -> String, _ body: () async throws -> Value) async throws(StepFailure) -> Value {
  do { return try await body() } catch {
    let doing = doing()
    throw StepFailure(ofPoint: error, doing: doing) ?? StepFailure("unexpected", "\(error)", details: ["while \(doing)"])
  }
}
