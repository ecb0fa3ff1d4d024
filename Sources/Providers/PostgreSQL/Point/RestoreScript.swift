internal import PostgreSQLClient
internal import RecoveryPoints

/// The commands of stock tools that restore a point, for bash, in the folder that holds its objects: for `RESTORE.md`, since the tool that
/// made it may be gone, and for `points show --commands`.
struct RestoreScript {
  let point: LogicalPoint
  let isEncrypted: Bool

  /// What a person must set and have before.
  var needs: [String] {
    [
      "The new server in PGHOST, PGPORT, PGUSER and PGPASSWORD, PGUSER being one who may make roles and databases.",
      "sha256sum, zstd\(isEncrypted ? ", age" : ""), and PostgreSQL's own psql, pg_restore and vacuumdb of version \(point.server.major) or newer.",
    ] + (isEncrypted ? ["In IDENTITY the path of an identity file of one of the recipients."] : [])
  }

  /// Before all others, wherever the objects are still to come from.
  var start: [String] {
    ["set -eo pipefail", "umask 077"] + (isEncrypted ? ["IDENTITY=$(realpath \"${IDENTITY:?the path of the identity file}\")"] : [])
  }

  var lines: [String] {
    let options =
      "\(Programs.sessionOptions) -c DateStyle=ISO,MDY -c IntervalStyle=postgres -c row_security=off -c xmloption=content"
    return [
      "sha256sum --quiet -c SHA256SUMS", "export PGCLIENTENCODING=UTF8 PGOPTIONS=\(Shell.quote(options))",
    ] + functions + [
      "", "# Roles. \"already exists\" is expected for those that are there; their passwords become those of the point.",
      "stored \(Shell.word(point.globals)) | zstd -dc | psql -X -q -d postgres",
    ] + point.databases.enumerated().flatMap { restore($1, from: LogicalPoint.folder($0)) }
  }

  private var functions: [String] {
    let stored =
      isEncrypted
      ? ["stored() { age -d -i \"$IDENTITY\" \"$1.age\"; }", "trap 'rm -f db/*/schema.dump' EXIT"]
      : ["stored() { cat \"$1\"; }"]
    return stored + [
      "sql() { psql -X -q -v ON_ERROR_STOP=1 -o /dev/null \"$@\"; }", "load() {  # a COPY statement, then each piece and its rows",
      "  local copy=$1 tag", "  shift", "  while [ $# -gt 0 ]; do",
      "    tag=$(stored \"$1\" | zstd -dc | psql -X -v ON_ERROR_STOP=1 -d \"$target\" -c \"$copy\")",
      "    [ \"$tag\" = \"COPY $2\" ] || { echo \"$1 gave $tag, expected COPY $2\" >&2; exit 1; }", "    shift 2", "  done", "}",
    ]
  }

  private func restore(_ database: LogicalPoint.Database, from folder: String) -> [String] {
    let archive = Shell.word(database.archive.object)
    let create = DatabaseStatements.create(database.name, like: database.properties, serverMajor: point.server.major)
    var lines = [
      "", Shell.comment("The database \(database.name)."), "target=\(Shell.quote("dbname=\(Self.connectionValue(database.name))"))",
      "sql -d postgres -c \(Shell.quote(create))",
    ]
    if isEncrypted { lines.append("stored \(archive) > \(archive)") }
    lines += ["pg_restore -e -d \"$target\" --section=pre-data \(archive)", "", "# Rows."]
    lines += database.tables.filter { !$0.pieces.isEmpty }.map { load($0, encoding: database.properties.encoding) }
    if !database.largeObjects.pieces.isEmpty {
      lines.append("# \(database.largeObjects.count) large objects.")
      lines += database.largeObjects.pieces.map { piece in
        "stored \(Shell.word(piece.object)) | zstd -dc | sql -d \"$target\" -c 'CREATE TEMPORARY TABLE lo_rows (o oid, at int8, d bytea)' \\\n"
          + "  -c 'COPY pg_temp.lo_rows FROM STDIN' -c 'SELECT count(pg_catalog.lo_put(o, at, d)) FROM pg_temp.lo_rows'"
      }
    }
    lines += [
      "", "# Sequences; then indexes, constraints and triggers; then statistics.", "stored \(folder)/sequences.sql | sql -d \"$target\" -f -",
      "pg_restore -e -j4 -d \"$target\" --section=post-data \(archive)", "vacuumdb -q -Z -j4 -d \"$target\"", "",
      "# Owner, privileges, settings and comment of the database itself.",
    ]
    let comment = database.properties.comment.map { [DatabaseStatements.comment(database.name, $0)] } ?? []
    return lines + (DatabaseStatements.apply(database.properties, to: database.name) + comment).map { "sql -d postgres -c \(Shell.quote($0))" }
  }

  /// Binary pieces do not concatenate, and text ones need not: one COPY each.
  private func load(_ table: LogicalPoint.Table, encoding: String) -> String {
    let pieces = table.pieces.map { "\(Shell.word($0.object)) \($0.rows)" }
    let start = "load \(Shell.quote(LoadStatements.copyIn(table, encoding: encoding)))"
    return pieces.count == 1 ? "\(start) \(pieces[0])" : ([start] + pieces).joined(separator: " \\\n  ")
  }

  /// As a connection string takes a value, whatever it holds.
  private static func connectionValue(_ text: String) -> String {
    "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
  }
}
