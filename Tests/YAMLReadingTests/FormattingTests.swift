import Diagnostics
import TestSupport
import Testing
import YAMLReading

/// White space in order, and nothing else touched.
@Suite("Formatting") struct FormattingTests {
  static func format(_ text: String) -> String? {
    formatted(readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))).document).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The expected text, and the same when that is formatted again.
  private func expect(_ text: String, becomes expected: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let once = Self.format(text)
    #expect(once == expected, sourceLocation: sourceLocation)
    #expect(once.flatMap(Self.format) == once, sourceLocation: sourceLocation)
  }

  @Test("ends of lines, empty lines and the end of the file") func ends() {
    expect("\n\na: 1  \t\n\n\n\nb: 2\r\n# c  \n\n\n", becomes: "a: 1\n\nb: 2\n# c\n")
    expect("a: 1", becomes: "a: 1\n")
    expect("# only\n{}", becomes: "# only\n{}\n")
  }

  @Test("two spaces a level; lists under their key stay there or get two") func indentation() {
    expect("a:\n    b:\n        c: 1\n        d: 2\n    e: 3\n", becomes: "a:\n  b:\n    c: 1\n    d: 2\n  e: 3\n")
    expect("a:\n b:\n  c: 1\n", becomes: "a:\n  b:\n    c: 1\n")
    expect("a:\n- b: 1\n  c: 2\n-   d: 3\n    e: 4\n", becomes: "a:\n- b: 1\n  c: 2\n-   d: 3\n    e: 4\n")
    expect("a:\n     - b\n     - - c\n       - d\n", becomes: "a:\n  - b\n  - - c\n    - d\n")
    expect("a:\n    -\n          b: 1\n", becomes: "a:\n  -\n    b: 1\n")
  }

  @Test("comments move with what they stand at") func comments() {
    expect("# top\na: # one\n    # of b\n    b: 1   # keep   this\n\n    # end of a\n# end\nc: 2\n", becomes: "# top\na: # one\n  # of b\n  b: 1   # keep   this\n\n  # end of a\n# end\nc: 2\n")
  }

  @Test("texts of several lines keep their content, and move as a whole") func texts() {
    expect("a:\n    b: |\n        one  \n          two\n\n\n        three\n\n\n    c: 1\n", becomes: "a:\n  b: |\n      one  \n        two\n\n\n      three\n\n  c: 1\n")
    expect("a:\n    b: |+\n        one\n\n\n", becomes: "a:\n  b: |+\n      one\n\n\n")
    expect("a:\n    b: \"one  \n\n\n      two\"\n    c: 'x\n      y'\n", becomes: "a:\n  b: \"one\n\n\n    two\"\n  c: 'x\n    y'\n")
    expect("a: |\n  one", becomes: "a: |\n  one")
    expect("a: { b: 1,\n     c: [x,\n         z] }\nd:\n    e: { f: 1,\n         g: 2 }\n", becomes: "a: { b: 1,\n     c: [x,\n         z] }\nd:\n  e: { f: 1,\n       g: 2 }\n")
  }

  @Test("quotes and keys are left alone; what is ambiguous keeps its place") func leftAlone() {
    expect("a:   'x'\n\"b\" : \"y\"\n", becomes: "a:   'x'\n\"b\" : \"y\"\n")
    expect("a: &x\n    b: 1  \nc: *x\n", becomes: "a: &x\n    b: 1\nc: *x\n")
  }

  @Test("what cannot be read is not formatted", arguments: ["a: [", "a:\n\tb: 1\n", ""]) func unreadable(_ text: String) { #expect(Self.format(text) == nil) }

  @Test("the plans that are shipped are in order") func shipped() throws {
    for plan in try Repository.plans() { #expect(Self.format(plan.text) == plan.text, "\(plan.path): sie-dr fmt --write \(plan.path)") }
  }

  @Test("white space that was disturbed comes back, whatever the plan", arguments: 1...60) func disturbed(_ seed: Int) throws {
    var random = SeededNumbers(state: UInt64(seed))
    for plan in try Repository.plans() {
      let width = Int.random(in: 1...5, using: &random)
      // The text of a block moves as a whole, and white space at the end of its lines is part of it.
      var block: Int?
      let text = plan.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line -> String in
        let indent = line.prefix { $0 == " " }.count
        let isText = block.map { line.isEmpty || indent > $0 } ?? false
        if !isText { block = ["|", "|-", ">", ">-"].contains { line.hasSuffix(" \($0)") } ? indent : nil }
        if isText, let block { return String(repeating: " ", count: line.isEmpty ? 0 : block / 2 * width + indent - block) + line.dropFirst(indent) }
        let more = line.isEmpty && Bool.random(using: &random) ? "\n  \n" : ""
        return String(repeating: " ", count: indent / 2 * width) + line.dropFirst(indent) + String(repeating: " ", count: Int.random(in: 0...3, using: &random)) + more
      }.joined(separator: "\n")
      #expect(Self.format(text) == plan.text, "seed \(seed), \(plan.path), \(width) a level")
    }
  }
}
