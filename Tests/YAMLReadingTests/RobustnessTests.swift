import Diagnostics
import Testing
import YAMLReading

@Suite("Any bytes at all") struct RobustnessTests {
  @Test("A plan cut off at any byte reads, or says why not") func truncations() {
    let bytes = Array(samplePlan.utf8)
    for length in bytes.indices { #expect(faults(Array(bytes[..<length])) == [], "cut at \(length)") }
  }

  @Test("A mutated plan reads, or says why not", arguments: [1, 2, 3, 4] as [UInt64]) func mutations(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    let structure = Array("\t\n :-[]{},#&*!|>'\"%@`?\\<~\r".utf8)
    for round in 0..<250 {
      var bytes = Array(samplePlan.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &numbers) {
        let at = Int.random(in: bytes.indices, using: &numbers)
        switch Int.random(in: 0..<5, using: &numbers) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
        case 1: bytes.remove(at: at)
        case 2: bytes[at] = structure.randomElement(using: &numbers) ?? 0
        case 3: bytes.insert(structure.randomElement(using: &numbers) ?? 0, at: at)
        default:
          let end = min(bytes.count, at + Int.random(in: 1...80, using: &numbers))
          bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: bytes.indices, using: &numbers))
        }
      }
      #expect(faults(bytes) == [], "seed \(seed), round \(round)")
    }
  }

  @Test("Random bytes read, or say why not", arguments: [1, 2] as [UInt64]) func randomBytes(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    let structure = Array("\t\n  :-[]{},#&*!|>'\"%@`?\\ab01\u{E9}\u{4E2D}".utf8)
    for round in 0..<300 {
      let isText = round % 2 == 0
      let bytes = (0..<Int.random(in: 0...60, using: &numbers)).map { _ in
        isText ? structure.randomElement(using: &numbers) ?? 0 : UInt8.random(in: 0...255, using: &numbers)
      }
      #expect(faults(bytes) == [], "seed \(seed), round \(round)")
    }
  }

  @Test("Nesting is bounded", arguments: ["[", "{a: ", "- ", "? ", "[{"]) func depth(opening: String) {
    #expect(findings(String(repeating: opening, count: 20_000)).hasPrefix("too-deep "))
  }

  @Test("128 collections inside each other are read") func allowedDepth() {
    #expect(findings(String(repeating: "[", count: 128) + String(repeating: "]", count: 128)) == "")
    #expect(findings(String(repeating: "[", count: 129) + "x" + String(repeating: "]", count: 129)).hasPrefix("too-deep 1:130"))
  }

  @Test("Aliases cannot grow a document beyond its limit") func expansion() throws {
    func nested(levels: Int) -> String {
      (1...levels).reduce("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n") { text, level in
        text + "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
      }
    }
    #expect(findings(nested(levels: 3)) == "")
    #expect(findings(nested(levels: 10)).hasPrefix("alias-expansion 6:"))
    var limits = YAMLLimits()
    limits.expandedNodes = .max
    #expect(findings(nested(levels: 30), limits: limits).hasPrefix("alias-expansion "))
  }

  @Test("Each limit stops the reading") func limits() {
    var limits = YAMLLimits()
    limits.bytes = 10
    #expect(findings("a: bcdefgh\n", limits: limits) == "too-large 1:1-1:1")
    limits = YAMLLimits()
    limits.nodes = 5
    #expect(findings("a: 1\nb: 2\n", limits: limits) == "")
    #expect(findings("a: 1\nb: 2\nc: 3\n", limits: limits) == "too-many-nodes 3:1-3:3")
    limits = YAMLLimits()
    limits.diagnostics = 2
    let expected = "ambiguous-value 1:2-1:4, ambiguous-value 1:6-1:8, too-many-findings 1:10-1:12"
    #expect(findings("[no, no, no, no]\n", limits: limits) == expected)
    #expect(read(String(repeating: "\u{1}", count: 1_000), limits: limits).diagnostics.count == 2)
  }

  /// Nothing crashes; a missing root has its reason; every span lies in the file; children lie inside their parents; a plain scalar's span
  /// shows its text; what is rendered has no control characters.
  private func faults(_ bytes: [UInt8]) -> [String] {
    let file = SourceFile(path: "plan.yaml", bytes: bytes)
    let (document, diagnostics) = readYAML(file)
    let lines = SourceLines(bytes)
    var faults: [String] = []
    if document.root == nil, diagnostics.isEmpty { faults.append("no root and no reason") }
    if diagnostics != diagnostics.sorted() { faults.append("out of order") }
    for diagnostic in diagnostics {
      let spans = [diagnostic.span].compactMap(\.self) + diagnostic.related.map(\.span)
      faults += spans.filter { !isInside($0, lines) }.map { "\(shown($0)) is outside: \(oneLine(diagnostic))" }
    }
    let text = DiagnosticRenderer(sources: [file], options: .init(width: 80)).render(diagnostics)
    let isPlain = text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F }
    if !isPlain { faults.append("control characters: \(text)") }
    if let root = document.root { faults += self.faults(root, lines) }
    return faults
  }

  private func faults(_ node: YAMLNode, _ lines: SourceLines) -> [String] {
    let span = node.span
    let source = SourceLines.text(lines[span.start.line] ?? [], afterScalars: span.start.column - 1)
    let isAlias = source.first == UInt8(ascii: "*")
    var isGood = isInside(span, lines)
    var children: [YAMLNode] = []
    var spans: [SourceSpan] = []
    switch node.content {
    case .scalar(let scalar):
      let isDecorated = isAlias || source.first == UInt8(ascii: "!") || source.first == UInt8(ascii: "&")
      if scalar.isPlain, !isDecorated, span.start.line == span.end.line { isGood = isGood && source.starts(with: scalar.text.utf8) }
    case .sequence(let elements):
      children = elements
      spans = elements.map(\.span)
    case .mapping(let members):
      children = members.map(\.value)
      spans = members.flatMap { [$0.keySpan, $0.value.span] }
    }
    // What is reached by an alias stands elsewhere.
    if !isAlias { isGood = isGood && spans.allSatisfy { span.start <= $0.start && $0.end <= span.end } }
    return (isGood ? [] : ["\(shown(span)): \(shown(node))"]) + children.flatMap { faults($0, lines) }
  }

  private func isInside(_ span: SourceSpan, _ lines: SourceLines) -> Bool {
    guard let first = lines[span.start.line], let last = lines[span.end.line], span.start <= span.end else { return false }
    return span.start.column >= 1 && span.start.column <= SourceLines.scalars(in: first) + 1
      && span.end.column <= SourceLines.scalars(in: last) + 2
  }
}
