internal import Diagnostics
internal import PlanModel

extension LintRule {
  static let logicalWithoutGlobals = LintRule(
    "logical-without-globals", .warning, "A script dumps a database, and not the roles and tablespaces that it refers to.",
    explanation: """
      `pg_dump` writes one database. Roles, their passwords and memberships, settings of roles, and tablespaces belong to the whole server: only
      `pg_dumpall --globals-only` (or a whole `pg_dumpall`) writes them. Restored into a new server, each `ALTER … OWNER TO` and each `GRANT` fails, and the application cannot log in.
      What `logical` makes holds them. Found in the scripts of `protect`.
      """,
    example: "`pg_dump $URL | gzip > FILE` every night for two years; on the new server the role `app` is not there, and nobody knows its grants.",
    source: "PostgreSQL documentation, pg_dump and pg_dumpall; getodk/central issue 1100, odoo/odoo issue 31115",
    fix: "Add `pg_dumpall --globals-only > FILE` to the script, or use `logical: {}`."
  ) { context in
    context.protectionScripts.compactMap { dataClass, script in
      let programs = script.text.commands.map(\.program)
      guard programs.contains("pg_dump"), !programs.contains("pg_dumpall") else { return nil }
      let command = script.text.pipelines.first { $0.commands.contains { $0.program == "pg_dump" } }
      return Diagnostic(
        "logical-without-globals", .warning, "the script that backs up `\(dataClass.name.value)` leaves out the server's roles and tablespaces",
        at: command.map { script.span(of: $0.text) } ?? script.span(of: "pg_dump"), label: "one database, and nothing that belongs to the whole server",
        helps: ["add `pg_dumpall --globals-only > FILE`, or use `logical: {}`, which keeps them"])
    }
  }
}
