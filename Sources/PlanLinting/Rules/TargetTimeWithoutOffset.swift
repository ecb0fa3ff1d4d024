internal import Diagnostics

extension LintRule {
  static let targetTimeWithoutOffset = LintRule(
    "target-time-without-offset", .warning, "A point in time to recover to is written without its offset from UTC.",
    explanation: """
      `2026-10-25 02:30:00` is another instant on each host: the tool takes it in the time zone of the session, the server or UTC. An hour off is an hour of
      data lost, or a restore that holds the mistake it was to undo. Found in the texts of scripts, where the time is written out.
      """,
    example: "`barman recover --target-time \"2026-10-25 02:30:00\"`, written in Berlin, read as UTC: two hours of good data are left out.",
    source: "cloudnative-pg/cloudnative-pg issue 2701, EnterpriseDB/barman pull request 945; PostgreSQL, `recovery_target_time`",
    fix: "Write the offset: `2026-10-25 02:30:00+02`, or `…Z`."
  ) { context in
    context.shellScripts.flatMap { script in
      let words = script.text.commands.flatMap { command in zip([""] + command.words.map(\.text), command.words.map(\.text)) }
      let found = words.compactMap { option, word in time(option, word) }
      return found.prefix(ShellScript.findings).map { time in
        Diagnostic(
          "target-time-without-offset", .warning, "a time to recover to says no offset from UTC", at: script.span(of: time), label: "another instant on each host",
          helps: ["write the offset: `\(time)+00`, if it is meant as UTC"])
      }
    }
  }

  /// `--target-time X`, `--target=X`, `recovery_target_time = 'X'`: a written time without `Z`, `+02` or the like.
  private static func time(_ option: String, _ word: String) -> String? {
    let text =
      if ["--target-time", "--target"].contains(option) { word }
      else if let equals = word.firstIndex(of: "="), ["--target-time", "--target", "recovery_target_time"].contains(String(word[..<equals])) { String(word[word.index(after: equals)...]) }
      else { "" }
    guard text.utf8.count < 64, let match = text.wholeMatch(of: /'?(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?)'?/) else { return nil }
    return String(match.1)
  }
}
