internal import CanonicalJSON
internal import PostgreSQLClient

/// A table whose rows a backup reads, as one look at the catalogue shows it.
struct TableEntry: Hashable, Sendable {
  var oid: Int64
  var table: QualifiedName
  var columns: [String]
  /// Another file than the snapshot's means: rewritten since, and so perhaps empty under the snapshot.
  var isRewritten: Bool
  /// With its TOAST table.
  var size: Int64
  /// Of the heap alone, without TOAST; nil where rows have no blocks that a condition could name (another access method).
  var blocks: Int64?
  /// All columns are of types whose binary form is the same in every supported version.
  var hasPortableTypes: Bool
  var loadInto: QualifiedName?
  var condition: String?

  /// `COPY … TO STDOUT`: the table itself or some of its blocks, never those that inherit from it.
  func copyOut(_ range: BlockRange?, _ format: RowFormat, encoding: String) -> String {
    let columnList = columns.map(SQL.identifier).joined(separator: ", ")
    let name = SQL.qualified(table.schema, table.name)
    let source =
      if let condition = condition ?? range?.condition { "(SELECT \(columnList) FROM ONLY \(name) \(condition))" } else if columns.isEmpty { name } else {
        "\(name) (\(columnList))"
      }
    return "COPY \(source) TO STDOUT WITH (\(format.option), ENCODING \(SQL.literal(encoding)))"
  }

  /// Binary costs the restore about a quarter less, where it means the same everywhere: rows of plain types in UTF-8, loaded into the table itself.
  func format(encoding: String) -> RowFormat {
    hasPortableTypes && encoding == "UTF8" && condition == nil && loadInto == nil && !columns.isEmpty ? .binary : .text
  }
}

/// Why a backup must take another snapshot: the tables that were locked are not those of the snapshot. Pure.
func difference(listed: [TableEntry], underSnapshot: [TableEntry]) -> String? {
  let before = Dictionary(listed.map { ($0.oid, $0) }) { first, _ in first }
  for entry in underSnapshot {
    guard let old = before[entry.oid] else { return "\(entry.table) appeared" }
    if old.table != entry.table { return "\(old.table) was renamed to \(entry.table)" }
    if old.columns != entry.columns { return "\(entry.table) has other columns now" }
    if entry.isRewritten { return "\(entry.table) was rewritten or truncated" }
  }
  let after = Set(underSnapshot.map(\.oid))
  return listed.first { !after.contains($0.oid) }.map { "\($0.table) was dropped" }
}

enum TableQueries {
  /// Plain tables and leaf partitions that pg_dump would dump rows of, biggest first; with names and columns as JSON.
  static let tables = """
    SELECT c.oid, n.nspname, c.relname,
      coalesce((SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''), '[]')::text,
      c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid),
      coalesce(pg_catalog.pg_table_size(c.oid), 0), rn.nspname, rc.relname, e.extcondition[array_position(e.extconfig, c.oid)],
      CASE WHEN am.amname = 'heap' THEN pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8 END,
      NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        AND a.atttypid <> ALL (ARRAY[\(portableTypes)]::pg_catalog.regtype[]))
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
      AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
    LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
    LEFT JOIN pg_catalog.pg_class rc ON c.relispartition AND rc.oid = pg_catalog.pg_partition_root(c.oid) AND EXISTS (
      SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) a
      JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = a.relid AND p.partstrat = 'h'
      JOIN pg_catalog.pg_opclass o ON o.oid = ANY (p.partclass) AND o.opcname = 'enum_ops' AND o.opcnamespace = 'pg_catalog'::regnamespace)
    LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
    LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND (d.objid IS NULL OR c.oid = ANY (e.extconfig)) \(unreadableOnStandby)
    ORDER BY 6 DESC, 2, 3
    """

  private static let portableTypes = [
    "int2", "int4", "int8", "bool", "float4", "float8", "numeric", "text", "varchar", "bpchar", "bytea", "uuid", "date", "time", "timestamp",
    "timestamptz", "jsonb",
  ].map { "'pg_catalog.\($0)'" }.joined(separator: ", ")

  /// A standby cannot read unlogged tables; they are listed as left out.
  private static let unreadableOnStandby = "AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())"

  static func entry(_ row: [String?]) throws -> TableEntry {
    TableEntry(
      oid: row.int(0), table: QualifiedName(schema: row.text(1), name: row.text(2)),
      columns: try CanonicalJSON.decode([String].self, from: row.text(3).utf8), isRewritten: row.bool(4), size: row.int(5), blocks: row[9].flatMap { Int64($0) },
      hasPortableTypes: row.bool(10),
      loadInto: row[7].map { QualifiedName(schema: row.text(6), name: $0) }, condition: row[8].flatMap { $0.isEmpty ? nil : $0 })
  }

  static let sequences = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
      AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
    LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
    WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND (d.objid IS NULL OR c.oid = ANY (e.extconfig))
    ORDER BY 1, 2
    """

  static func sequenceValues(_ names: [QualifiedName]) -> String {
    names.enumerated().map { index, name in
      "SELECT \(index), last_value, is_called FROM \(SQL.qualified(name.schema, name.name))"
    }.joined(separator: " UNION ALL ") + " ORDER BY 1"
  }
}
