internal import Compression
internal import PointSteps
internal import PostgreSQLClient
internal import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Reads pieces on one session after another of the same snapshot, streaming each into its object.
struct PieceReader: Sendable {
  let point: PointWriter
  let queue: PieceQueue
  let encoding: String
  let progress: TransferProgress

  /// Reads one piece on a session that is in the snapshot's transaction.
  func read(_ work: PieceWork, on connection: PostgreSQLConnection) async throws -> PieceResult {
    let path = queue.newName(for: work)
    switch work {
    case .rows(let entry, let range, let format):
      return try await stream(entry.copyOut(range, format, encoding: encoding), on: connection, into: path, as: .rows(entry, range, format))
    case .largeObjects(let first, let last):
      // Opened descriptors last until the end of a transaction or of a savepoint that is rolled back.
      try await connection.execute("SAVEPOINT sie_dr_lo")
      let sums = try await connection.query(LargeObjectQueries.sums(first, last)).rows.first ?? []
      let content = PieceResult.Content.largeObjects(count: sums.int(0), bytes: sums.int(1))
      let result = try await stream(LargeObjectQueries.copyOut(first, last), on: connection, into: path, as: content)
      try await connection.execute("ROLLBACK TO SAVEPOINT sie_dr_lo")
      return result
    }
  }

  private func stream(
    _ sql: String, on connection: isolated PostgreSQLConnection, into path: String, as content: PieceResult.Content
  ) async throws -> PieceResult {
    let upload = try await point.upload(path)
    do {
      var compressor = try ZstdCompressor()
      var raw: Int64 = 0
      let rows = try await connection.copyOut(sql) { bytes in
        raw += Int64(bytes.count)
        let chunk = try compressor.compress(bytes)
        if !chunk.isEmpty { try await upload.write(chunk) }
        progress.add(bytes.count)
      }
      try await upload.write(compressor.finish())
      let piece = LogicalPoint.Piece(object: path, blocks: content.blocks, rows: rows, raw: ByteCount(bytes: raw))
      return PieceResult(content: content, piece: piece, object: try await upload.finish())
    } catch {
      await upload.abort()
      throw error
    }
  }
}

enum LargeObjectQueries {
  /// How many go into one piece.
  static let perPiece = 5_000
  /// How much of one goes into one row: a whole one as text fails near 512 MB.
  private static let chunk = 1 << 20
  private static let readMode = 262_144

  static let ranges = """
    SELECT min(oid), max(oid) FROM (
      SELECT oid, (row_number() OVER (ORDER BY oid) - 1) / \(perPiece) AS piece FROM pg_catalog.pg_largeobject_metadata) o
    GROUP BY piece ORDER BY piece
    """

  private static func size(_ oid: String) -> String { "pg_catalog.lo_lseek64(pg_catalog.lo_open(\(oid), \(readMode)), 0, 2)" }

  static func sums(_ first: Int64, _ last: Int64) -> String {
    "SELECT count(*), coalesce(sum(\(size("m.oid"))), 0) FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid BETWEEN \(first) AND \(last)"
  }

  static func copyOut(_ first: Int64, _ last: Int64) -> String {
    """
    COPY (SELECT m.oid, s.at, pg_catalog.lo_get(m.oid, s.at, \(chunk)) FROM pg_catalog.pg_largeobject_metadata m,
      LATERAL pg_catalog.generate_series(0::int8, \(size("m.oid")) - 1, \(chunk)::int8) s(at)
      WHERE m.oid BETWEEN \(first) AND \(last) ORDER BY 1, 2) TO STDOUT
    """
  }
}
