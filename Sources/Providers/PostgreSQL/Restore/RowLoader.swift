internal import Compression
internal import ObjectStore
internal import PointSteps
internal import PostgreSQLClient
internal import ProviderInterface
internal import RecoveryPoints
internal import Units

/// Loads the rows of a point: each piece in a transaction of its own that ends only if its bytes and its rows are those of the manifest.
struct RowLoader: Sendable {
  let copies: PointCopies
  let content: LogicalPoint.Database
  let progress: TransferProgress

  static let settings = [
    "default_transaction_read_only = off", "search_path = ''", "DateStyle = 'ISO, MDY'", "IntervalStyle = postgres", "lc_monetary = 'C'",
    "row_security = off", "xmloption = content",
  ]
  private static let attempts = 3

  private enum Item: Sendable {
    case rows(LogicalPoint.Table, LogicalPoint.Piece)
    case largeObjects(LogicalPoint.Piece)

    var piece: LogicalPoint.Piece {
      switch self {
      case .rows(_, let piece), .largeObjects(let piece): piece
      }
    }
    var name: String {
      switch self {
      case .rows(let table, _): table.qualified.description
      case .largeObjects: "large objects"
      }
    }
  }

  /// Everything, the biggest table first; of one table adjacent pieces at once, so that its rows come to lie nearly in their old order.
  func load(_ sessions: Sessions) async throws {
    let tables = content.tables.map { table in table.pieces.map { Item.rows(table, $0) } }
    let groups = (tables + content.largeObjects.pieces.map { [.largeObjects($0)] }).map { items in
      (items: items, size: items.reduce(ByteCount.zero) { $0 + $1.piece.raw }, name: items.first?.piece.object ?? "")
    }
    let ordered = groups.sorted { ($0.size, $1.name) > ($1.size, $0.name) }
    _ = try await sessions.run(ordered.flatMap { $0.items }) { item, session in try await load(item, session) }
  }

  /// A lost connection costs the piece, which is sent again, and so does a damaged or missing object, which is taken from another store;
  /// where no store has a good one the restore ends.
  private func load(_ item: Item, _ session: Sessions.Session) async throws {
    for attempt in 1... {
      do {
        try await copies.first(item.piece.object) { reader in
          do { try await loadOnce(item, from: reader, on: try await session.connection()) } catch {
            // What was half sent goes with its transaction.
            await session.reset()
            throw error
          }
        }
        return
      } catch {
        let place = "`\(item.piece.object)` of point \(copies.manifest.id) in \(copies.stores)"
        let failure = Failures.translate(error, doing: "loading \(item.name) from \(place)")
        guard attempt < Self.attempts, failure.isTransient, !Task.isCancelled else { throw failure }
      }
    }
  }

  private func loadOnce(_ item: Item, from reader: PointReader, on connection: PostgreSQLConnection) async throws {
    switch item {
    case .rows(let table, let piece):
      try await connection.execute("BEGIN")
      let rows = try await send(piece, from: reader, by: LoadStatements.copyIn(table, encoding: content.properties.encoding), on: connection)
      try check(rows: rows, of: piece, table.qualified.description)
      try await connection.execute("COMMIT")
    case .largeObjects(let piece):
      try await connection.execute("BEGIN; CREATE TEMPORARY TABLE sie_dr_lo (o oid, at int8, d bytea) ON COMMIT DROP")
      let rows = try await send(piece, from: reader, by: "COPY pg_temp.sie_dr_lo FROM STDIN", on: connection)
      try check(rows: rows, of: piece, "large objects")
      try await connection.execute("SELECT count(pg_catalog.lo_put(o, at, d)) FROM pg_temp.sie_dr_lo; COMMIT")
    }
  }

  private func check(rows: Int64, of piece: LogicalPoint.Piece, _ name: String) throws(StepFailure) {
    guard rows != piece.rows else { return }
    throw StepFailure(
      "rows-differ", "`\(piece.object)` gave \(rows) rows for \(name), the manifest says \(piece.rows)",
      details: ["the transaction was rolled back"], helps: ["choose another point"])
  }

  private func send(
    _ piece: LogicalPoint.Piece, from reader: PointReader, by sql: String, on connection: isolated PostgreSQLConnection
  ) async throws -> Int64 {
    let download = try await reader.open(piece.object)
    do {
      var decompressor = try ZstdDecompressor()
      let rows = try await connection.copyIn(sql) {
        while true {
          if let bytes = try decompressor.next() {
            progress.add(bytes.count)
            return bytes
          }
          guard let chunk = try await download.next() else {
            try decompressor.finish()
            return nil
          }
          decompressor.feed(chunk)
        }
      }
      await download.close()
      return rows
    } catch {
      let cause = Failures.translate(error, doing: "loading").isTransient ? error : await download.cause(of: error)
      await download.close()
      throw cause
    }
  }
}
