internal import Compression
internal import PointSteps
internal import ProviderInterface
internal import RecoveryPoints
internal import RedisClient
internal import Units

/// Sends the keys of a snapshot to a server, a batch at a time, while the snapshot is still being read.
struct KeyLoader: Sendable {
  let connection: RedisConnection
  let progress: TransferProgress

  struct Loaded: Sendable {
    var tally = SnapshotTally()
    /// Keys whose time was over.
    var expired: Int64 = 0
  }

  private static let batchBytes = 1 << 20
  private static let batchCommands = 1_000
  /// For one batch, which one very large value may fill.
  private static let patience = Duration.seconds(300)

  func load(_ download: PointDownload) async throws -> Loaded {
    var decompressor = try ZstdDecompressor()
    var reader = SnapshotReader(makesPayloads: true)
    var loaded = Loaded()
    var batch = Batch()
    let clock = (theirs: try await connection.serverTime(), ours: ContinuousClock.now)
    func now() -> Int64 { (clock.theirs + .milliseconds(Int64(clock.ours.duration(to: .now) / .milliseconds(1)))).milliseconds }
    while let chunk = try await download.next() {
      decompressor.feed(chunk)
      while let bytes = try decompressor.next() {
        progress.add(bytes.count)
        reader.feed(bytes)
        while let record = try reader.next() { try await take(record, &batch, &loaded, now()) }
      }
    }
    try decompressor.finish()
    reader.complete()
    while let record = try reader.next() { try await take(record, &batch, &loaded, now()) }
    try reader.finish()
    try await send(&batch)
    // Back to where the mark is.
    _ = try await connection.ask("SELECT", "0")
    return loaded
  }

  private struct Batch {
    var commands: [RedisCommand] = []
    var bytes = 0
    mutating func add(_ command: RedisCommand) { commands.append(command); bytes += command.size }
  }

  private func take(_ record: SnapshotReader.Record, _ batch: inout Batch, _ loaded: inout Loaded, _ now: Int64) async throws {
    switch record {
    case .database(let number):
      loaded.tally.enter(number)
      batch.add(RedisCommand("SELECT", String(number)))
    case .key(let key):
      if let expiry = key.expiry, expiry <= now { loaded.expired += 1; return }
      loaded.tally.count(expiring: key.expiry != nil)
      let words = [Array("RESTORE".utf8), key.name, Array(String(key.expiry ?? 0).utf8), key.payload]
      batch.add(RedisCommand(key.expiry == nil ? words : words + [Array("ABSTTL".utf8)]))
    case .functions(let payload):
      loaded.tally.countFunctions()
      batch.add(RedisCommand([Array("FUNCTION".utf8), Array("RESTORE".utf8), payload]))
    case .field, .other, .end: return
    }
    if batch.bytes >= Self.batchBytes || batch.commands.count >= Self.batchCommands { try await send(&batch) }
  }

  private func send(_ batch: inout Batch) async throws {
    guard !batch.commands.isEmpty else { return }
    try Task.checkCancellation()
    let replies = try await connection.send(batch.commands, deadline: Self.patience)
    for (command, reply) in zip(batch.commands, replies) {
      guard case .refusal(let text) = reply else { continue }
      throw failure(connection.refusal(text, command.name))
    }
    batch = Batch()
  }

  private func failure(_ error: RedisError) -> any Error {
    let server = connection.address.server
    if error.code == "BUSYKEY" {
      return StepFailure("target-in-use", "somebody else writes to \(server) while it is being restored: a key of the point is there already", helps: ["stop whatever works on it, then run the step again"])
    }
    if error.message.contains("DUMP payload version") || error.message.contains("Bad data format") {
      return StepFailure("value-refused", "\(server) does not take a value of the point: \(error.message)", helps: ["restore into a Redis of the version that the point was made of, or newer, with the same modules"])
    }
    return error
  }
}
