internal import PostgreSQLClient

/// `RESTORE.md` of a point: how to restore this very point with stock tools, since the tool that made it may be gone.
enum RestoreInstructions {
  static func text(_ point: LogicalPoint, id: String) -> String {
    guard let database = point.databases.first else { return "" }
    var lines = [
      "# Restoring \(id) by hand", "",
      "A logical backup of the PostgreSQL \(point.server.version) database \(code(database.name)), consistent at \(point.sigma.map { "\($0)" } ?? "an unknown time").",
      "Needed: this folder, `sha256sum`, `zstd`, and PostgreSQL's own `psql`, `pg_restore` and `createdb` of version \(point.server.major) or newer.",
      "Run in this folder, with `PGHOST`, `PGPORT`, `PGUSER` and `PGPASSWORD` set for the new server:", "", "```sh", "set -eu",
      "sha256sum --quiet -c SHA256SUMS", "target=\(shell(database.name))",
      "export PGOPTIONS='-c default_transaction_read_only=off -c statement_timeout=0 -c lc_monetary=C'", "",
      "# Roles. \"already exists\" is expected for those that are there.", "zstd -dc \(point.globals) | psql -X -d postgres", "",
      "createdb -T template0 \(createOptions(database.properties)) \"$target\"",
      "pg_restore -e -d \"$target\" --section=pre-data \(database.archive.object)", "", "# Rows.",
    ]
    lines += database.tables.flatMap { table in table.pieces.map { load(table, $0, database) } }
    if !database.largeObjects.pieces.isEmpty {
      let objects = database.largeObjects.pieces.map(\.object).joined(separator: " ")
      lines += [
        "", "# \(database.largeObjects.count) large objects.",
        "zstd -dc \(objects) | psql -X -v ON_ERROR_STOP=1 -d \"$target\" -c 'CREATE TEMP TABLE lo_rows (o oid, at int8, d bytea)' \\",
        "  -c 'COPY lo_rows FROM STDIN' -c 'SELECT count(lo_put(o, at, d)) FROM lo_rows'",
      ]
    }
    lines += [
      "", "psql -X -v ON_ERROR_STOP=1 -q -o /dev/null -d \"$target\" -f db/0/sequences.sql",
      "pg_restore -e -j4 -d \"$target\" --section=post-data \(database.archive.object)", "vacuumdb -q -Z -j4 -d \"$target\"",
    ]
    let last = DatabaseStatements.apply(database.properties, to: database.name)
    if !last.isEmpty {
      lines +=
        ["", "# Owner, privileges and settings of the database itself.", "psql -X -v ON_ERROR_STOP=1 -d postgres <<'SQL'"]
        + last.map { "\($0);" } + ["SQL"]
    }
    lines += ["```", "", "Expected: \(point.rows) rows in \(database.tables.count) tables, \(database.largeObjects.count) large objects."]
    if !database.leftOut.isEmpty { lines += ["", "Not in this point:"] + database.leftOut.map { "- \($0.what): \(code($0.name))" } }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func createOptions(_ properties: DatabaseProperties) -> String {
    var options = ["-E", properties.encoding]
    if properties.provider == "icu", let icu = properties.icuLocale { options += ["--locale-provider=icu", "--icu-locale=\(shell(icu))"] }
    if properties.provider == "builtin", let locale = properties.icuLocale {
      options += ["--locale-provider=builtin", "--builtin-locale=\(shell(locale))"]
    }
    return (options + ["--lc-collate=\(shell(properties.collate))", "--lc-ctype=\(shell(properties.ctype))"]).joined(separator: " ")
  }

  private static func load(_ table: LogicalPoint.Table, _ piece: LogicalPoint.Piece, _ database: LogicalPoint.Database) -> String {
    let statement = LoadStatements.copyIn(table, encoding: database.properties.encoding)
    return "zstd -dc \(piece.object) | psql -X -v ON_ERROR_STOP=1 -d \"$target\" -c \(shell(statement))"
  }

  /// Single quotes, for a shell.
  private static func shell(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// Code in Markdown, whatever the name holds.
  private static func code(_ text: String) -> String { "`" + text.filter { $0 != "`" && !$0.isNewline } + "`" }
}
