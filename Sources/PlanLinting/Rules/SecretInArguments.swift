internal import Diagnostics

extension LintRule {
  static let secretInArguments = LintRule(
    "secret-in-arguments", .warning, "A shell puts a secret into a program's arguments.",
    explanation: """
      The arguments of a program are shown by `ps` to everybody on the host, and kept by audit logs and by the tools that watch processes. A variable that holds a password, a
      token, a key or a connection URL has no place there, though its value is nowhere in the plan. Found in the texts of `[sh, -c, TEXT]`, by the variable's name;
      `echo` and `printf` are the shell's own and show nothing.
      """,
    example: """
      `psql "$DATABASE_URL"` shows `psql postgresql://app:sesame@db/shop` in the list of processes for as long as it runs.
      """,
    source: "CWE-214, sensitive information in process arguments",
    fix: """
      Give it through the environment or a file that the program reads: PGSERVICE or PGPASSFILE for PostgreSQL's tools, `curl --config -`, `kubectl create secret --from-file` of
      standard input, `env:` of `command.run`.
      """
  ) { context in
    context.shellScripts.flatMap { script in
      let shown = script.text.pipelines.compactMap { pipe in variable(in: pipe).map { (pipe, $0) } }
      return shown.prefix(ShellScript.findings).map { pipe, found in
        Diagnostic(
          "secret-in-arguments", .warning, "`$\(found.name)` is shown to everybody on the host while `\(found.program)` runs", at: script.span(of: pipe.text),
          label: "an argument of `\(found.program)`", helps: [help(for: found.program)])
      }
    }
  }

  private static func variable(in pipe: ShellText.Pipeline) -> (program: String, name: String)? {
    for command in pipe.commands where !["echo", "printf", "export", "test", "[", "[[", "read", "set", "local"].contains(command.program) {
      if let name = command.words.dropFirst().lazy.flatMap(\.variables).first(where: isSecret) { return (command.program, name) }
    }
    return nil
  }

  private static func isSecret(_ name: String) -> Bool {
    let upper = name.uppercased()
    if SecretPatterns.isSecret(name) || ["_KEY", "_SECRET", "_PASS", "_PWD", "_DSN"].contains(where: upper.hasSuffix) { return true }
    // A connection URL holds a password more often than not.
    return upper.hasSuffix("URL") && ["DATABASE", "DB_", "PG", "POSTGRES", "MYSQL", "REDIS", "MONGO", "AMQP"].contains(where: upper.contains)
  }

  private static func help(for program: String) -> String {
    switch program {
    case "psql", "pg_dump", "pg_dumpall", "pg_restore", "pgbench", "vacuumdb":
      "let \(program) find it: PGSERVICE with a service file, or PGHOST, PGUSER, PGDATABASE and PGPASSFILE in `env:`"
    case "curl": "write the header into a file that only you can read, and `curl --header @FILE`; or `curl --config -` from standard input"
    case "kubectl": "use `kubernetes.secret`, which hands it over on standard input; or `--from-file=KEY=/dev/stdin`"
    default: "hand it over through `env:`, a file or standard input, whichever `\(program)` reads"
    }
  }
}
