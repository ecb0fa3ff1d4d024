import Diagnostics
import PlanLinting
import TestSupport
import Testing

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

// MARK: What it proves

extension FixturePage {
  /// The page shows exactly what lint says with these rules, and its mended plan is clean.
  func hold(rules: [LintRule] = lintRules, rewriting: Bool = false) throws {
    let text = shown(findings(of: problem, rules: rules).filter { $0.code.rawValue == rule }, of: problem)
    if rewriting { try rewrite(text) } else { #expect(text == findings, "\(rule)") }
    #expect(!text.isEmpty, "\(rule) finds nothing on its own page")
    // A note asks for more than the page is about.
    let left = findings(of: mended, rules: rules).filter { $0.severity > .note || $0.code.rawValue == rule }
    #expect(left.isEmpty, "\(rule), mended: \(shown(left, of: mended))")
  }

  func findings(of it: Case, rules: [LintRule] = lintRules) -> [Diagnostic] { linted(it.plan, evidence: it.evidence, now: now, rules: rules).diagnostics }

  private func shown(_ diagnostics: [Diagnostic], of it: Case) -> String {
    let evidence = it.evidence.map { [SourceFile(path: "drills.json", bytes: Array($0.utf8))] } ?? []
    return DiagnosticRenderer(sources: [SourceFile(path: "plan.yaml", bytes: Array(it.plan.utf8))] + evidence).render(diagnostics)
  }
}
