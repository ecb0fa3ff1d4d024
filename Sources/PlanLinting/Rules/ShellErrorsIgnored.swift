internal import Diagnostics

extension LintRule {
  static let shellErrorsIgnored = LintRule(
    "shell-errors-ignored", .warning, "A shell goes on after a command has failed.",
    explanation: """
      Without `set -e` a shell runs the next command whatever the last one did, and a step has only the exit status of its very last command. A failed dump
      is then uploaded, a failed change is built upon. Commands joined by `&&`, and conditions, are looked at.
      """,
    example: """
      `[sh, -c, "pg_dump -f new.sql; mv new.sql backup.sql"]`: the dump fails, and what is left of it replaces the last good one.
      """,
    source: "POSIX.1-2017, 2.14 set, option -e",
    fix: "Run `[bash, -euo, pipefail, -c, TEXT]` or `[sh, -ec, TEXT]`, or a step for each command."
  ) { context in
    context.shellScripts.filter { !$0.text.stopsAtErrors }.flatMap { script in
      let ignored = script.text.pipelines.dropLast().filter { pipe in !pipe.isChecked && !(pipe.commands.last.map { harmless.contains($0.program) } ?? true) }
      return ignored.prefix(1).map { pipe in
        let more = ignored.count == 1 ? "" : ", nor that of \(ignored.count - 1) more"
        return Diagnostic(
          "shell-errors-ignored", .warning, "the shell goes on when `\(pipe.commands.last?.program ?? "")` fails", at: script.span(of: pipe.text),
          label: "nobody looks at its exit status\(more)", helps: ["write `[\(script.shell), -ec, TEXT]`, or make a step of each command"])
      }
    }
  }

  /// What cannot fail in a way that matters, or is no command.
  private static let harmless: Set<String> = [
    "echo", "printf", "set", "export", "readonly", "local", "unset", "umask", "shift", "trap", "true", ":", "sleep", "wait", "exit", "for", "case", "esac", "select", "function",
  ]
}
