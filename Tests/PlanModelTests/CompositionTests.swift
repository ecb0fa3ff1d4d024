import Diagnostics
import PlanModel
import TestSupport
import Testing
import YAMLReading

/// Variables and overlays of a plan.
@Suite("Composing a plan") struct CompositionTests {
  private static let plan = """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: shop }
    variables:
      size: { type: size, default: 120GB }
      zone: { type: text, oneOf: [example, test], default: example }
      host: { type: text, default: "db.${var.zone}" }
      every: { type: duration }
    overlays:
      staging: { variables: { size: 5GB, zone: test, every: 1d }, merge: { sites: { west: null, north: {} } } }
      production: { variables: { every: 30m } }
    sites: { east: { description: "${var.host}, ${var.size}, each ${var.every}" }, west: {} }

    """

  private func composed(replacing old: String = "", with new: String = "", _ environment: String? = "production", overlays: [String] = [], _ variables: String...) -> ComposedPlan {
    let text = old.isEmpty ? Self.plan : Self.plan.replacing(old, with: new, maxReplacements: 1)
    #expect(old.isEmpty || text != Self.plan)
    let options = variables.enumerated().compactMap { readOverride(SourceFile(path: "--var #\($0.offset + 1)", bytes: Array($0.element.utf8)))?.override }
    let files = overlays.enumerated().map { SourceFile(path: "overlay-\($0.offset + 1).yaml", bytes: Array($0.element.utf8)) }
    return compose(
      readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))).document, PlanComposition(environment: environment, overlays: files, variables: options))
  }
  private func description(_ plan: ComposedPlan) -> String? { plan.document.root?["sites"]?["east"]?["description"]?.scalar?.text }

  @Test("a value is the default, else of the environment, else of an overlay's file, else of an option") func precedence() {
    let file = "apiVersion: sie-dr/v1\nkind: PlanOverlay\nvariables: { size: 7GB }\nmerge: { sites: { south: {} } }\n"
    #expect(description(composed()) == "db.example, 120GB, each 30m")
    #expect(description(composed("staging")) == "db.test, 5GB, each 1d")
    #expect(description(composed("staging", overlays: [file])) == "db.test, 7GB, each 1d")
    #expect(description(composed("staging", overlays: [file], "size=8GB")) == "db.test, 8GB, each 1d")
    let plan = composed("staging", overlays: [file])
    #expect(plan.diagnostics == [] && plan.document.root?["sites"]?.members?.map(\.key) == ["east", "north", "south"])
    #expect(plan.document.root?.member("variables") == nil && plan.document.root?.member("overlays") == nil && plan.environments == ["staging", "production"])
  }

  @Test("a plan without any is given back as it is") func untouched() {
    let document = readYAML(SourceFile(path: "plan.yaml", bytes: Array("kind: RecoveryPlan\na: ${HOME}".utf8))).document
    #expect(!compose(document).isComposed && compose(document, PlanComposition(environment: "x")).diagnostics.map(\.code) == ["unknown-environment"])
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var old, new, finding: String
    var help = ""
    var environment: String? = "production"
    var testDescription: String { finding }
  }

  @Test("each mistake is told at its place, with what to write", arguments: [
    Row(old: "${var.size}", new: "${var.sise}", finding: "plan.yaml:12:31: error[undefined-variable]: the variable `sise` is named, and the plan has none of that name", help: "did you mean `size`?"),
    Row(old: "every: 30m", new: "evry: 30m", finding: "plan.yaml:11:30: error[undefined-variable]: the variable `evry` is given a value, and the plan has none of that name", help: "did you mean `every`?"),
    Row(old: "every: 1d", new: "evry: 1d", finding: "plan.yaml:10:50: error[undefined-variable]: the variable `evry` is given a value, and the plan has none of that name", help: "did you mean `every`?"),
    Row(old: "db.${var.zone}", new: "db.${var.zones}", finding: "plan.yaml:7:32: error[undefined-variable]: the variable `zones` is named, and the plan has none of that name", help: "did you mean `zone`?"),
    Row(old: "120GB", new: "120", finding: "plan.yaml:5:32: error[wrong-variable]: the variable `size` is `120`"),
    Row(old: "120GB", new: "120", finding: "plan.yaml:5:32: error[wrong-variable]: the variable `size` is `120`", environment: "staging"),
    Row(old: "every: 30m", new: "every: soon", finding: "plan.yaml:11:37: error[wrong-variable]: the variable `every` is `soon`"),
    Row(old: "default: example", new: "default: exampel", finding: "plan.yaml:6:56: error[wrong-variable]: the variable `zone` is `exampel`", help: "did you mean `example`?"),
    Row(old: "every: 30m", new: "every: [30m]", finding: "plan.yaml:11:37: error[wrong-variable]: the variable `every` is a list"),
    Row(old: "every: 30m", new: "", finding: "plan.yaml:8:3: error[missing-variable]: the variable `every` has no value", help: "`--environment staging` gives it one"),
    Row(old: "default: example", new: "default: \"${var.host}\"", finding: "plan.yaml:6:56: error[variable-cycle]: the variable `zone` is made from itself: `zone` from `host` from `zone`"),
    Row(old: ", each ${var.every}", new: "", finding: "plan.yaml:8:3: warning[unused-variable]: no value names the variable `every`", help: "write `${var.every}` where it belongs, or remove it"),
    Row(old: "type: duration", new: "type: time", finding: "plan.yaml:8:18: error[wrong-value]: `type` of the variable `every` is `time`"),
    Row(old: "type: duration", new: "default: 1d", finding: "plan.yaml:8:10: error[missing-key]: the variable `every` has no `type`"),
    Row(old: "merge: { sites", new: "merge: { variables: {}, sites", finding: "plan.yaml:10:72: error[unknown-key]: `variables` cannot be changed by an overlay"),
    Row(old: "merge:", new: "merg:", finding: "plan.yaml:10:63: error[unknown-key]: the environment `staging` has no key `merg`", help: "did you mean `merge`?"),
    Row(old: "west: null", new: "wst: null", finding: "plan.yaml:10:81: error[yaml-unknown-address]: the plan has no `sites.wst` that could be removed", help: "did you mean `sites.west`?", environment: "staging"),
    Row(old: "name: shop", new: "name: shop", finding: "plan.yaml:9:1: error[unknown-environment]: the plan has no environment `stagin`", help: "did you mean `staging`?", environment: "stagin"),
    Row(old: "${var.host}", new: "${var.host", finding: "plan.yaml:12:31: error[yaml-broken-reference]: `${var.host, ` names no variable"),
  ]) func mistakes(_ row: Row) {
    let text = row.old == row.new ? composed(row.environment) : composed(replacing: row.old, with: row.new, row.environment)
    let found = text.diagnostics.first { oneLine($0) == row.finding }
    #expect(found != nil, "\(text.diagnostics.map(oneLine))")
    #expect(row.help.isEmpty || found?.helps.contains(row.help) == true, "\(found?.helps ?? [])")
    #expect((text.document.root == nil) == text.diagnostics.contains { $0.severity == .error })
  }

  @Test("a plan whose variables have values in environments only says so") func needed() {
    let plan = composed(nil)
    #expect(plan.needsEnvironment && plan.diagnostics.map(\.code) == ["missing-variable"])
    #expect(!composed(nil, "every=1h").needsEnvironment && !composed("staging").needsEnvironment)
  }

  @Test("values cannot be made without end") func growth() {
    let doubling = (1...40).map { "  v\($0): { type: text, default: \"${var.v\($0 - 1)}${var.v\($0 - 1)}\" }\n" }.joined()
    let plan = composed(replacing: "variables:\n", with: "variables:\n  v0: { type: text, default: xxxxxxxx }\n" + doubling)
    #expect(plan.diagnostics.contains { $0.code == "yaml-too-large" })
    let many = (1...300).map { "  v\($0): { type: text, default: x }\n" }.joined()
    #expect(composed(replacing: "variables:\n", with: "variables:\n" + many).diagnostics.contains { $0.code == "wrong-value" && $0.label == "at most 256 are possible" })
  }

  /// Each about 100 kB, and the worst of its kind.
  private static let large: [(name: String, text: String)] = {
    let head = "variables: { x: { type: text, default: y } }\n"
    func lines(_ count: Int, _ line: (Int) -> String) -> String { (0..<count).map { "    " + line($0) + "\n" }.joined() }
    return [
      ("uses", head + "data:\n" + lines(4_000) { "k\($0): a${var.x}b${var.x}" }), ("one text", head + "data: \"" + String(repeating: "${var.x}", count: 8_000) + "\"\n"),
      ("broken", head + "data: \"" + String(repeating: "${var.", count: 16_000) + "\"\n"), ("escapes", head + "data: \"" + String(repeating: "$${var.", count: 14_000) + "\"\n"),
      ("added", "overlays:\n  o:\n   merge:\n" + lines(5_000) { "k\($0): { a: 1 }" } + "sites: {}\n"),
      ("removed", "overlays:\n  o:\n   merge:\n" + lines(3_500) { "k\($0): null" } + (0..<3_500).map { "k\($0): 1\n" }.joined()),
      ("aliases", head + "a: &a [" + Array(repeating: "\"${var.x}\"", count: 100).joined(separator: ", ") + "]\nb: &b [" + Array(repeating: "*a", count: 90).joined(separator: ", ")
        + "]\nc: [" + Array(repeating: "*b", count: 90).joined(separator: ", ") + "]\n"),
      ("variables", "variables:\n" + lines(4_000) { "v\($0): { type: text, default: \"${var.v\($0 + 1)}\" }" } + "a: ${var.v0}\n"),
      ("environments", "overlays:\n" + (0..<4_000).map { "  e\($0): { variables: { x: 1 } }\n" }.joined()),
    ]
  }()

  @Test("however large, it is composed in time that grows no faster than the text", arguments: large.map(\.name)) func bounded(_ name: String) throws {
    let text = try #require(Self.large.first { $0.name == name }?.text)
    let document = readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))).document
    try #require(document.root != nil)
    let began = threadTime()
    _ = compose(document, PlanComposition(environment: text.hasPrefix("overlays") ? "o" : nil))
    // Not optimised, and the time of this thread alone: what grows with the square takes minutes.
    #expect(threadTime() - began < 10)
  }

  @Test("the file of an overlay says what it is, and its mistakes are told in it") func files() {
    #expect(composed(overlays: ["merge: {}"]).diagnostics.map(\.code) == ["missing-key", "missing-key"])
    #expect(composed(overlays: ["apiVersion: sie-dr/v1\nkind: PlanOverlay\nmerge: { sites: { x: null } }"]).diagnostics.map(\.span?.place) == ["overlay-1.yaml:3:19"])
    #expect(composed(overlays: ["a: ["]).diagnostics.first?.span?.path == "overlay-1.yaml")
  }
}
