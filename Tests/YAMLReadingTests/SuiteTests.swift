import CanonicalJSON
import Diagnostics
import Glibc
import TestSupport
import Testing
@testable import YAMLReading

/// The YAML test suite, as far as our reader means to go: where we differ is listed, and why, in docs/yaml.md.
@Suite("The YAML test suite") struct SuiteTests {
  struct Case: Decodable {
    var id, name, yaml: String
    var trees, types: [String]?
    var invalid: Bool?
  }

  /// How our reader takes a case.
  enum Verdict: Hashable {
    case agrees
    /// The code is ours: the text is YAML, and not what a plan may hold.
    case refused(String)
    case refusedByLibYAML
    case accepted
    case otherwise
  }

  private static func cases() throws -> [Case] {
    try readFile(Repository.root + "Tests/YAMLReadingTests/Fixtures/yaml-test-suite.jsonl").split(separator: "\n").map { try CanonicalJSON.decode(Case.self, from: $0.utf8) }
  }

  /// What libyaml cannot read, and we find words for.
  private static let grammar: Set<YAMLCode> = [.indentation, .missingColon, .syntax, .tab, .unclosed, .unexpectedColon]

  private static func verdict(_ test: Case) -> (verdict: Verdict, diagnostics: [Diagnostic]) {
    let (document, diagnostics) = read(test.yaml)
    if test.invalid == true { return (diagnostics.isEmpty ? .accepted : .agrees, diagnostics) }
    // What is no document at all is `empty` for us: a plan cannot be.
    if let first = diagnostics.first {
      let code = YAMLCode(rawValue: first.code.rawValue)
      return (code.map(grammar.contains) == true ? .refusedByLibYAML : .refused(first.code.rawValue), diagnostics)
    }
    guard let root = document.root, let trees = test.trees, trees.count == 1, tree(root) == trees[0] else { return (.otherwise, diagnostics) }
    if let expected = test.types, expected.count == 1, types(root) != expected[0] { return (.otherwise, diagnostics) }
    return (.agrees, diagnostics)
  }

  private static func tree(_ node: YAMLNode) -> String {
    switch node.content {
    case .scalar(let scalar): "\"\(scalar.text)\""
    case .sequence(let elements): "[" + elements.map(tree).joined(separator: " ") + "]"
    case .mapping(let members): "{" + members.map { "\"\($0.key)\"=\(tree($0.value))" }.joined(separator: " ") + "}"
    }
  }

