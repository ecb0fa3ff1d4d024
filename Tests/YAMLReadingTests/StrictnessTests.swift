import Diagnostics
import Testing
import YAMLReading

@Suite("Strict checks") struct StrictnessTests {
  @Test("What is wrong is found at its place, and reading goes on", arguments: [
    ("a: 1\nb: 2\na: 3\n", "duplicate-key 3:1-3:2 / 1:1-1:2", "{a=1i b=2i}"),
    ("a: {b: 1, 'b': 2}\nc: 3\n", "duplicate-key 1:11-1:14 / 1:5-1:6", "{a={b=1i} c=3i}"),
    // Composed and decomposed é: one key for Swift and for people.
    ("\u{E9}: 1\ne\u{301}: 2\n", "duplicate-key 2:1-2:3 / 1:1-1:2", "{\u{E9}=1i}"),
    ("a: 1\n---\nb: 2\n", "second-document 2:1-2:4", "{a=1i}"),
    ("a: *x\nb: c\n", "alias-undefined 1:4-1:6", #"{a=null b="c"}"#),
    ("a: &a [*a, b]\n", "alias-recursive 1:8-1:10 / 1:4-1:6", #"{a=[null "b"]}"#),
    ("a: &x 1\n*x : b\n", "key-not-text 2:1-2:3", "{a=1i}"),
    ("<<: {a: 1}\nb: 1\n", "merge-key 1:1-1:3", "{b=1i}"),
    ("'<<': 1\n", "", "{<<=1i}"),
    ("[a]: b\nc: d\n", "key-not-text 1:1-1:4", #"{c="d"}"#),
    ("{a: b}: c\n", "key-not-text 1:1-1:7", "{}"),
    ("a: {{ x }}\n", "key-not-text 1:5-1:10", "{a={}}"),
    ("? \n: x\nb: 2\n", "key-not-text 1:2-1:3", "{b=2i}"),
    ("a: !foo bar\n", "custom-tag 1:4-1:8", #"{a="bar"}"#),
    ("a: !!python/object:x {b: c}\n", "custom-tag 1:4-1:21", #"{a={b="c"}}"#),
    ("a: !!int bar\nb: !!bool 'true'\nc: !!seq {}\nd: !!map x\n",
      "tag-mismatch 1:4-1:9, tag-mismatch 3:4-3:9, tag-mismatch 4:4-4:9", #"{a="bar" b=true c={} d="x"}"#),
    ("%YAML 1.1\n---\na: b\n", "version 1:1-1:10", #"{a="b"}"#),
    ("list:\n- a\n - b\n", "indentation 3:2-3:5 / 2:3-2:4", #"{list=["a - b"]}"#),
    ("a: no\nb: [1:30]\nc: yes\n", "ambiguous-value 1:4-1:6, ambiguous-value 2:5-2:9, ambiguous-value 3:4-3:7",
      #"{a="no" b=["1:30"] c="yes"}"#),
  ]) func goesOn(text: String, expected: String, content: String) {
    #expect(findings(text) == expected)
    #expect(reading(text) == content)
  }

  @Test("A plain value that YAML 1.1 reads otherwise is ambiguous", arguments: [
    "y", "Y", "n", "N", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF",
    "0777", "-0777", "00", "089", "0o17", "0b1", "0b1_0", "1_000", "+1_000", "1_0.5", "0x1_F", "-0x1F", "1:30", "14:30", "190:20:30",
    "1:30.5",
  ]) func ambiguous(value: String) {
    #expect(findings("a: \(value)\n") == "ambiguous-value 1:4-1:\(4 + value.utf8.count)")
    #expect(findings("a: '\(value)'\nb: !!str \(value)\n\(value): c\n") == "")
  }

  @Test("A plain value that both versions read alike is not ambiguous", arguments: [
    "nO", "yEs", "oN", "yesterday", "none", "null", "true", "FALSE", "0", "0.5", "10", "-3", "0x1F", "1.", ".5", "12:34:56:78:90", "1:60",
    "02:30",
    "8080:80", "2026-11-24", "2026-11-24T08:15:34Z", "1_", "_1", "1__a", "30m", "0b2", "0o8", "0xG", "+", "..", "1.2.3.4", "::1",
  ]) func unambiguous(value: String) {
    #expect(findings("a: \(value)\n") == (value == "1_" ? "ambiguous-value 1:4-1:6" : ""))
  }

  @Test("A file without content has no root", arguments: [
    "", "# only\n\n# comments\n", "---\n...\n", "\u{FEFF}",
  ]) func empty(text: String) {
    #expect(findings(text) == "empty 1:1-1:1")
    #expect(reading(text) == "none")
  }

  @Test("Broken grammar ends the reading with a finding where it is broken", arguments: [
    ("a:\n\tb: 1\n\tc: 2\n", "tab 2:1-2:2"),
    ("a:\n  - b\n \t- c\n", "tab 3:2-3:3"),
    ("a: |\n  x\n \ty\n", "tab 3:2-3:3"),
    ("a: b: c\n", "unexpected-colon 1:5-1:6"),
    ("a: b\n  c: d\n", "indentation 2:3-2:7 / 1:1-1:5"),
    ("key:value\nother: 1\n", "missing-colon 1:1-1:10"),
    ("a: 1\nkey:value\nother: 1\n", "missing-colon 2:1-2:10"),
    ("a: 1\nkey # why\nother: 1\n", "missing-colon 2:1-2:4"),
    ("a: 'open\nb: 1\n", "unclosed 1:4-1:5 / 2:5-2:6"),
    ("a: \"x\n---\n\"\n", "unclosed 1:4-1:5 / 2:1-2:2"),
    ("a: [1, 2\nb: 3\n", "unclosed 2:2-2:3 / 1:4-1:5"),
    ("a: {x: 1\n\n# c\n", "unclosed 1:9-1:10 / 1:4-1:5"),
    ("a:\n  b: 1\n c: 2\n", "indentation 3:2-3:4 / 1:1-1:3"),
    ("- a\nb: c\n", "indentation 2:1-2:3 / 1:1-1:2"),
    ("a: 1\n...\nb: 2\n", "indentation 3:1-3:3"),
    ("a: 'b' c # d\n", "syntax 1:8-1:9"),
    ("[a]]\n", "syntax 1:4-1:5"),
    ("a: - b\n", "syntax 1:4-1:5"),
    ("a: @x\n", "syntax 1:4-1:5"),
    ("a: \"\\q\"\n", "syntax 1:5-1:6"),
    ("a: &\n", "syntax 1:5-1:6"),
    ("a: b\n%x\n", "syntax 2:1-2:3"),
    (": x\n", "key-not-text 1:1-1:2"),
    ("a: no\nb: 1\nb: [\n", "ambiguous-value 1:4-1:6, unclosed 3:5-3:6 / 3:4-3:5"),
  ]) func syntax(text: String, expected: String) {
    #expect(findings(text) == expected)
    #expect(reading(text) == "none")
  }

  @Test("A character that no one can see is named at its place", arguments: [
    ("a: \u{0}b\n", "1:4-1:5", "U+0000"), ("ä: x\u{7F}\n", "1:5-1:6", "U+007F"), ("a: b\rc\n", "1:5-1:6", "U+000D"),
    ("a: b\u{202E}c\n", "1:5-1:6", "U+202E"), ("a\u{85}b\n", "1:2-1:3", "U+0085"), ("a: 1\n# \u{2028}\n", "2:3-2:4", "U+2028"),
    ("a: \u{FEFF}\n", "1:4-1:5", "U+FEFF"), ("a: \u{FFFF}\n", "1:4-1:5", "U+FFFF"),
  ]) func controls(text: String, place: String, name: String) throws {
    #expect(findings(text) == "control-character \(place)")
    #expect(try #require(read(text).diagnostics.first).summary.hasSuffix(name))
  }

  @Test("A byte that is not UTF-8 is found at its place", arguments: [
    (Array("a: é\nb: ".utf8) + [0xE9, 0x0A], "2:4"), ([0xFF, 0xFE, 0x61, 0x00], "1:1"), (Array("\u{FEFF}x".utf8) + [0xC3], "1:2"),
  ] as [([UInt8], String)]) func notUTF8(bytes: [UInt8], place: String) throws {
    let (document, diagnostics) = readYAML(SourceFile(path: "p", bytes: bytes))
    #expect(document.root == nil)
    #expect(diagnostics.map(\.code) == [YAMLCode.notUTF8.code])
    #expect(try #require(diagnostics.first?.span).place == "p:\(place)")
  }

  @Test("Every code is stable, of its own, and explained") func codes() {
    #expect(Set(YAMLCode.allCases.map(\.rawValue)).count == YAMLCode.allCases.count)
    #expect(YAMLCode.allCases.allSatisfy { $0.rawValue.hasPrefix("yaml-") && $0.meaning.hasSuffix(".") })
    #expect(YAMLCode.allCases.map(\.rawValue).sorted() == YAMLCode.allCases.map(\.rawValue))
  }

  @Test("A mistyped alias is answered with the anchor that was meant") func mistypedAlias() throws {
    let finding = try #require(read("a: &region-east x\nb: *regoin-east\n").diagnostics.first)
    #expect(finding.helps == ["did you mean `*region-east`?"])
  }

  @Test("An ambiguous value is answered with what to write") func ambiguousHelp() throws {
    let finding = try #require(read("paused: off\n").diagnostics.first)
    #expect(finding.severity == .error)
    #expect(finding.summary == "`off` is text in YAML 1.2, and false for tools that read YAML 1.1")
    #expect(finding.helps == ["quote it where text is meant: \"off\"", "write false where a truth value is meant"])
  }
}
