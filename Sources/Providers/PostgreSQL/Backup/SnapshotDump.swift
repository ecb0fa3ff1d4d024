internal import CanonicalJSON
internal import ChildProcess
internal import Compression
internal import PointSteps
internal import PostgreSQLClient
internal import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Everything that is read under one snapshot, at once: the schema by pg_dump, the roles by pg_dumpall, and the rows by the workers, while
/// one task watches whether anybody waits for us.
struct SnapshotDump: Sendable {
  let backup: LogicalBackup
  let snapshot: Snapshot
  let programs: Programs
  let point: PointWriter
  /// Of the database among those of the point. The first brings what belongs to the server.
  let index: Int
  let progress: TransferProgress
  let version: String
  let major: Int
  let firstNumber: Int

  /// Somebody changed the schema where no lock of ours stops it; another snapshot may do.
  struct Moved: Error {
    var failure: StepFailure
    var nextNumber: Int
  }

  /// What the manifest says of the database and of its server.
  struct Dumped: Sendable {
    var database: LogicalPoint.Database
    var server: LogicalPoint.Server
    var tools: [String: String]
    var objects: [PointObject]
  }

  private var address: ServerAddress { backup.address }
  private var folder: String { LogicalPoint.folder(index) }

  private enum Part: Sendable {
    case archive(LogicalPoint.Archive, PointObject)
    case globals(PointObject)
    case pieces([PieceResult])
    case background
  }

  func run(coordinator connection: PostgreSQLConnection) async throws -> Dumped {
    let coordinator = Coordinator(connection: connection)
    var content = try await DatabaseContent(connection: connection, snapshot: snapshot).read()
    var objects = [try await point.put("\(folder)/sequences.sql", Array(content.sequences.map(SequenceStatements.set).joined().utf8))]
    if index == 0 { objects.append(try await putCompressed(LogicalPoint.roles, CanonicalJSON.bytes(try await RoleQueries.catalogue(connection)))) }
    let hasPasswords = try await RoleQueries.canReadPasswords(connection)
    let ranges = try await connection.query(LargeObjectQueries.ranges).rows.map {
      PieceWork.largeObjects(first: $0.int(0), last: $0.int(1))
    }
    let encoding = content.properties.encoding
    let rows = snapshot.tables.flatMap { entry in
      PieceSize.ranges(of: entry, serverMajor: major, size: backup.pieceSize).map { PieceWork.rows(entry, $0, entry.format(encoding: encoding)) }
    }
    let queue = PieceQueue(ranges + rows, in: folder, firstNumber: firstNumber)
    progress.expect(snapshot.tables.reduce(ByteCount.zero) { $0 + ByteCount(bytes: $1.size) })
    let reader = PieceReader(point: point, queue: queue, encoding: encoding, progress: progress)
    var tables: [QualifiedName: LogicalPoint.Table] = [:]
    do {
      for part in try await readAll(coordinator, reader, hasPasswords: hasPasswords) {
        switch part {
        case .archive(let archive, let object):
          content.archive = archive
          objects.append(object)
        case .globals(let object): objects.append(object)
        case .pieces(let pieces):
          objects += pieces.map(\.object)
          collect(pieces, into: &content, &tables)
        case .background: break
        }
      }
      content.tables = tables.values.sorted { $0.qualified < $1.qualified }
      content.largeObjects.pieces.sort { $0.object < $1.object }
      content.lsnAfter = try await coordinator.use { try await $0.query(SnapshotQueries.position).value }
    } catch {
      await coordinator.close()
      throw error
    }
    try await connection.execute("COMMIT")
    await coordinator.close()
    return Dumped(
      database: content, server: .init(version: version, major: major, standby: snapshot.isStandby), tools: ["pg_dump": programs.version],
      objects: objects)
  }

  /// All parts at once; the first that fails ends the others, and the coordinator's locks before all.
  private func readAll(_ coordinator: Coordinator, _ reader: PieceReader, hasPasswords: Bool) async throws -> [Part] {
    try await withThrowingTaskGroup(of: Part.self) { group in
      let watch = LockWatch(address: address, application: backup.application, yieldAfter: backup.yieldAfter)
      group.addTask {
        try await watch.watch(); return .background
      }
      group.addTask {
        try await coordinator.keepAlive(); return .background
      }
      group.addTask { try await dumpSchema(reader.queue) }
      if index == 0 { group.addTask { .globals(try await dumpGlobals(hasPasswords: hasPasswords)) } }
      for _ in 0..<backup.workers { group.addTask { .pieces(try await work(reader, coordinator)) } }
      var parts: [Part] = []
      do {
        while parts.count < (index == 0 ? 2 : 1) + backup.workers, let part = try await group.next() { parts.append(part) }
      } catch {
        group.cancelAll()
        await coordinator.close()
        throw error
      }
      group.cancelAll()
      return parts
    }
  }

  // MARK: Rows

  /// One worker: a session of the snapshot, and pieces as long as there are any.
  private func work(_ reader: PieceReader, _ coordinator: Coordinator) async throws -> [PieceResult] {
    var results: [PieceResult] = []
    var session: PostgreSQLConnection?
    while let work = reader.queue.next() {
      var attempt = 1
      while true {
        do {
          let connection: PostgreSQLConnection
          if let session { connection = session } else { connection = try await openWorker() }
          session = connection
          results.append(try await read(work, reader, connection, coordinator))
          break
        } catch {
          session = nil
          guard attempt < 3, isWorthAnotherTry(error), !Task.isCancelled else { throw named(error, work, reader.queue) }
          attempt += 1
        }
      }
    }
    return results
  }

