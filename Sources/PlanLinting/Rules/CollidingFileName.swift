internal import Diagnostics

extension LintRule {
  static let collidingFileName = LintRule(
    "colliding-file-name", .warning, "A file named by the day is overwritten by the next one of that day.",
    explanation: """
      A name with `$(date +%Y%m%d)` is the same for a whole day. A second run writes over the first one's file, also while it is uploaded, and also when the second run
      fails half-way: the good backup of the morning is gone. Found in the texts of `[sh, -c, TEXT]`.
      """,
    example: """
      `pg_dump … > backup-$(date +%Y%m%d).sql` every hour: 24 runs, one file, and the last run of the day decides what is in it.
      """,
    source: "POSIX.1-2017, date, conversion specifications",
    fix: "Name files by the second, in UTC: `$(date -u +%Y%m%dT%H%M%SZ)`."
  ) { context in
    context.shellScripts.flatMap { script in
      script.text.pipelines.compactMap { pipe in name(in: pipe).map { (pipe, $0) } }.prefix(ShellScript.findings).map { pipe, name in
        Diagnostic(
          "colliding-file-name", .warning, "each run of a day writes the same file", at: script.span(of: name),
          label: "the same name for a whole day", helps: ["name it by the second, in UTC: `$(date -u +%Y%m%dT%H%M%SZ)`"])
      }
    }
  }

  /// The name of a file that holds a date without a time.
  private static func name(in pipe: ShellText.Pipeline) -> String? {
    pipe.commands.flatMap { $0.outputs + ($0.program == "date" || $0.program == "echo" ? [] : $0.words.dropFirst()) }.map(\.text).first { word in
      word.ranges(of: "date ").contains { range in
        let format = word[range.upperBound...].prefix { $0 != ")" && $0 != "`" }
        let letters = zip(format, format.dropFirst()).filter { $0.0 == "%" }.map(\.1)
        return letters.contains { "dFDjx".contains($0) } && !letters.contains { "HIkMlsSTRNcXr".contains($0) }
      }
    }
  }
}
