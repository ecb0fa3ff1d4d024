internal import Diagnostics

extension LintRule {
  static let archiveNotAwaited = LintRule(
    "archive-not-awaited", .warning, "A script calls a base backup complete before the WAL that it needs is archived.",
    explanation: """
      A base backup can be restored only with all WAL up to its end. Taken from a standby, nobody closes the last segment, and a script that does not wait for it
      reports a backup that cannot be started. `--no-archive-check`, `--archive-check=n`, `wait_for_archive => false` and `pg_basebackup -X none` switch the wait off.
      """,
    example: "`pgbackrest backup --no-archive-check` from a standby ends with success; the segment it needs is closed forty minutes later, after the disaster.",
    source: "cloudnative-pg/plugin-barman-cloud issue 618; pgBackRest reference, `archive-check`; PostgreSQL, `pg_backup_stop`",
    fix: "Leave the wait on; with `pg_basebackup` use `-X stream`, which takes the WAL along."
  ) { context in
    context.shellScripts.flatMap { script in
      script.text.commands.compactMap(unawaited).prefix(ShellScript.findings).map { option in
        Diagnostic(
          "archive-not-awaited", .warning, "a base backup is called complete before its WAL is archived", at: script.span(of: option), label: "switches the wait off",
          helps: ["leave the wait on: without that WAL the backup cannot be restored"])
      }
    }
  }

  private static func unawaited(_ command: ShellText.Command) -> String? {
    let words = command.arguments
    switch command.program {
    case "pgbackrest": return words.first { ["--no-archive-check", "--archive-check=n", "--archive-check=false"].contains($0) }
    case "pg_basebackup":
      if let joined = words.first(where: { ["-Xnone", "-Xn", "--wal-method=none", "--wal-method=n"].contains($0) }) { return joined }
      return zip(words, words.dropFirst()).first { ["-X", "--wal-method"].contains($0) && ["none", "n"].contains($1) }?.0
    case "psql":
      guard words.contains(where: { $0.contains("pg_backup_stop") && ($0.contains("wait_for_archive => false") || $0.contains("pg_backup_stop(false)")) }) else { return nil }
      return "pg_backup_stop"
    default: return nil
    }
  }
}
