@testable import PlanLinting
import Testing

/// What rules see of a text for a shell.
struct ShellTextTests {
  @Test("pipelines, words, outputs", arguments: [
    ("a b | c > d; e", ["a b|c>d", "e"]),
    ("a && b || c\nd", ["a", "b", "c", "d"]),
    ("a 'b c' \"d e\" f\\ g", ["a b c,d e,f g"]),
    ("# no\na # b\n", ["a"]),
    ("a \\\n  b", ["a b"]),
    ("X=1 Y=2 a $X", ["a $X"]),
    ("a $(b | c) `d ; e`", ["a $(b | c),`d ; e`"]),
    ("if a; then b; fi", ["a", "b"]),
    ("cat <<END | b\nx | y\nEND\nc", ["cat|b", "c"]),
    ("a 2>&1 >/dev/null &", ["a>/dev/null"]),
    ("( a; b ) | c", ["a", "b", "c"]),
    ("'unclosed | a", ["unclosed | a"]), ("a |", ["a"]), ("| | ;;", []), ("", []), ("a $", ["a $"]), ("a ${b", ["a ${b"]), ("\\", ["\\"]),
  ] as [(String, [String])])
  func reads(_ text: String, _ expected: [String]) {
    let found = ShellText(text, shellOptions: []).pipelines.map { pipeline in
      pipeline.commands.map { command in
        let arguments = command.arguments.isEmpty ? "" : " " + command.arguments.joined(separator: ",")
        return command.program + arguments + command.outputs.map { ">" + $0.text }.joined()
      }.joined(separator: "|")
    }
    #expect(found == expected)
  }

  @Test("options of the shell, and of set", arguments: [
    ("a", ["-c"], false, false), ("a", ["-ec"], true, false), ("a", ["-euo", "pipefail", "-c"], true, true), ("set -eo pipefail; a", ["-c"], true, true),
    ("set -o errexit\na", ["-c"], true, false), ("echo set -e", ["-c"], false, false),
  ])
  func options(_ text: String, _ options: [String], _ stops: Bool, _ whole: Bool) {
    let read = ShellText(text, shellOptions: options)
    #expect(read.stopsAtErrors == stops && read.looksAtWholePipes == whole)
  }

  @Test("variables that the shell puts in, and none of those in single quotes")
  func variables() {
    let words = ShellText("a \"x $B ${C:-d}\" '$E' $F", shellOptions: []).commands.flatMap(\.words)
    #expect(words.flatMap(\.variables) == ["B", "C", "F"])
  }
}
