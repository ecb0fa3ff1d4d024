internal import Diagnostics

extension LintRule {
  static let sqlErrorsIgnored = LintRule(
    "sql-errors-ignored", .error, "`psql` goes on after an error, and ends with 0.",
    explanation: """
      `psql` that reads a script shows an error, goes on with the next statement and ends with 0. A restore of which half has failed is then a success: the step
      is done, and what follows works on what is there. Found in the texts of `[sh, -c, TEXT]`; one `-c` statement is no script.
      """,
    example: """
      `gunzip -c backup.sql.gz | psql "$URL"`: `CREATE TABLE orders` fails, each of its rows fails, the other tables are filled, exit status 0.
      """,
    source: "PostgreSQL documentation, psql, variable ON_ERROR_STOP",
    fix: "Write `psql -X -v ON_ERROR_STOP=1`, with `--single-transaction` where all or nothing is wanted; or use `postgresql.restore`."
  ) { context in
    context.shellScripts.flatMap { script in
      script.text.pipelines.filter { $0.commands.contains(where: ignoresErrors) }.prefix(ShellScript.findings).map { pipe in
        Diagnostic(
          "sql-errors-ignored", "`psql` goes on after an error, and the step succeeds", at: script.span(of: pipe.text), label: "without ON_ERROR_STOP",
          helps: ["write `psql -X -v ON_ERROR_STOP=1`; or use `postgresql.restore`, which compares with the manifest"])
      }
    }
  }

  private static func ignoresErrors(_ command: ShellText.Command) -> Bool {
    command.program == "psql"
      && !command.arguments.contains { $0.contains("ON_ERROR_STOP") || ["-c", "-l", "-V", "--list", "--version", "--help"].contains($0) || $0.hasPrefix("--command") }
  }
}
