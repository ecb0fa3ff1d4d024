internal import CanonicalJSON
internal import Compression
internal import PointSteps
internal import ProviderInterface
internal import RecoveryPoints
internal import RedisClient
internal import Units

/// Fills an empty server with the keys of a point.
struct SnapshotRestore: Sendable {
  let address: RedisAddress
  let mark: StepMark
  let copies: PointCopies
  let timeout: TimeSpan
  let report: @Sendable (StepProgress) -> Void

  struct Made: Sendable {
    var mark: RestoreMark
    /// Those whose time was over before they could be restored.
    var expired: Int64
    var notes: [String]
  }

  func run() async throws(StepFailure) -> Made {
    let id = copies.manifest.id.text
    return try await translating("restoring point \(id) into \(address.server)") {
      let point = try content()
      report(StepProgress(phase: "looking at the target"))
      let target = try await TargetServer.open(address, application: mark.applicationName)
      let info = try await target.connection.info()
      try TargetServer.check(info, target.address, rdbVersion: point.rdbVersion)
      let left = try await RestoreMark.read(target.connection)
      // What an earlier attempt of this very step has left goes; the first of them knew whether there was an append-only file.
      let isOurs = left?.isOf(mark) ?? false
      if !isOurs { try TargetServer.checkEmpty(info, target.address, functions: try await target.functions(info)) }
      var restoreMark = RestoreMark(mark, point: id, appendOnly: isOurs ? left?.appendOnly ?? false : info.flag("aof_enabled"))
      try await target.empty(leaving: restoreMark, info)
      var notes: [String] = []
      if info.flag("aof_enabled"), let note = try await AppendOnlyFile(target: target).turnOff() { notes.append(note) }
      let loaded: KeyLoader.Loaded
      do {
        loaded = try await load(point, target, info, restoreMark)
        report(StepProgress(phase: "counting the keys"))
        try await check(loaded, target)
      } catch {
        // What somebody else has written meanwhile is not ours to remove without being asked.
        if (error as? StepFailure)?.code != "target-in-use" { await leaveEmpty(restoreMark, info) }
        throw error
      }
      restoreMark.keys = loaded.tally.databases.values.reduce(0) { $0 + $1.keys }
      if restoreMark.appendOnly {
        report(StepProgress(phase: "writing the append-only file"))
        try await AppendOnlyFile(target: target).turnOn(within: timeout.duration)
      }
      restoreMark.state = .done
      _ = try await target.connection.ask(try restoreMark.command)
      await target.connection.close()
      return Made(mark: restoreMark, expired: loaded.expired, notes: notes + copies.notes)
    }
  }

  private func content() throws(StepFailure) -> SnapshotPoint {
    guard let point = try? CanonicalJSON.decode(SnapshotPoint.self, from: copies.manifest.content), point.format <= SnapshotPoint.currentFormat else {
      throw StepFailure(
        "point-unreadable", "what the manifest of point \(copies.manifest.id) says of its contents is not a snapshot of Redis that this version knows",
        helps: ["choose another point, or use the sie-dr that made it: \(copies.manifest.toolVersion)"])
    }
    return point
  }

  /// Half a load is of no use to anybody, and a server that evicts keys may evict the mark by which undo would know them. By a connection of its own, in a task
  /// of its own: both of the step's may be why it fails. Where it cannot be done, the next attempt or undo does it.
  private func leaveEmpty(_ restoreMark: RestoreMark, _ info: ServerInfo) async {
    await Task { [address, mark] in
      guard let target = try? await TargetServer.open(address, application: mark.applicationName) else { return }
      try? await target.empty(leaving: restoreMark, info)
    }.value
  }

  /// One store after another until one of them gives the whole file.
  private func load(_ point: SnapshotPoint, _ target: TargetServer, _ info: ServerInfo, _ restoreMark: RestoreMark) async throws -> KeyLoader.Loaded {
    var isFirst = true
    return try await copies.first(point.object) { reader in
      if !isFirst { try await target.empty(leaving: restoreMark, info) }
      isFirst = false
      let download = try await reader.open(point.object)
      do {
        let progress = TransferProgress(phase: "restoring keys", total: point.raw, report: report)
        let loaded = try await KeyLoader(connection: target.connection, progress: progress).load(download)
        await download.close()
        return loaded
      } catch {
        let cause = await download.cause(of: error)
        await download.close()
        throw cause
      }
    }
  }

  /// Keys that expire may have gone meanwhile; all others must be there, and nothing else.
  private func check(_ loaded: KeyLoader.Loaded, _ target: TargetServer) async throws {
    var keyspace = try await target.connection.info().keyspace
    // The mark has no expiry yet.
    keyspace[0]?.all -= 1
    for number in Set(keyspace.keys).union(loaded.tally.databases.keys).sorted() {
      let restored = loaded.tally.databases[number] ?? .init(number: number, keys: 0, expiring: 0)
      let there = keyspace[number] ?? .init(all: 0, expiring: 0)
      guard there.lasting == restored.keys - restored.expiring, there.expiring <= restored.expiring else {
        throw StepFailure(
          "keys-differ", "database \(number) of \(target.address.server) has \(there.all) keys, and \(restored.keys) were restored",
          details: ["\(there.lasting) of them do not expire, expected are \(restored.keys - restored.expiring)"],
          helps: [
            there.lasting < restored.keys - restored.expiring
              ? "something removes keys: look at `maxmemory` and `maxmemory-policy` (redis-cli INFO memory, INFO stats), and whether anybody works there already"
              : "somebody else writes to this server: stop that, then run the step again"
          ])
      }
    }
    guard loaded.tally.functions == copies.manifest.content["functions"]?.int.map(Int.init) ?? 0 else {
      throw StepFailure("keys-differ", "the snapshot of point \(copies.manifest.id) holds \(loaded.tally.functions) libraries of functions, its manifest says otherwise", helps: ["choose another point"])
    }
  }
}
