import TestSupport

/// The pages of `Fixtures`: prose, a plan with the problem, what lint says of it, the plan mended. A block of JSON is the evidence `drills.json` of
/// the plan next to it.
struct FixturePage {
  struct Case { var plan: String, evidence: String? }
  var rule: String
  var problem: Case
  var findings: String
  var mended: Case
  /// `--now DATE` in the prose.
  var now: String?
  let path: String
  private let blocks: [String]

  static let folder = Repository.root + "Tests/PlanLintingTests/Fixtures"

  static func all() throws -> [FixturePage] { try names(in: folder).filter { $0.hasSuffix(".md") }.map(FixturePage.init) }

  init(named name: String) throws {
    path = "\(Self.folder)/\(name)"
    let text = try readFile(path)
    blocks = text.split(separator: "```", omittingEmptySubsequences: false).map(String.init)
    func body(_ block: String) -> String { String(block.drop { $0 != "\n" }.dropFirst()) }
    guard let shown = blocks.firstIndex(where: { $0.hasPrefix("text\n") }), blocks.count % 2 == 1 else { throw Malformed(path: path) }
    func found(_ tag: String, _ part: ArraySlice<String>) -> String? { part.first { $0.hasPrefix(tag + "\n") }.map(body) }
    guard let plan = found("yaml", blocks[..<shown]), let other = found("yaml", blocks[shown...]) else { throw Malformed(path: path) }
    rule = String(name.dropLast(3))
    problem = Case(plan: plan, evidence: found("json", blocks[..<shown]))
    mended = Case(plan: other, evidence: found("json", blocks[shown...]))
    findings = body(blocks[shown])
    now = text.firstMatch(of: /--now ([0-9-]+)/).map { String($0.1) }
  }

  /// Puts what lint says into the page.
  func rewrite(_ findings: String) throws {
    try writeFile(path, blocks.map { $0.hasPrefix("text\n") ? "text\n" + findings : $0 }.joined(separator: "```"))
  }

  struct Malformed: Error { var path: String }
}
