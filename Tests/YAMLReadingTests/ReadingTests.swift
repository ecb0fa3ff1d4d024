import Diagnostics
import Testing
import YAMLReading

@Suite("Reading YAML") struct ReadingTests {
  @Test("A text reads as the YAML 1.2 core schema says", arguments: [
    ("a: 1\nb: [x, 'y', 2.5]\n", #"{a=1i b=["x" "y" 2.5f]}"#),
    ("a: &x { b: c }\nd: *x\n", #"{a={b="c"} d={b="c"}}"#),
    ("on: [pg-east]\nno: 1\n1:30: x\n", #"{on=["pg-east"] no=1i 1:30="x"}"#),
    ("a: !!str 12\nb: !!int 7\nc: !!float 1\nd: !!str no\ne: ! 5\n", #"{a="12" b=7i c=1f d="no" e="5"}"#),
    ("a: !!map {}\nb: !!seq []\n", "{a={} b=[]}"),
    ("a:\r\n  - b\r\n  - c\r\n", #"{a=["b" "c"]}"#),
    ("\u{FEFF}a: b\n", #"{a="b"}"#),
    ("a: |\n  x\n  y\n\nb: >-\n  p\n  q\n", "{a=\"x\ny\n\" b=\"p q\"}"),
    ("a:\nb: ~\nc: null\nd: ''\ne: Null\n", #"{a=null b=null c=null d="" e=null}"#),
    ("when: 2026-11-24T08:15:34Z\nversion: 1.10\n", #"{when="2026-11-24T08:15:34Z" version=1.10f}"#),
    ("at: 02:30\nhost: a:22\nip: 10.0.0.1\nport: 8080:80\ncron: 0 3 * * *\n",
      #"{at="02:30" host="a:22" ip="10.0.0.1" port="8080:80" cron="0 3 * * *"}"#),
    ("---\na: b\n...\n", #"{a="b"}"#),
    ("%YAML 1.2\n---\na: b\n", #"{a="b"}"#),
    ("? a\n: b\n", #"{a="b"}"#),
    ("a: [.inf, -.INF, .nan, 0x1F, 1e3, -1.5E-3, +7, ., -, 1.2.3, true, FALSE, nULL, tRUE]\n",
      #"{a=[.inff -.INFf .nanf 0x1Fi 1e3f -1.5E-3f +7i "." "-" "1.2.3" true false "nULL" "tRUE"]}"#),
  ]) func reads(text: String, expected: String) {
    #expect(reading(text) == expected)
    #expect(findings(text) == "")
  }

  @Test("The sample plan has no findings") func sample() {
    #expect(findings(samplePlan) == "")
  }

  @Test("A node spans its own text", arguments: [
    ("a:\n  b: 1\n  c: [x,\n    y]\n# end\nd: e\n", ["a"], "2:3-4:7"),
    ("a:\n  b: 1\n  c: [x,\n    y]  # end\nd: e\n", ["a", "c"], "3:6-4:7"),
    ("a: |\n  one\n  two\n\n\nb: c\n", ["a"], "1:4-3:6"),
    ("a: >-\n  one\n", ["a"], "1:4-2:6"),
    ("a: |\n  one", ["a"], "1:4-2:6"),
    ("a: 'x y'   # c\n", ["a"], "1:4-1:9"),
    ("a: one\n  two\nb: c\n", ["a"], "1:4-2:6"),
    ("a:\nb: c\n", ["a"], "1:3-1:3"),
    ("a:\n- x\n- y\n\nb: c\n", ["a"], "2:1-3:4"),
    ("東京: 👩🏽‍🚒 x\n", ["東京"], "1:5-1:11"),
    ("\u{FEFF}a: b\r\n", ["a"], "1:4-1:5"),
    ("a: &n !!map\n  b: c\nd: *n\n", ["d"], "3:4-3:6"),
    ("a: &n\n  b: c\nd: *n\n", ["d", "b"], "2:6-2:7"),
  ]) func spans(text: String, path: [String], expected: String) throws {
    var node = try #require(read(text).document.root)
    for key in path { node = try #require(node[key]) }
    #expect(shown(node.span) == expected)
  }

  @Test("A member is found by its key, with the place of the key") func member() throws {
    let root = try #require(read("a: 1\n'b c': { d: e }\nl: [x]\n").document.root)
    let member = try #require(root.member("b c"))
    #expect(shown(member.keySpan) == "2:1-2:6")
    #expect(member.value["d"]?.scalar .map { [$0.text, "\($0.isPlain)", "\($0.coreType)"] } == ["e", "true", "string"])
    #expect(root["missing"] == nil)
    #expect(root["a"]?["b"] == nil)
    #expect(root["l"]?["x"] == nil)
    #expect(root.members?.map(\.key) == ["a", "b c", "l"])
    #expect(root.elements == nil)
    #expect(root.scalar == nil)
  }

  @Test("A kind has a name for messages", arguments: [
    ("{}", "a mapping"), ("[]", "a list"), ("x", "text"), ("'1'", "text"), ("1", "a number"), ("1.5", "a number"),
    ("true", "true or false"),
    ("~", "nothing"), ("", "nothing"),
  ]) func kindName(value: String, expected: String) {
    #expect(read("a: \(value)\n").document.root?["a"]?.kindName == expected)
  }
}
