internal import Compression
internal import PointSteps
internal import ProviderInterface
internal import RecoveryPoints
internal import RedisClient
internal import Units

/// A snapshot of one server, streamed into a recovery point: everything but the point's own manifest, which the caller publishes last.
struct SnapshotBackup: Sendable {
  let address: RedisAddress
  let application: String
  let now: @Sendable () -> Timestamp
  let report: @Sendable (StepProgress) -> Void

  /// What the manifest is made of.
  struct Made: Sendable {
    var content: SnapshotPoint
    var object: PointObject
    /// Every write that the server acknowledged before it is in; nil where the server does not say when its snapshot began.
    var sigma: Timestamp?
  }

  func run(into point: PointWriter) async throws(StepFailure) -> Made {
    try await translating("backing up \(address.server)") {
      let connection = try await RedisConnection.open(address, name: application)
      let info = try await connection.info()
      try Self.check(info, address)
      let lag = TimeSpan.seconds(Self.lag(of: info))
      let asked = now()
      let theirs = try await connection.serverTime()
      report(StepProgress(phase: "waiting for the snapshot"))
      let (tally, raw, version, object) = try await transfer(on: connection, into: point)
      let content = SnapshotPoint(
        format: SnapshotPoint.currentFormat, method: SnapshotPoint.method, object: SnapshotPoint.object, rdbVersion: version, raw: raw,
        server: .init(version: info.version, replica: !info.isMaster, memory: tally.fields["used-mem"].flatMap { Int64($0) }.map { ByteCount(bytes: $0) }),
        databases: tally.sorted, functions: tally.functions)
      return Made(content: content, object: object, sigma: Self.sigma(asked: asked, theirs: theirs, tally, lag: lag))
    }
  }

  private func transfer(
    on connection: isolated RedisConnection, into point: PointWriter
  ) async throws -> (tally: SnapshotTally, raw: ByteCount, version: Int, object: PointObject) {
    let upload = try await point.upload(SnapshotPoint.object)
    do {
      var compressor = try ZstdCompressor()
      var reader = SnapshotReader(makesPayloads: false)
      var tally = SnapshotTally()
      var raw: Int64 = 0
      let progress = TransferProgress(phase: "copying the snapshot", total: nil, report: report)
      try await connection.snapshot { bytes in
        raw += Int64(bytes.count)
        reader.feed(bytes)
        try Self.drain(&reader, &tally)
        let chunk = try compressor.compress(bytes)
        if !chunk.isEmpty { try await upload.write(chunk) }
        progress.add(bytes.count)
      }
      reader.complete()
      try Self.drain(&reader, &tally)
      try reader.finish()
      try await upload.write(compressor.finish())
      return (tally, ByteCount(bytes: raw), reader.version, try await upload.finish())
    } catch {
      await upload.abort()
      throw error
    }
  }

  private static func drain(_ reader: inout SnapshotReader, _ tally: inout SnapshotTally) throws(SnapshotProblem) {
    while let record = try reader.next() {
      switch record {
      case .field(let name, let value): tally.note(name, value)
      case .database(let number): tally.enter(number)
      case .key(let key): tally.count(expiring: key.expiry != nil)
      case .functions: tally.countFunctions()
      case .other, .end: break
      }
    }
  }

  /// A server that is making a snapshot for somebody else already may hand out that one, which began before it was asked: the file says when.
  static func sigma(asked: Timestamp, theirs: Timestamp, _ tally: SnapshotTally, lag: TimeSpan) -> Timestamp? {
    guard let began = tally.fields["ctime"].flatMap({ Int64($0) }).map({ Timestamp(milliseconds: $0 * 1_000) }) else { return nil }
    return asked - max(.zero, theirs - began) - lag
  }

  /// How many seconds a replica may be behind.
  static func lag(of info: ServerInfo) -> Int64 {
    info.isMaster ? 0 : 1 + max(0, info.int("master_last_io_seconds_ago") ?? 0)
  }

  /// What makes a backup impossible or wrong and can be seen beforehand.
  static func check(_ info: ServerInfo, _ address: RedisAddress) throws(StepFailure) {
    guard !info.flag("cluster_enabled") else {
      throw StepFailure(
        "redis-cluster", "\(address.server) is a node of a Redis cluster, which holds a part of the keys only",
        details: ["a snapshot of one node would look whole and lack all other slots"], helps: ["back each primary up by a data class of its own, at your own risk: no moment is common to them"])
    }
    guard info.isMaster || info["master_link_status"] == "up" || info.flag("master_sync_in_progress") else {
      throw StepFailure(
        "replica-orphaned", "\(address.server) is a replica that has lost its primary, and hands out no snapshot",
        details: ["Redis refuses it, since nobody knows how old its data is"], helps: ["promote it first: `redis.promote`; or name the primary among the data class's servers"])
    }
    guard !info.flag("master_sync_in_progress") else {
      throw StepFailure("replica-not-whole", "\(address.server) is receiving its data from its primary just now", helps: ["wait until `redis-cli INFO replication` says master_sync_in_progress:0"], transient: true)
    }
  }
}

extension RedisConnection {
  /// The server's own clock.
  func serverTime() async throws(RedisError) -> Timestamp { Timestamp(milliseconds: try await milliseconds()) }
}
