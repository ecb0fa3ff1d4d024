internal import PostgreSQLClient

/// One row as a comparison sees it: where it is, and digests of its key and of all of it, in lower-case hexadecimal.
struct ComparedRow: Hashable, Sendable {
  /// PostgreSQL's `ctid`, which holds as long as the transaction that read it.
  var place: String
  var key: String
  var row: String
  var isGood: Bool
}

/// How many rows of one table are what.
struct RowCounts: Codable, Hashable, Sendable {
  var equal: Int64 = 0
  var onlyHere: Int64 = 0
  var onlyThere: Int64 = 0
  var different: Int64 = 0
  /// Of those that are only here or different: not good by the plan's condition.
  var bad: Int64 = 0

  static func + (a: Self, b: Self) -> Self {
    RowCounts(
      equal: a.equal + b.equal, onlyHere: a.onlyHere + b.onlyHere, onlyThere: a.onlyThere + b.onlyThere, different: a.different + b.different, bad: a.bad + b.bad)
  }
}

/// Two streams of rows in the order of their keys' digests, side by side. Pure: it holds one page of each and what it has found in them.
///
/// Rows without a key have all of them as their key, so that equal ones pair off one by one.
struct TableMerge: Sendable {
  enum Finding: Hashable, Sendable { case onlyHere(ComparedRow), different(ComparedRow) }

  private(set) var counts = RowCounts()
  private var here: ArraySlice<ComparedRow> = []
  private var there: ArraySlice<ComparedRow> = []
  private var hereHasEnded = false
  private var thereHasEnded = false

  var wantsHere: Bool { here.isEmpty && !hereHasEnded }
  var wantsThere: Bool { there.isEmpty && !thereHasEnded }
  var isDone: Bool { here.isEmpty && there.isEmpty && hereHasEnded && thereHasEnded }

  /// The next page; an empty one is the end.
  mutating func feed(here rows: [ComparedRow]) { if rows.isEmpty { hereHasEnded = true } else { here += rows } }
  mutating func feed(there rows: [ComparedRow]) { if rows.isEmpty { thereHasEnded = true } else { there += rows } }

  /// Goes as far as it can tell with the pages it has. Gives the good rows that only the first table has, or has otherwise.
  mutating func advance() -> [Finding] {
    var found: [Finding] = []
    while !wantsHere, !wantsThere, !isDone {
      let (mine, yours) = (here.first, there.first)
      guard let mine else { counts.onlyThere += 1; there.removeFirst(); continue }
      guard let yours, yours.key <= mine.key else {
        counts.onlyHere += 1
        here.removeFirst()
        note(.onlyHere(mine), mine, &found)
        continue
      }
      there.removeFirst()
      guard yours.key == mine.key else { counts.onlyThere += 1; continue }
      here.removeFirst()
      if yours.row == mine.row { counts.equal += 1; continue }
      counts.different += 1
      note(.different(mine), mine, &found)
    }
    return found
  }

  private mutating func note(_ finding: Finding, _ row: ComparedRow, _ found: inout [Finding]) {
    if row.isGood { found.append(finding) } else { counts.bad += 1 }
  }
}

/// A table that is in both databases.
struct ComparedTable: Hashable, Sendable {
  var name: QualifiedName
  /// Those that are no generated ones.
  var columns: [String]
  /// Of the primary key; empty: there is none.
  var key: [String]

  /// Table names with their columns and keys as JSON.
  static let list = """
    SELECT n.nspname, c.relname,
      coalesce((SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''), '[]')::text,
      coalesce((SELECT json_agg(a.attname ORDER BY k.at) FROM pg_catalog.pg_index i
        CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, at)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
        WHERE i.indrelid = c.oid AND i.indisprimary), '[]')::text
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY 1, 2
    """

  /// A cursor over all rows, by the digest of the key: the same order on every server, whatever its collations are.
  func cursor(good: String?) -> String {
    let row = Self.digest(columns)
    let digest = key.isEmpty ? row : Self.digest(key)
    return """
      DECLARE rows NO SCROLL CURSOR FOR SELECT ctid::pg_catalog.text, \(digest) COLLATE "C", \(row) COLLATE "C", \(good.map { "((\($0)\n) IS TRUE)" } ?? "true")
      FROM ONLY \(SQL.qualified(name.schema, name.name)) ORDER BY 2, 3
      """
  }

  static let page = "FETCH FORWARD 2000 FROM rows"

  private static func digest(_ columns: [String]) -> String {
    let list = columns.map(SQL.identifier).joined(separator: ", ")
    return "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(ROW(\(list))::pg_catalog.text, 'UTF8')), 'hex')"
  }

  /// The rows at these places, as CSV.
  func copyOut(_ places: [String], header: Bool) -> String {
    let list = columns.map(SQL.identifier).joined(separator: ", ")
    let array = "{" + places.map { "\"\($0)\"" }.joined(separator: ",") + "}"
    return """
      COPY (SELECT \(list) FROM ONLY \(SQL.qualified(name.schema, name.name)) WHERE ctid = ANY (\(SQL.literal(array))::pg_catalog.tid[]))
      TO STDOUT WITH (FORMAT csv, HEADER \(header), ENCODING 'UTF8')
      """
  }

  /// For psql: loads a file of rows back.
  func copyIn(_ file: String) -> String {
    "\\copy \(SQL.qualified(name.schema, name.name)) (\(columns.map(SQL.identifier).joined(separator: ", "))) from \(SQL.literal(file)) with (format csv, header, encoding 'UTF8')"
  }
}
