import Diagnostics
import Testing
import YAMLReading

/// What a text reads as, in one line: strings in quotes, other scalars as written with a letter for their type.
func reading(_ text: String) -> String {
  readYAML(SourceFile(path: "p", bytes: Array(text.utf8))).document.root.map(shown) ?? "none"
}

func shown(_ node: YAMLNode) -> String {
  switch node.content {
  case .scalar(let scalar):
    switch scalar.coreType {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int: "\(scalar.text)i"
    case .float: "\(scalar.text)f"
    case .string: "\"\(scalar.text)\""
    }
  case .sequence(let elements): "[" + elements.map(shown).joined(separator: " ") + "]"
  case .mapping(let members): "{" + members.map { "\($0.key)=\(shown($0.value))" }.joined(separator: " ") + "}"
  }
}

@Suite("Reading YAML") struct ReadingTests {
  @Test("A text reads as the YAML 1.2 core schema says", arguments: [
    ("a: 1\nb: [x, 'y', 2.5]\n", #"{a=1i b=["x" "y" 2.5f]}"#),
    ("a: &x { b: c }\nd: *x\n", #"{a={b="c"} d={b="c"}}"#),
    ("on: [pg-east]\nno: 1\n", #"{on=["pg-east"] no=1i}"#),
    ("a: !!str 12\nb: !!int 7\nc: !!float 1\n", #"{a="12" b=7i c=1f}"#),
    ("a:\r\n  - b\r\n  - c\r\n", #"{a=["b" "c"]}"#),
    ("\u{FEFF}a: b\n", #"{a="b"}"#),
    ("a: |\n  x\n  y\n\nb: >-\n  p\n  q\n", "{a=\"x\ny\n\" b=\"p q\"}"),
    ("a:\nb: ~\nc: null\nd: ''\n", #"{a=null b=null c=null d=""}"#),
    ("when: 2026-11-24T08:15:34Z\nversion: 1.10\n", #"{when="2026-11-24T08:15:34Z" version=1.10f}"#),
    ("---\na: b\n...\n", #"{a="b"}"#),
    ("%YAML 1.2\n---\na: b\n", #"{a="b"}"#),
  ]) func reads(text: String, expected: String) {
    #expect(reading(text) == expected)
    #expect(readYAML(SourceFile(path: "p", bytes: Array(text.utf8))).diagnostics.isEmpty)
  }
}
