import Diagnostics
import YAMLReading

func read(_ text: String, limits: YAMLLimits = .standard) -> (document: YAMLDocument, diagnostics: [Diagnostic]) {
  readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)), limits: limits)
}

/// What a text reads as, in one line: text in quotes, numbers as written with a letter for their type.
func reading(_ text: String) -> String { read(text).document.root.map(shown) ?? "none" }

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

/// `3:1-3:2`
func shown(_ span: SourceSpan) -> String { "\(span.start.line):\(span.start.column)-\(span.end.line):\(span.end.column)" }

/// `duplicate-key 3:1-3:2, …`, and the related places behind a slash.
func findings(_ text: String, limits: YAMLLimits = .standard) -> String {
  read(text, limits: limits).diagnostics.map { finding in
    let code = finding.code.rawValue.split(separator: "-", maxSplits: 1).last ?? ""
    let places = [finding.span].compactMap(\.self).map(shown) + finding.related.map { shown($0.span) }
    return "\(code) \(places.joined(separator: " / "))"
  }.joined(separator: ", ")
}

/// Numbers for mutations: the same for a seed on every machine. Source: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom
/// Number Generators" (2014), SplitMix64.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
