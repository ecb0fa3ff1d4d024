internal import Diagnostics

extension LintRule {
  static let redisLoadWithAppendOnly = LintRule(
    "redis-load-with-append-only", .warning, "A script puts a Redis snapshot in place and does not turn the append-only file off.",
    explanation: """
      With `appendonly yes` Redis starts from its append-only file and does not look at `dump.rdb`: where there is none, it starts empty, writes an empty one, and the
      next snapshot overwrites the file that was put there. The step `redis.restore` turns it off meanwhile. Found in scripts that write a `dump.rdb`.
      """,
    example: "`cp backup.rdb /data/dump.rdb && systemctl start redis`: Redis starts with no keys, and a minute later `dump.rdb` is as empty.",
    source: "redis/redis issue 12762 and pull request 1566; Redis documentation, persistence",
    fix: "Start it with `--appendonly no`, then `CONFIG SET appendonly yes` when the data is loaded; or use `redis.restore`."
  ) { context in
    context.shellScripts.compactMap { script in
      let commands = script.text.commands
      guard !commands.contains(where: { $0.words.contains { $0.text.contains("appendonly") } }), let load = commands.first(where: putsSnapshot) else { return nil }
      return Diagnostic(
        "redis-load-with-append-only", .warning, "a script puts a `dump.rdb` in place, and Redis looks at its append-only file first", at: script.span(of: load.program),
        label: "not read where `appendonly` is on", helps: ["start it with `--appendonly no` and turn that on again when the data is loaded, or use `redis.restore`"])
    }
  }

  private static func putsSnapshot(_ command: ShellText.Command) -> Bool {
    if command.outputs.contains(where: { $0.text.hasSuffix("dump.rdb") }) { return !["redis-cli"].contains(command.program) }
    return ["cp", "mv", "install", "rsync", "aws", "kubectl", "scp", "docker"].contains(command.program) && command.arguments.last.map { $0.hasSuffix("dump.rdb") && !$0.contains("s3://") } ?? false
  }
}