  private static func types(_ node: YAMLNode) -> String {
    switch node.content {
    case .scalar(let scalar):
      switch scalar.coreType {
      case .null: "null"
      case .bool(let value): "\(value)"
      case .int: "int"
      case .float: "float"
      case .string: "text"
      }
    case .sequence(let elements): "[" + elements.map(types).joined(separator: " ") + "]"
    // JSON gives the keys no order.
    case .mapping(let members): "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\"=\(types($0.value))" }.joined(separator: " ") + "}"
    }
  }

  /// Why we differ where nobody meant to: what libyaml, which reads the text for us, does in another way than YAML 1.2 says.
  private static let reasons: [(why: String, cases: [String])] = [
    ("libyaml takes a `%` at the beginning of a line for a directive, and knows `%YAML 1.1`, `%YAML 1.2` and `%TAG` only.", ["2LFX", "6LVF", "BEC7", "MUS6/05", "MUS6/06", "W4TN"]),
    (
      "In brackets and braces libyaml wants a key, its colon and the beginning of its value on one line, and a space behind the colon. Write them so.",
      ["4ABK", "4MUZ/00", "4MUZ/01", "4MUZ/02", "58MP", "5MUD", "5T43", "9SA2", "CFD4", "DBG4", "FRK4", "K3WX", "NJ66", "UT92", "VJP3/01"]
    ),
    (
      "libyaml takes no tab where indentation or the beginning of a value may stand, even where YAML 1.2 does. Tabs are not for plans.",
      ["6BCT", "6CA3", "96NN/00", "96NN/01", "A2M4", "DK95/00", "DK95/03", "DK95/04", "Q5MG", "R4YG", "Y79Y/001", "Y79Y/010"]
    ),
    ("A document must begin with `---` behind a `...`, and hold something.", ["7Z25", "HWV9", "M7A3", "QT73"]),
    ("A text in a block at the top must be indented.", ["DK3J", "FP8R"]),
    ("Keys that are missing, or behind a `?`, are read in the simple cases only. A plan's keys are words.", ["6M2F", "NKF9", "S3PD"]),
    ("Names of anchors are made of letters, digits, `-` and `_` only.", ["8XYN", "W5VH", "Y2GN"]),
    ("A `?` or `-` in brackets and braces may begin a word of a text; libyaml takes it for a sign, or the other way round.", ["652Z", "G5U8", "HM87/00", "HM87/01", "YJV2"]),
    ("A comment needs a space before its `#`; libyaml does not insist. Nothing is read otherwise because of it.", ["9JBA", "CVW2", "SU5Z", "X4QW"]),
    ("libyaml does not look at the indentation of further lines in brackets and quotes, and of empty lines in blocks.", ["9C9N", "DK95/01", "QB6E", "S98Z", "Y79Y/003"]),
    ("A last line that holds nothing but spaces adds an empty line to a text, or a document.", ["JEF9/02", "L24T/01"]),
    ("Ours, on purpose: a line that looks like an entry of a list, and is more text of the value above it, is a mistake of indentation in every plan that we have seen.", ["AB8U"]),
  ]

  @Test("each case is read as the suite says, or docs/yaml.md says why not") func page() throws {
    let cases = try Self.cases()
    #expect(cases.count == 402)
    let judged = cases.map { (test: $0, verdict: Self.verdict($0).verdict) }
    let agreed = judged.count { $0.verdict == .agrees }
    func rows(_ codes: [String]) -> String {
      codes.map { id in
        let found = judged.first { $0.test.id == id }
        let what = switch found?.verdict {
        case .refusedByLibYAML: "valid, refused"
        case .accepted: "invalid, accepted"
        case .otherwise: "valid, read otherwise"
        default: "?"
        }
        return "| `\(id)` | \(found?.test.name ?? "") | \(what) |\n"
      }.joined()
    }
    var text = """
      <!-- Written by `SIE_DR_REWRITE=1 swift test --filter SuiteTests`; do not edit. -->

      # How YAML is read

      A plan is one YAML 1.2 document, read with libyaml and then strictly: each key once, every value of the core schema, nothing that another reader could take for
      something else. Of the \(cases.count) cases of the [YAML test suite](https://github.com/yaml/yaml-test-suite) (v2022-01-17) \(agreed) are read as it says, with the same
      trees and types, or refused as it says. The others are all here.

      ## Refused on purpose

      YAML, and not what a plan may hold.

      | code | cases | why |
      | --- | --- | --- |

      """
    let codes = Set(judged.compactMap { if case .refused(let code) = $0.verdict { code } else { nil } }).sorted()
    for code in codes {
      let ids = judged.filter { $0.verdict == .refused(code) }.map { "`\($0.test.id)`" }.joined(separator: " ")
      text += "| `\(code)` | \(ids) | \(YAMLCode(rawValue: code)?.meaning ?? "") |\n"
    }
    text += "\n## Read otherwise than YAML 1.2 says\n\nAn error in what is valid is found by whoever writes the plan; what is accepted though invalid is listed with what it can do.\n"
    for (why, ids) in Self.reasons { text += "\n\(why)\n\n| case | | |\n| --- | --- | --- |\n\(rows(ids))" }
    // Each difference has one reason, and no reason is of a case that is read as it should be.
    let unplanned = judged.filter { [.refusedByLibYAML, .accepted, .otherwise].contains($0.verdict) }.map(\.test.id)
    #expect(Self.reasons.flatMap(\.cases).sorted() == unplanned.sorted())
    let path = Repository.root + "docs/yaml.md"
    if getenv("SIE_DR_REWRITE") != nil { try writeFile(path, text) }
    #expect(try readFile(path) == text, "rewrite it with SIE_DR_REWRITE=1 swift test --filter SuiteTests")
  }
}
