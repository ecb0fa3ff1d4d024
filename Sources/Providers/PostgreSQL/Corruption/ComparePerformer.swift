internal import CanonicalJSON
internal import PlanModel
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Reads both databases, each from one snapshot, and saves what only the first one has.
public struct ComparePerformer: StepPerformer {
  public typealias Kind = PostgreSQLCompare
  let host: PostgreSQLHost

  public func perform(_ arguments: PostgreSQLCompare.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let here = try await address(arguments.server, arguments.database, context)
    let there = try await address(arguments.with, arguments.withDatabase, context)
    var good: [String: String] = [:]
    for (table, condition) in arguments.good { good[table] = try await context.resolve(condition).reveal() }
    let saved = try arguments.saveTo.map { path throws(StepFailure) in
      try SavedRows(below: path.hasPrefix("/") ? path : "\(host.folder)/\(path)", context.mark)
    }
    let comparison = DatabaseComparison(
      here: here, there: there, tables: arguments.tables, good: good, saved: saved, application: context.mark.applicationName,
      deadline: context.timeout.duration, report: context.report)
    return Self.result(try await translating("comparing \(here) with \(there)") { try await comparison.run() }, saved)
  }

  private func address(_ server: PostgreSQLReference, _ database: InputValue?, _ context: PerformingContext) async throws(StepFailure) -> ServerAddress {
    let address = try await context.secrets.address(of: server)
    guard let database else { return address }
    return address.with(database: try await context.resolve(database).reveal())
  }

  static func result(_ made: DatabaseComparison.Made, _ saved: SavedRows?) -> StepResult {
    let all = made.tables.map(\.counts).reduce(RowCounts(), +)
    func words(_ counts: RowCounts) -> String {
      "\(counts.equal) rows equal, \(counts.onlyHere) only here, \(counts.onlyThere) only there, \(counts.different) different"
        + (counts.bad == 0 ? "" : ", \(counts.bad) of them bad")
    }
    let unlike = made.tables.filter { $0.counts.onlyHere + $0.counts.onlyThere + $0.counts.different > 0 }
    var parts = ["\(made.tables.count) table\(made.tables.count == 1 ? "" : "s"): \(words(all))"]
    if made.tables.count > 1 { parts += unlike.prefix(5).map { "\($0.name): \(words($0.counts))" } }
    if unlike.count > 5, made.tables.count > 1 { parts.append("and \(unlike.count - 5) more tables") }
    if let saved { parts.append("\(made.saved) rows saved in \(saved.folder)") }
    parts += made.notes
    return StepResult(
      summary: parts.joined(separator: "; "),
      outputs: [
        "equal": .text(String(all.equal)), "onlyHere": .text(String(all.onlyHere)), "onlyThere": .text(String(all.onlyThere)),
        "different": .text(String(all.different)), "saved": .text(String(made.saved)), "folder": .text(saved?.folder ?? ""),
      ],
      measurements: Dictionary(made.tables.map { ($0.name.description, (try? CanonicalJSON.value($0.counts)) ?? .null) }) { first, _ in first })
  }

  /// It changes nothing but its own files, so it can be done again.
  public func settle(_: PostgreSQLCompare.Arguments, in _: PerformingContext) async -> Settlement { .notDone }
  public func undo(_: PostgreSQLCompare.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}

/// Two databases side by side.
struct DatabaseComparison: Sendable {
  var here: ServerAddress
  var there: ServerAddress
  var tables: [String]
  var good: [String: String]
  var saved: SavedRows?
  var application: String
  /// For one statement.
  var deadline: Duration
  var report: @Sendable (StepProgress) -> Void

  struct Made: Sendable {
    var tables: [(name: QualifiedName, counts: RowCounts)] = []
    var saved: Int64 = 0
    var notes: [String] = []
  }

  /// Values are written alike by both servers.
  private static let settings = [
    "default_transaction_read_only = on", "search_path = ''", "TimeZone = 'UTC'", "DateStyle = 'ISO, YMD'", "IntervalStyle = 'postgres'", "extra_float_digits = 3",
    "bytea_output = 'hex'", "lc_monetary = 'C'", "xmlbinary = 'base64'",
  ]
  private static let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
  private static let merge = "merge.sql"

