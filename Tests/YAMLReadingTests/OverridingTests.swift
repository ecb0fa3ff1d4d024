import Diagnostics
import Testing
@testable import YAMLReading

@Suite("Replaced values") struct OverridingTests {
  static let plan = """
    data:
      orders: &orders
        on: [pg-east, pg-west]
        estimate: { size: 120GB }
      invoices: *orders
    steps:
      restore: { postgresql.restore: { data: orders }, timeout: 1h }
    empty:

    """

  private func replaced(_ options: String...) -> (content: String, spans: [String], diagnostics: [Diagnostic]) {
    let (document, yaml) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(Self.plan.utf8)))
    #expect(yaml == [])
    let overrides = options.enumerated().compactMap { index, text in
      readOverride(SourceFile(path: "--set #\(index + 1)", bytes: Array(text.utf8))).flatMap(\.override)
    }
    #expect(overrides.count == options.count)
    let (after, diagnostics) = document.replacing(overrides)
    let spans = overrides.compactMap { override -> String? in
      override.address.split(separator: ".").reduce(after.root) { node, key in node?[String(key)] }?.span.place
    }
    return (after.root.map(shown) ?? "", spans, diagnostics)
  }

  @Test("a value is replaced, and knows the option it comes from") func scalar() {
    let (content, spans, diagnostics) = replaced("data.orders.estimate.size=500GB")
    #expect(diagnostics == [])
    #expect(content.contains(#"orders={on=["pg-east" "pg-west"] estimate={size="500GB"}}"#))
    #expect(spans == ["--set #1:1:27"])
  }

  @Test("other aliases of the same content keep it") func aliases() {
    let (content, _, diagnostics) = replaced("data.invoices.estimate.size=1GB")
    #expect(diagnostics == [])
    #expect(content.contains(#"orders={on=["pg-east" "pg-west"] estimate={size="120GB"}} invoices={on=["pg-east" "pg-west"] estimate={size="1GB"}}"#))
  }

  @Test("lists, mappings, keys with a dot, list places and new members", arguments: [
    ("data.orders.on=[a, b]", #"orders={on=["a" "b"]"#), ("data.orders.on.1=pg-new", #"on=["pg-east" "pg-new"]"#),
    ("data.orders.estimate={dump: 9m, copy: [1]}", #"estimate={dump="9m" copy=[1i]}"#),
    ("steps.restore.postgresql.restore.data=invoices", #"postgresql.restore={data="invoices"}"#),
    ("data.orders.estimate.dump=9m", #"estimate={size="120GB" dump="9m"}"#), ("empty.here=1", "empty={here=1i}"), ("data.orders.estimate=null", "estimate=null"),
  ]) func shapes(_ option: String, _ expected: String) {
    let (content, _, diagnostics) = replaced(option)
    #expect(diagnostics == [])
    #expect(content.contains(expected), "\(content)")
  }

  @Test("one after the other, the later seeing the earlier") func several() {
    let (content, spans, diagnostics) = replaced("data.orders.estimate={size: 1GB}", "data.orders.estimate.dump=9m")
    #expect(diagnostics == [] && content.contains(#"estimate={size="1GB" dump="9m"}"#))
    #expect(spans == ["--set #1:1:22", "--set #2:1:27"])
  }

  @Test("what the plan does not have is an error with the nearest name, at the option", arguments: [
    ("data.ordres.estimate.size=1GB", "the plan has no `data.ordres`", "did you mean `data.orders`?"),
    ("data.orders.protect.often.every=1h", "the plan has no `data.orders.protect`", "it has `on`, `estimate`"),
    ("data.orders.on.7=x", "the plan has no `data.orders.on.7`", "it has `0`, `1`"),
    ("data.orders.estimate.size.deep=x", "the plan has no `data.orders.estimate.size.deep`", "`data.orders.estimate.size` holds a single value, or nothing"),
  ]) func unknown(_ option: String, _ summary: String, _ help: String) {
    let (content, _, diagnostics) = replaced(option)
    #expect(diagnostics.map(\.summary) == [summary] && diagnostics.first?.helps.first == help, "\(diagnostics)")
    #expect(diagnostics.first?.code == YAMLCode.unknownAddress.code && diagnostics.first?.span?.place == "--set #1:1:1")
    #expect(content.contains(#"size="120GB""#))
  }

  @Test("an option without an address or a value is none", arguments: ["data", "=1", "a=", "a=  ", "a=1\nb: 2"]) func malformed(_ text: String) {
    #expect(readOverride(SourceFile(path: "--set #1", bytes: Array(text.utf8))) == nil)
  }

  @Test("a value that is no YAML is told of where it stands") func broken() throws {
    let read = try #require(readOverride(SourceFile(path: "--set #1", bytes: Array("scenarios.x.loses.sites=[a, b".utf8))))
    #expect(read.override == nil)
    #expect(read.diagnostics.map(\.code) == [YAMLCode.unclosed.code] && read.diagnostics.first?.related.first?.span.start.column == 25)
  }

  @Test("aliases cannot make a document grow without end") func bounded() {
    let bomb = "a: &a [1, 1, 1, 1, 1, 1, 1, 1]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n"
    let (document, _) = readYAML(SourceFile(path: "bomb.yaml", bytes: Array(bomb.utf8)))
    var limits = YAMLLimits()
    limits.expandedNodes = 100
    let overrides = document.root?["c"].map { [YAMLOverride(address: "d", span: $0.span, value: $0)] } ?? []
    #expect(document.replacing(overrides, limits: limits).diagnostics.map(\.code) == [YAMLCode.tooManyNodes.code])
  }
}