  private func openWorker() async throws -> PostgreSQLConnection {
    let connection = try await backup.open()
    // Pieces are ranges of blocks, to be read as such also where statistics are missing.
    try await connection.execute(
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT \(SQL.literal(snapshot.id)); SET LOCAL enable_seqscan = off")
    return connection
  }

  private func read(
    _ work: PieceWork, _ reader: PieceReader, _ connection: PostgreSQLConnection, _ coordinator: Coordinator
  ) async throws -> PieceResult {
    if case .rows(let entry, _, _) = work {
      do throws(PostgreSQLError) {
        // Never wait: behind a queued exclusive lock that waits for the coordinator this would be a deadlock the server cannot see.
        try await connection.execute(
          "SAVEPOINT sie_dr_lock; LOCK TABLE ONLY \(SQL.qualified(entry.table.schema, entry.table.name)) IN ACCESS SHARE MODE NOWAIT")
      } catch {
        guard error.state == .lockNotAvailable else { throw error }
        try await connection.execute("ROLLBACK TO SAVEPOINT sie_dr_lock")
        return try await coordinator.use { try await reader.read(work, on: $0) }
      }
    }
    return try await reader.read(work, on: connection)
  }

  private func isWorthAnotherTry(_ error: any Error) -> Bool {
    if let error = error as? PostgreSQLError { return error.kind == .serverGone || error.kind == .cannotConnect }
    return Failures.translate(error, doing: "").isTransient
  }

  private func named(_ error: any Error, _ work: PieceWork, _ queue: PieceQueue) -> any Error {
    let failure = Failures.translate(error, doing: "reading \(work.name) of \(address)")
    if let error = error as? PostgreSQLError, error.state == .undefinedTable || error.state == SQLState("3F000") {
      return Moved(failure: failure, nextNumber: queue.lastNumber)
    }
    return failure
  }

  private func collect(_ pieces: [PieceResult], into content: inout LogicalPoint.Database, _ tables: inout [QualifiedName: LogicalPoint.Table]) {
    for result in pieces {
      switch result.content {
      case .rows(let entry, _, let format): tables[entry.table, default: LogicalPoint.Table(entry, format)].add(result.piece)
      case .largeObjects(let count, let bytes):
        content.largeObjects.pieces.append(result.piece)
        content.largeObjects.count += count
        content.largeObjects.bytes += bytes
      }
    }
  }

  // MARK: Programs

  private func dumpSchema(_ queue: PieceQueue) async throws -> Part {
    let path = "\(folder)/schema.dump"
    let command = programs.command(
      "pg_dump",
      [
        "--format=custom", "--compress=1", "--snapshot=\(snapshot.id)", "--section=pre-data", "--section=post-data",
        "--lock-wait-timeout=\(SnapshotTaker.lockTimeout)",
      ], on: address, application: backup.application, deadline: backup.deadline)
    let filling = try await ObjectFilling(point, path)
    do {
      let output = try await programs.children.stream(command) { try await filling.write($0) }
      guard output.succeeded else { throw schemaFailure(output, queue) }
      let warnings = Programs.words(in: output.errorOutput, program: "pg_dump")
      return .archive(LogicalPoint.Archive(object: path, warnings: warnings), try await filling.finish())
    } catch {
      await filling.abort()
      throw error
    }
  }

  private func schemaFailure(_ output: ChildOutput, _ queue: PieceQueue) -> any Error {
    let words = Programs.words(in: output.errorOutput, program: "pg_dump")
    let failure = StepFailure(
      "pg-dump-failed", "pg_dump could not read the schema of \(address) (\(output.status))", details: words,
      helps: ["run the same pg_dump --schema-only by hand to see more"], transient: true)
    let moved = ["canceling statement", "cache lookup failed", "does not exist", "could not obtain lock"]
    guard words.contains(where: { line in moved.contains { line.contains($0) } }) else { return failure }
    return Moved(failure: failure, nextNumber: queue.lastNumber)
  }

  private func dumpGlobals(hasPasswords: Bool) async throws -> PointObject {
    var command = programs.command(
      "pg_dumpall", ["--globals-only"] + (hasPasswords ? [] : ["--no-role-passwords"]), on: address, application: backup.application,
      deadline: backup.deadline)
    command.outputLimit = 256 << 20
    let output = try await programs.children.run(command)
    guard output.succeeded, !output.outputTruncated else {
      throw StepFailure(
        "pg-dumpall-failed", "pg_dumpall could not read the roles of \(address.server) (\(output.status))",
        details: Programs.words(in: output.errorOutput, program: "pg_dumpall"),
        helps: ["check the rights of \(address.user ?? "this role")"])
    }
    return try await putCompressed(LogicalPoint.globals, output.output)
  }

  private func putCompressed(_ path: String, _ bytes: [UInt8]) async throws -> PointObject {
    var compressor = try ZstdCompressor()
    return try await point.put(path, compressor.compress(bytes) + compressor.finish())
  }
}

/// An object that another task fills, a chunk at a time.
private actor ObjectFilling {
  private let upload: PointUpload
  init(_ point: PointWriter, _ path: String) async throws { upload = try await point.upload(path) }
  func write(_ chunk: [UInt8]) async throws { try await upload.write(chunk) }
  func finish() async throws -> PointObject { try await upload.finish() }
  func abort() async { await upload.abort() }
}
