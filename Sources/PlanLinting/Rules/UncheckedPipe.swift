internal import Diagnostics

extension LintRule {
  static let uncheckedPipe = LintRule(
    "unchecked-pipe", .warning, "A shell looks only at the last command of a pipe.",
    explanation: """
      The exit status of a pipe is that of its last command. In `pg_dump … | gzip > FILE` a dump that breaks off half-way is a file that looks like a backup, and
      the step succeeds. Found in the texts of `[sh, -c, TEXT]`; what `echo` and `printf` feed into a pipe does not count.
      """,
    example: """
      `pg_dump "$URL" | gzip > backup.sql.gz`: the connection breaks after a minute, `gzip` ends with 0, and `backup.sql.gz` holds a third of the data.
      """,
    source: "POSIX.1-2017, 2.9.2 Pipelines; super-productivity issue 9836, cagriekin/charts issue 159",
    fix: "Run `[bash, -euo, pipefail, -c, TEXT]`: then the pipe fails when any of its commands does."
  ) { context in
    context.shellScripts.filter { !$0.text.looksAtWholePipes }.flatMap { script in
      let pipes = script.text.pipelines.filter { pipe in pipe.commands.dropLast().contains { !["echo", "printf", "true"].contains($0.program) } }
      return pipes.prefix(ShellScript.findings).map { pipe in
        let lost = pipe.commands.dropLast().map { "`\($0.program)`" }.joined(separator: " and ")
        return Diagnostic(
          "unchecked-pipe", .warning, "a failure of \(lost) in a pipe goes unnoticed", at: script.span(of: pipe.text),
          label: "ends with the exit status of `\(pipe.commands.last?.program ?? "")`",
          helps: ["write `[bash, -euo, pipefail, -c, TEXT]`" + (script.shell == "bash" ? "" : "; not every `\(script.shell)` knows `pipefail`")])
      }
    }
  }
}
