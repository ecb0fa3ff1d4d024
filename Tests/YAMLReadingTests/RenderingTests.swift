import Diagnostics
import Testing

@Suite("Showing diagnostics") struct RenderingTests {
  @Test("A finding shows its line, its reasons and its help") func whole() {
    let text = String(repeating: "\n", count: 40) + "      every: 1h\n"
    let finding = Diagnostic(
      "rpo-exceeded", .error, "insights can lose 1h 14m in `region-loss`, its target is 1h", at: span(41, 7, 16),
      label: "the next point becomes usable up to 1h 14m after the last consistent moment",
      notes: ["1h interval + 9m dump\n+ 3m upload"], helps: ["back up every 30m (computed 44m)"])
    #expect(rendered(finding, text) == """
      error[rpo-exceeded]: insights can lose 1h 14m in `region-loss`, its target is 1h
         ┌─ plan.yaml:41:7
         │
      41 │       every: 1h
         │       ^^^^^^^^^ the next point becomes usable up to 1h 14m after the last consistent moment
         │
         = 1h interval + 9m dump
           + 3m upload
         = help: back up every 30m (computed 44m)

      """)
  }

  @Test("Related places share a frame in one file, and have their own in another") func related() {
    let finding = Diagnostic(
      "duplicate", .warning, "twice", at: span(4, 1, 2), label: "again",
      related: [
        .init(span: span(1, 1, 2), label: "first"), .init(span: span(4, 4, 5), label: "value"),
        .init(span: span(2, 1, 4, path: "other.yaml"), label: "there"),
      ])
    #expect(rendered(finding, "a: 1\nb: 2\nc: 3\na: 4\n", others: [("other.yaml", "x\nyyy\n")]) == """
      warning[duplicate]: twice
        ┌─ plan.yaml:4:1
        │
      1 │ a: 1
        │ - first
        ·
      4 │ a: 4
        │ ^ again
        │    - value
        │
        ┌─ other.yaml:2:1
        │
      2 │ yyy
        │ --- there

      """)
  }

  @Test("The underline lies under the text that is meant", arguments: [
    ("\ta: b", 2, 5, "    a: b", "    ^^^"),
    ("a\tb: c", 3, 4, "a   b: c", "    ^"),
    ("東京: x", 1, 3, "東京: x", "^^^^"),
    ("東京: x", 5, 6, "東京: x", "      ^"),
    ("é: x", 1, 2, "é: x", "^"),
    ("e\u{301}: x", 4, 5, "e\u{301}: x", "  ^"),
    ("👩🏽‍🚒: x", 7, 8, "👩🏽‍🚒: x", "    ^"),
    ("🇩🇪 x", 4, 5, "🇩🇪 x", "   ^"),
    ("❤️ x", 4, 5, "❤️ x", "   ^"),
    ("\u{301}x", 2, 3, "◌\u{301}x", " ^"),
    // The mark starts inside of a letter with its accent.
    ("e\u{301}x", 2, 3, "e\u{301}x", "^"),
    ("ab", 3, 4, "ab", "  ^"),
    ("ab", 90, 99, "ab", "  ^"),
    ("abc", 2, 2, "abc", " ^"),
    ("", 1, 1, "", "^"),
  ]) func aligned(line: String, start: Int, end: Int, shown: String, underline: String) {
    let lines = rendered(Diagnostic("c", .error, "s", at: span(1, start, end)), line + "\nnext\n").split(separator: "\n")
    #expect(lines[3] == (shown.isEmpty ? "1 │" : "1 │ \(shown)"))
    #expect(lines[4] == "  │ \(underline)")
  }

  @Test("Text cannot forge output: what has no shape is written out") func forgery() {
    let evil = "x: \u{1B}[2J\u{7}\u{202E}\u{200B}\u{A0}\u{9B}z"
    let finding = Diagnostic(
      "c\u{1B}", .error, "no\nerror[forged]: \u{1B}[31m", at: span(1, 1, 2, path: "p\nq\u{202E}"), label: "l\rm",
      notes: ["n\u{8}"], helps: ["h\u{1B}c"])
    let text = DiagnosticRenderer(sources: [SourceFile(path: "p\nq\u{202E}", bytes: Array(evil.utf8))]).render(finding)
    #expect(text == """
      error[c␛]: no␊error[forged]: ␛[31m
        ┌─ p␊q<U+202E>:1:1
        │
      1 │ x: ␛[2J␇<U+202E><U+200B><U+00A0><U+009B>z
        │ ^ l␍m
        │
        = n␈
        = help: h␛c

      """)
    #expect(oneLine(finding) == "p␊q<U+202E>:1:1: error[c␛]: no␊error[forged]: ␛[31m")
  }

  @Test("A letter carries at most a few marks") func stackedMarks() {
    let text = rendered(Diagnostic("c", .error, "s", at: span(1, 2, 3)), "a" + String(repeating: "\u{301}", count: 5_000) + "b\n")
    #expect(text.unicodeScalars.count < 100)
  }

  @Test("A long line is cut around the place", arguments: [
    (1, 4, "012345678901234567890…", "^^^"),
    (10, 12, "…234567890123456789012…", "        ^^"),
    (50, 53, "…234567890123456789012…", "        ^^^"),
    (98, 101, "…901234567890123456789", "                   ^^^"),
    (101, 102, "…901234567890123456789", "                      ^"),
    (5, 90, "012345678901234567890…", "    ^^^^^^^^^^^^^^^^^"),
  ]) func cut(start: Int, end: Int, shown: String, underline: String) {
    let line = String(repeating: "0123456789", count: 10)
    let lines = rendered(Diagnostic("c", .error, "s", at: span(1, start, end)), line + "\n", width: 27).split(separator: "\n")
    #expect(lines[3] == "1 │ \(shown)")
    #expect(lines[4] == "  │ \(underline)")
  }

  @Test("A very long line costs no more than its neighbourhood") func veryLongLine() {
    let line = String(repeating: "x", count: 1_000_000) + "here" + String(repeating: "y", count: 1_000_000)
    let text = rendered(Diagnostic("c", .error, "s", at: span(1, 1_000_001, 1_000_005)), line, width: 60)
    let lines = text.split(separator: "\n")
    let place = lines[4].prefix { $0 != "^" }.count
    #expect(lines[3].dropFirst(place).hasPrefix("here"))
    #expect(lines[3].count <= 60)
  }

  @Test("A span of several lines shows the first, underlined to its end") func severalLines() {
    var place = span(2, 4, 0)
    place.end = SourceMark(line: 4, column: 2)
    #expect(rendered(Diagnostic("c", .note, "s", at: place, label: "all of it"), "a: 1\nb: [one,\n two,\n]\n") == """
      note[c]: s
        ┌─ plan.yaml:2:4
        │
      2 │ b: [one,
        │    ^^^^^ all of it

      """)
  }

  @Test("Without the text or the place, what is known is shown") func withoutText() {
    let beyond = Diagnostic("c", .error, "s", at: span(9, 1, 2), label: "why",
      related: [.init(span: span(8, 3, 4), label: "also")], helps: ["do"])
    #expect(rendered(beyond, "a\n") == """
      error[c]: s
        ┌─ plan.yaml:9:1
        │
        = why
        = plan.yaml:8:3: also
        = help: do

      """)
    #expect(rendered(Diagnostic("c", .error, "s", at: span(1, 1, 2, path: "gone.yaml")), "a\n") == "error[c]: s\n  ┌─ gone.yaml:1:1\n")
    #expect(rendered(Diagnostic("c", .error, "s", at: nil, helps: ["do"]), "") == "error[c]: s\n  = help: do\n")
    #expect(rendered(Diagnostic("c", .error, "s", at: span(-3, 0, -1)), "a\n") == "error[c]: s\n  ┌─ plan.yaml:-3:0\n")
  }

  @Test("A byte order mark, carriage returns and a last line without an end are no part of a line") func lineEnds() {
    let file = SourceFile(path: "plan.yaml", bytes: Array("\u{FEFF}a: 1\r\nb: 2".utf8))
    let renderer = DiagnosticRenderer(sources: [file])
    #expect(renderer.render(Diagnostic("c", .error, "s", at: span(1, 4, 5))).contains("1 │ a: 1\n  │    ^\n"))
    #expect(renderer.render(Diagnostic("c", .error, "s", at: span(2, 5, 6))).contains("2 │ b: 2\n  │     ^\n"))
  }

  @Test("Colours are there only when asked for, and change nothing else") func colors() {
    let finding = Diagnostic("c", .error, "s", at: span(1, 1, 2), label: "l",
      related: [.init(span: span(1, 3, 4), label: "r")], helps: ["h"])
    let file = SourceFile(path: "plan.yaml", bytes: Array("a b\n".utf8))
    let plain = DiagnosticRenderer(sources: [file]).render(finding)
    let colored = DiagnosticRenderer(sources: [file], options: .init(color: true)).render(finding)
    #expect(!plain.contains("\u{1B}"))
    #expect(colored.hasPrefix("\u{1B}[1;31merror[c]\u{1B}[0m"))
    #expect(colored.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }

  @Test("Findings stand apart by an empty line") func several() {
    let renderer = DiagnosticRenderer(sources: [])
    let finding = Diagnostic("c", .error, "s", at: nil)
    #expect(renderer.render([finding, finding]) == "error[c]: s\n\nerror[c]: s\n")
    #expect(renderer.render([]) == "")
  }

  @Test("The summary counts by severity", arguments: [
    ([], "no findings"), ([.error], "1 error"), ([.warning, .error, .error], "2 errors, 1 warning"),
    ([.note, .note, .warning], "1 warning, 2 notes"),
  ] as [([Severity], String)]) func summary(severities: [Severity], expected: String) {
    #expect(summaryLine(severities.map { Diagnostic("c", $0, "s", at: nil) }) == expected)
  }

  @Test("One line has place, severity, code and summary") func line() {
    #expect(oneLine(Diagnostic("a-b", .warning, "s", at: span(3, 7, 9), label: "l")) == "plan.yaml:3:7: warning[a-b]: s")
    #expect(oneLine(Diagnostic("a-b", .error, "s", at: nil)) == "error[a-b]: s")
  }

  private func span(_ line: Int, _ start: Int, _ end: Int, path: String = "plan.yaml") -> SourceSpan {
    SourceSpan(path: path, start: SourceMark(line: line, column: start), end: SourceMark(line: line, column: end))
  }

  private func rendered(_ finding: Diagnostic, _ text: String, others: [(String, String)] = [], width: Int = 120) -> String {
    let files = ([("plan.yaml", text)] + others).map { SourceFile(path: $0.0, bytes: Array($0.1.utf8)) }
    return DiagnosticRenderer(sources: files, options: .init(width: width)).render(finding)
  }
}

@Suite("Names that are near") struct NearestNamesTests {
  @Test("A mistyped name finds what was meant", arguments: [
    ("regoin-east", ["region-east", "region-west", "east"], ["region-east"]),
    ("databse-failure", ["database-failure", "cluster-failure"], ["database-failure"]),
    ("pg_east", ["pg-east", "pg-west"], ["pg-east"]),
    ("PG-East", ["pg-east", "pg-eats"], ["pg-east", "pg-eats"]),
    ("ab", ["ba", "xy"], ["ba"]),
    ("a", ["b", "c"], []),
    ("a", ["A", "ab"], ["A"]),
    ("insights", ["queues", "search"], []),
    ("insights", ["insights"], []),
    ("", ["a"], []),
    ("step1", ["step2", "step3", "step4", "step5", "step2"], ["step2", "step3", "step4"]),
    ("événement", ["evenement", "événements"], ["événements", "evenement"]),
  ]) func near(name: String, candidates: [String], expected: [String]) {
    #expect(nearestNames(to: name, in: candidates) == expected)
  }

  @Test("Very long names are never near") func long() {
    let name = String(repeating: "a", count: 100_000)
    #expect(nearestNames(to: name, in: [name + "b"]) == [])
  }
}