  func run() async throws -> Made {
    let mine = try await PostgreSQLConnection.open(here, application: application, settings: Self.settings)
    let yours = try await PostgreSQLConnection.open(there, application: application, settings: Self.settings)
    for connection in [mine, yours] { try await connection.execute(Self.begin, deadline: deadline) }
    var made = Made()
    let (all, others) = (try await list(mine), try await list(yours))
    try check(all)
    if let saved { try saved.start(Self.merge) }
    for (number, table) in all.enumerated() where tables.isEmpty || tables.contains(table.name.description) {
      report(StepProgress(phase: "comparing \(table.name)"))
      guard let other = others.first(where: { $0.name == table.name }) else { made.notes.append("\(table.name) is not in \(there)"); continue }
      guard other.columns == table.columns else { made.notes.append("\(table.name) was not compared: its columns differ"); continue }
      guard !table.columns.isEmpty else { continue }
      let found = try await compare(table, number + 1, mine, yours)
      made.tables.append((table.name, found.counts))
      made.saved += found.saved
    }
    made.notes += others.filter { other in tables.isEmpty && !all.contains { $0.name == other.name } }.map { "\($0.name) is not in \(here)" }
    if let saved { try saved.sync(Self.merge) }
    for connection in [mine, yours] { await connection.close() }
    return made
  }

  private func list(_ connection: PostgreSQLConnection) async throws -> [ComparedTable] {
    try await connection.query(ComparedTable.list, deadline: deadline).rows.map { row in
      ComparedTable(
        name: QualifiedName(schema: row.text(0), name: row.text(1)), columns: try CanonicalJSON.decode([String].self, from: row.text(2).utf8),
        key: try CanonicalJSON.decode([String].self, from: row.text(3).utf8))
    }
  }

  private func check(_ all: [ComparedTable]) throws {
    let names = Set(all.map(\.name.description))
    guard let missing = (tables + good.keys.sorted()).first(where: { !names.contains($0) }) else { return }
    throw StepFailure(
      "no-such-table", "\(here) has no table `\(missing)`", details: ["nothing was compared"],
      helps: ["write schema and table: \(all.prefix(3).map { "`\($0.name)`" }.joined(separator: ", "))"])
  }

  private func compare(
    _ table: ComparedTable, _ number: Int, _ mine: PostgreSQLConnection, _ yours: PostgreSQLConnection
  ) async throws -> (counts: RowCounts, saved: Int64) {
    try await mine.execute(table.cursor(good: good[table.name.description]), deadline: deadline)
    try await yours.execute(table.cursor(good: nil), deadline: deadline)
    var (merge, rows) = (TableMerge(), Saving(table: table, number: number, into: saved))
    while !merge.isDone {
      if merge.wantsHere { merge.feed(here: try await page(mine)) }
      if merge.wantsThere { merge.feed(there: try await page(yours)) }
      for finding in merge.advance() { try await rows.add(finding, from: mine) }
    }
    try await rows.finish(from: mine)
    for connection in [mine, yours] { try await connection.execute("CLOSE rows", deadline: deadline) }
    return (merge.counts, rows.count)
  }

  private func page(_ connection: PostgreSQLConnection) async throws -> [ComparedRow] {
    try Task.checkCancellation()
    return try await connection.query(ComparedTable.page, deadline: deadline).rows.map {
      ComparedRow(place: $0.text(0), key: $0.text(1), row: $0.text(2), isGood: $0.bool(3))
    }
  }

  /// The rows of one table on their way into files, some hundreds at a time.
  private struct Saving {
    let table: ComparedTable
    let number: Int
    let into: SavedRows?
    private var waiting: [String: [String]] = [:]
    private var begun: Set<String> = []
    private(set) var count: Int64 = 0

    init(table: ComparedTable, number: Int, into: SavedRows?) { self.table = table; self.number = number; self.into = into }

    mutating func add(_ finding: TableMerge.Finding, from connection: PostgreSQLConnection) async throws {
      guard into != nil else { return }
      let (what, row) =
        switch finding {
        case .onlyHere(let row): ("only-here", row)
        case .different(let row): ("different", row)
        }
      waiting[what, default: []].append(row.place)
      if waiting[what]?.count == 500 { try await write(what, connection) }
    }

    mutating func finish(from connection: PostgreSQLConnection) async throws {
      for what in waiting.keys.sorted() { try await write(what, connection) }
      for what in begun.sorted() { try into?.sync(SavedRows.file(number, table.name, what)) }
    }

    private mutating func write(_ what: String, _ connection: PostgreSQLConnection) async throws {
      guard let into, let places = waiting[what], !places.isEmpty else { return }
      let file = SavedRows.file(number, table.name, what)
      let isFirst = begun.insert(what).inserted
      if isFirst {
        try into.start(file)
        if what == "only-here" { try into.append(table.copyIn(file) + "\n", to: DatabaseComparison.merge) }
      }
      count += try await connection.copyOut(table.copyOut(places, header: isFirst)) { bytes in try into.append(bytes, to: file) }
      waiting[what] = []
    }
  }
}
