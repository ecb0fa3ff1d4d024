import Diagnostics
import TestSupport
import Testing
@testable import YAMLReading

/// What overlays and variables do to a tree, whatever the plan means.
@Suite("Patches, references, and texts made of trees") struct ComposingTests {
  private func merged(_ base: String, _ patch: String) throws -> (content: String, diagnostics: [Diagnostic]) {
    let (after, diagnostics) = read(base).document.merging(try #require(readYAML(SourceFile(path: "patch.yaml", bytes: Array(patch.utf8))).document.root))
    return (after.root.map(shown) ?? "", diagnostics)
  }

  @Test("a patch merges mappings, replaces what is single or a list, removes with null", arguments: [
    ("a: 1", "b: 2", "{a=1i b=2i}"), ("a: { b: 1, c: 2 }", "a: { c: 3 }", "{a={b=1i c=3i}}"), ("a: [1, 2]", "a: [3]", "{a=[3i]}"), ("a: [1]", "a: { b: 1 }", "{a={b=1i}}"),
    ("a: { b: 1 }", "a: 2", "{a=2i}"), ("a: 1\nb: 2", "a: null", "{b=2i}"), ("a: { b: 1, c: 2, d: 3 }", "a: { b: ~, d: ~, e: 4 }", "{a={c=2i e=4i}}"),
    ("a: { b: 1 }", "a:", "{a={b=1i}}"), ("a:", "a: { b: 1 }", "{a={b=1i}}"), ("a: 1", "b:", "{a=1i b=null}"), ("a: 1", "{}", "{a=1i}"),
    ("a: &x { b: 1 }\nc: *x", "c: { b: 2 }", "{a={b=1i} c={b=2i}}"), ("a: { b: 1 }", "x: &y { b: 2, c: 3 }\na: *y", "{a={b=2i c=3i} x={b=2i c=3i}}"),
  ]) func merging(_ base: String, _ patch: String, _ after: String) throws {
    let (content, diagnostics) = try merged(base, patch)
    #expect(content == after && diagnostics == [])
  }

  @Test("what is not there cannot be removed") func removal() throws {
    let diagnostics = try merged("data: { orders: { on: [pg] } }", "data: { oders: null }").diagnostics
    #expect(diagnostics.map(oneLine) == ["patch.yaml:1:9: error[yaml-unknown-address]: the plan has no `data.oders` that could be removed"])
    #expect(diagnostics.first?.helps == ["did you mean `data.orders`?"])
  }

  @Test("values know where they were written: those of the patch in the patch") func places() throws {
    let patch = try #require(readYAML(SourceFile(path: "patch.yaml", bytes: Array("a: { c: 3 }".utf8))).document.root)
    let root = try #require(read("a: { b: 1 }").document.merging(patch).document.root)
    #expect(root["a"]?["b"]?.span.place == "plan.yaml:1:9" && root["a"]?["c"]?.span.place == "patch.yaml:1:9")
  }

  private func substituted(_ text: String) -> (content: String, codes: [String], unknown: [String]) {
    let values = read("size: 5GB\ncount: 7\nflag: true\nquoted: \"7\"\nnothing: \"\"").document.root?.members ?? []
    var unknown: [String] = []
    let result = read(text).document.substituting(Dictionary(values.map { ($0.key, $0.value) }) { first, _ in first }) { name, span in
      unknown.append("\(name) \(shown(span))")
      return Diagnostic("undefined-variable", name, at: span)
    }
    return (result.document.root.map(shown) ?? "", result.diagnostics.map(\.code.rawValue), unknown)
  }

  @Test("a text that is a reference becomes the value, one that holds some becomes text", arguments: [
    ("a: ${var.size}", "{a=\"5GB\"}"), ("a: ${var.count}", "{a=7i}"), ("a: '${var.count}'", "{a=7i}"), ("a: ${var.flag}", "{a=true}"), ("a: ${var.quoted}", "{a=\"7\"}"),
    ("a: x-${var.count}-${var.size}", "{a=\"x-7-5GB\"}"), ("a: 1${var.count}", "{a=17i}"), ("a: '1${var.count}'", "{a=\"17\"}"), ("a: ${var.nothing}", "{a=\"\"}"),
    ("- [${var.count}]", "[[7i]]"), ("- \"${var.count}\"", "[7i]"), ("a: &x ${var.count}\nb: *x", "{a=7i b=7i}"),
    // The shell's own stay as they are.
    ("a: ${HOME} $HOME $(id) ${x.y} $${HOME}", "{a=\"${HOME} $HOME $(id) ${x.y} $${HOME}\"}"),
    ("a: $${var.size}", "{a=\"${var.size}\"}"), ("a: x$${var.size}${var.size}", "{a=\"x${var.size}5GB\"}"), ("a: |\n  echo ${var.count}\n  echo $${var.count}", "{a=\"echo 7\necho ${var.count}\"}"),
  ]) func references(_ text: String, _ after: String) throws {
    // In a flow list a brace ends the text: there it wants quotes.
    let text = text == "- [${var.count}]" ? "- ['${var.count}']" : text
    let (content, codes, unknown) = substituted(text)
    #expect(content == after && codes == [] && unknown == [])
  }

  @Test("what names no variable, an unknown one, or stands in a key is told", arguments: [
    ("a: ${var.}", ["yaml-broken-reference"], []), ("a: ${var.size", ["yaml-broken-reference"], []), ("a: ${var.a b}", ["yaml-broken-reference"], []),
    ("a: ${var.${var.size}}", ["yaml-broken-reference"], []), ("${var.size}: 1", ["yaml-variable-in-key"], []), ("a: x${var.sise}", ["undefined-variable"], ["sise 1:4-1:16"]),
  ] as [(String, [String], [String])]) func wrong(_ text: String, _ codes: [String], _ unknown: [String]) {
    let found = substituted(text)
    #expect(found.codes == codes && found.unknown == unknown)
  }

  @Test("without quotes in braces or brackets it says what to write", arguments: ["a: { b: ${var.x} }", "a: [1, ${var.x}]", "a: { b: https://${var.x}/y, c: d }"]) func unquoted(_ text: String) {
    let found = read(text).diagnostics
    #expect(found.map(\.code) == ["yaml-unclosed"] && found.first?.helps == ["put the whole value in quotes: \"${var.NAME}\""], "\(found)")
  }

  @Test("values cannot grow a text, or the plan, beyond its limit") func growth() {
    let value = read(String(repeating: "x", count: 60_000)).document.root
    func codes(_ text: String, _ limits: YAMLLimits = .standard) -> [String] {
      read(text).document.substituting(["x": value].compactMapValues(\.self), limits: limits) { name, span in Diagnostic("none", name, at: span) }.diagnostics.map(\.code.rawValue)
    }
    #expect(codes("a: ${var.x}${var.x}") == ["yaml-too-large"])
    var small = YAMLLimits()
    small.bytes = 100_000
    #expect(codes((1...10).map { "a\($0): ${var.x}\n" }.joined(), small) == ["yaml-too-large"])
    #expect(codes("a: ${var.x}") == [])
  }

  @Test("a tree as text is read as the same tree, and writing it again gives the same text", arguments: [
    "a: 1", "a: [1, [2, []], {}]", "a:\n- b: 1\n  c: [x, y]\n- - 1\n  - 2\n- {}", "a: 'no'\nb: \"1:30\"\nc: '~'\nd: ''\ne: ~\nf:\n'on': x", "a: \"x # y\"\nb: 'x: y'\nc: \"- z\"\nd: '*x'\ne: \"it's \\\"q\\\"\"",
    "a: |\n  one\n   two\n\n  three\nb: |-\n  x\n  y\nc: |+\n  z\n\n\nd: >\n  folded\n  text\n", "a: \"\\u0007 \\u00e9 \\u200b \\U0001F600 tab\\t end \"\nb: \" lead\"\nc: \"line\\n\"\nd: \"\\n x\"",
    "a: 0x1F\nb: 1.50\nc: .inf\nd: 7\ne: 1e3\nf: +5", "a: !!str 5\nb: !!int 5", "- a\n- - b\n  - c: d", "x", "[]", "a: ${HOME}\nb: 'a:'\nc: a,b\nd: .\ne: '- '\nf: \"?\"\ng: 2027-01-31", "a:\n  - |\n    x\n    y\n  - z",
  ]) func writing(_ text: String) throws {
    let root = try #require(read(text).document.root)
    let written = root.text()
    let (again, findings) = read(written)
    #expect(findings == [], "\(written)")
    #expect(again.root.map(shown) == shown(root), "\(written)")
    #expect(again.root?.text() == written)
  }

  @Test("every plan that we ship, written as text, is read as the same") func shipped() throws {
    for plan in try Repository.plans() {
      let root = try #require(read(plan.text).document.root)
      let (again, findings) = read(root.text { $0.span.place })
      #expect(findings == [] && again.root.map(shown) == shown(root), "\(plan.path)")
    }
  }
}
