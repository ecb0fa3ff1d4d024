internal import PlanModel
internal import PointSteps
internal import PostgreSQLClient
internal import ProviderInterface
internal import Units

/// The rows of a query as documents.
struct SourceRows: Sendable {
  let database: ReadOnlyDatabase
  let sql: String
  let server: ServerName
  let deadline: TimeSpan

  /// Their ids are in memory while they are compared.
  private static let rowLimit = 5_000_000
  private static let rowsPerPage = 1_000
  private static let bytesPerRequest = 8 << 20
  /// How many requests may wait for the server's indexing.
  private static let ahead = 4

  private var query: String {
    var text = sql[...]
    while let last = text.last, last.isWhitespace || last == ";" { text = text.dropLast() }
    // A comment at its end must not swallow what follows.
    return "(\(text)\n) AS sie_dr_rows"
  }

  /// The name of the first column: the documents' primary key.
  func idColumn() async throws(StepFailure) -> String {
    let columns: [String]
    do throws(PostgreSQLError) { columns = try await database.query("SELECT * FROM \(query) LIMIT 0", deadline: deadline.duration).columns } catch { throw failure(error) }
    guard let first = columns.first else { throw StepFailure("no-rows", "the query on `\(server)` is none that gives rows", helps: ["write a SELECT"]) }
    guard Set(columns).count == columns.count else { throw StepFailure("wrong-columns", "two columns of the query on `\(server)` have one name", helps: ["name each: … AS name"]) }
    guard first.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F }) else {
      throw StepFailure("wrong-columns", "the first column of the query on `\(server)`, `\(first)`, cannot be the name of an id", helps: ["name it: SELECT … AS id"])
    }
    return first
  }

  /// Sends all of them and waits until they are indexed. Gives the ids.
  func send(_ id: String, to index: String, of search: SearchServer, within limit: TimeSpan, report: @escaping @Sendable (StepProgress) -> Void) async throws(StepFailure) -> Set<String> {
    let progress = TransferProgress(phase: "sending documents", total: nil, report: report)
    var ids: Set<String> = []
    var lines: [UInt8] = []
    var waiting: [Int64] = []
    func hand() async throws(StepFailure) {
      guard !lines.isEmpty else { return }
      waiting.append(try await search.add(lines, to: index))
      progress.add(lines.count)
      lines = []
      while waiting.count > Self.ahead { try await search.finish(waiting.removeFirst(), "to index documents", within: limit) }
    }
    let name = "'" + id + "'"
    do {
      try await database.pages("SELECT pg_catalog.to_jsonb(sie_dr_rows) ->> \(name), pg_catalog.row_to_json(sie_dr_rows) FROM \(query)", size: Self.rowsPerPage, deadline: deadline.duration) { page in
        for row in page.rows {
          guard let key = row[0], let document = row[1] else { throw StepFailure("empty-id", "a row of the query on `\(server)` has no `\(id)`", helps: ["leave such rows out: WHERE \(id) IS NOT NULL"]) }
          guard ids.insert(key).inserted else {
            throw StepFailure("id-twice", "two rows of the query on `\(server)` have the id `\(key)`: one document would replace the other", helps: ["let the first column be unique"])
          }
          guard ids.count <= Self.rowLimit else { throw StepFailure("too-much", "the query on `\(server)` gives more than \(Self.rowLimit) rows", helps: ["split the index"]) }
          lines += document.utf8
          lines.append(0x0A)
          if lines.count >= Self.bytesPerRequest { try await hand() }
        }
      }
      try await hand()
      for task in waiting { try await search.finish(task, "to index documents", within: limit) }
    } catch let error as PostgreSQLError {
      throw failure(error)
    } catch {
      throw StepFailure(ofPoint: error, doing: "sending documents") ?? StepFailure("unexpected", "\(error)", details: ["while sending documents"])
    }
    return ids
  }

  private func failure(_ error: PostgreSQLError) -> StepFailure { StepFailure(error, doing: "asking `\(server)`") }
}
