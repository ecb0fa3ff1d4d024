public import Diagnostics
internal import Objectives
internal import PlanLinting
internal import PlanModel
internal import Units
public import YAMLReading

/// Reads a test as strictly as a plan. Nil, and said why, where the file is no mapping or names no plan.
public func readPlanTest(_ document: YAMLDocument) -> (test: PlanTest?, diagnostics: [Diagnostic]) {
  let collector = DiagnosticCollector()
  guard let root = document.root, var top = MappingReader(root, "the test", collector) else { return (nil, collector.diagnostics) }
  let reader = PlanTestReader(collector: collector)
  reader.constant("apiVersion", "sie-dr/v1", &top)
  reader.constant("kind", "PlanTest", &top)
  let plan = top.requiredText("plan", example: "my-plan.yaml")
  let now = top.date("now")
  let cases = reader.cases(&top, now: now?.value)
  top.finish()
  return (plan.map { PlanTest(file: document.file, plan: $0, cases: cases) }, collector.diagnostics)
}

private struct PlanTestReader {
  let collector: DiagnosticCollector

  func constant(_ key: String, _ value: String, _ reader: inout MappingReader) {
    guard let found = reader.requiredText(key, example: value), found.value != value else { return }
    collector.add(Diagnostic(PlanCode.wrongValue.code, "`\(key)` is `\(found.value)`", at: found.span, label: "expected `\(value)`"))
  }

  func cases(_ top: inout MappingReader, now: Timestamp?) -> [PlanTestCase] {
    guard let node = top.required("cases", example: "{ region-loss: { scenario: NAME, expect: { rto: { atMost: 4h } } } }"),
      var reader = MappingReader(node, "`cases`", collector)
    else { return [] }
    let members = reader.allMembers()
    if members.isEmpty { collector.add(Diagnostic(PlanCode.missingKey.code, "`cases` holds no case", at: node.span, helps: ["a test without a case proves nothing"])) }
    reader.finish()
    return members.compactMap { member in
      if let problem = Name<PlanTestCase>.problem(in: member.key) {
        collector.add(Diagnostic(PlanCode.wrongName.code, "`\(member.key)` is not a name for a case", at: member.keySpan, label: problem))
      }
      return testCase(Located(member.key, at: member.keySpan), member.value, now)
    }
  }

  private func testCase(_ name: Located<String>, _ node: YAMLNode, _ now: Timestamp?) -> PlanTestCase? {
    guard var reader = MappingReader(node, "the case `\(name.value)`", collector) else { return nil }
    let description = reader.text("description")?.value
    let scenario: Located<ScenarioName>? = reader.name("scenario")
    let date = reader.date("now")?.value ?? now
    let width = reader.integer("parallelism", in: 1...256)?.value ?? defaultParallelism
    let composition = PlanComposition(environment: reader.text("environment")?.value, variables: self.values("variables", &reader))
    let overrides = self.values("set", &reader)
    let expected = reader.required("expect", example: "{ rto: { atMost: 4h } }")
    reader.finish()
    let expectations = expected.map { self.expectations($0, of: name, scenario) } ?? []
    return PlanTestCase(
      name: name, description: description, scenario: scenario, now: date, composition: composition, overrides: overrides, width: width, expectations: expectations)
  }

  private func values(_ key: String, _ reader: inout MappingReader) -> [YAMLOverride] {
    guard let node = reader.node(key), var values = MappingReader(node, "`\(key)`", collector) else { return [] }
    let members = values.allMembers()
    values.finish()
    return members.map { YAMLOverride(address: $0.key, span: $0.keySpan, value: $0.value) }
  }

  private func expectations(_ node: YAMLNode, of name: Located<String>, _ scenario: Located<ScenarioName>?) -> [Expectation] {
    guard var reader = MappingReader(node, "`expect` of `\(name.value)`", collector) else { return [] }
    var found: [Expectation] = []
    if let limits = self.limits("rto", &reader) { found.append(.recovery(limits)) }
    if let limits = self.limits("guaranteed", &reader) { found.append(.guaranteed(limits)) }
    if let node = reader.node("data"), var classes = MappingReader(node, "`data` of `expect`", collector) {
      for member in classes.allMembers() {
        guard var data = MappingReader(member.value, "the data class `\(member.key)`", collector) else { continue }
        let name = Located(DataClassName(rawValue: member.key), at: member.keySpan)
        if let limits = self.limits("rpo", &data) { found.append(.loss(name, limits)) }
        if let limits = self.limits("rto", &data) { found.append(.recoveryOf(name, limits)) }
        data.finish()
      }
      classes.finish()
    }
    if let node = reader.node("steps") { found.append(.steps(names(node, "`steps`").map(\.value), node.span)) }
    if let node = reader.node("criticalPath") { found.append(.criticalPath(names(node, "`criticalPath`").map(\.value), node.span)) }
    if let node = reader.node("order") { found += orders(node) }
    if found.count > 0, scenario == nil {
      collector.add(
        Diagnostic(
          PlanCode.missingKey.code, "the case `\(name.value)` has no `scenario`", at: name.span, label: "its expectations are of one", helps: ["add `scenario: NAME`"]))
    }
    if let node = reader.node("findings"), var findings = MappingReader(node, "`findings`", collector) {
      for (key, isPresent) in [("present", true), ("absent", false)] {
        found += (findings.texts(key) ?? []).map { code -> Expectation in
          check(code)
          return .finding(code, isPresent: isPresent)
        }
      }
      findings.finish()
    }
    reader.finish()
    if found.isEmpty { collector.add(Diagnostic(PlanCode.missingKey.code, "the case `\(name.value)` expects nothing", at: node.span, helps: ["a case without an expectation proves nothing"])) }
    return found
  }

  private func limits(_ key: String, _ parent: inout MappingReader) -> FigureLimits? {
    guard let node = parent.node(key), var reader = MappingReader(node, "`\(key)`", collector) else { return nil }
    let limits = FigureLimits(
      exactly: reader.timeSpan("exactly"), atMost: reader.timeSpan("atMost"), atLeast: reader.timeSpan("atLeast"), unbounded: reader.bool("unbounded"))
    if reader.keys.isEmpty {
      collector.add(Diagnostic(PlanCode.missingKey.code, "`\(key)` expects nothing", at: node.span, helps: ["add `atMost: 4h`, `atLeast`, `exactly` or `unbounded: true`"]))
    }
    reader.finish()
    return limits
  }

  /// `[[a, b], [c, d]]`: each list is an order of its own.
  private func orders(_ node: YAMLNode) -> [Expectation] {
    guard let elements = node.elements else {
      collector.add(Diagnostic(PlanCode.wrongType.code, "`order` is \(node.kindName), not a list of lists", at: node.span, helps: ["write `order: [[first, then]]`"]))
      return []
    }
    return elements.compactMap { element in
      let steps = element.elements == nil ? [] : names(element, "an order")
      guard steps.count > 1 else {
        collector.add(Diagnostic(PlanCode.wrongType.code, "an order is a list of two steps or more", at: element.span, helps: ["write `order: [[first, then]]`"]))
        return nil
      }
      return .order(steps)
    }
  }

  private func names(_ node: YAMLNode, _ what: String) -> [Located<StepName>] {
    guard let elements = node.elements else {
      collector.add(Diagnostic(PlanCode.wrongType.code, "\(what) is \(node.kindName), not a list of steps", at: node.span))
      return []
    }
    return elements.compactMap { element in
      if let text = element.scalar?.text, !text.isEmpty { return Located(StepName(rawValue: text), at: element.span) }
      collector.add(Diagnostic(PlanCode.wrongType.code, "\(what) holds \(element.kindName), not a step", at: element.span))
      return nil
    }
  }

  private func check(_ code: Located<String>) {
    let known = explanations.map(\.code.rawValue)
    guard !known.contains(code.value) else { return }
    let near = nearestNames(to: code.value, in: known)
    collector.add(
      Diagnostic(
        PlanCode.unknownReference.code, "lint has no rule `\(code.value)`", at: code.span,
        helps: [near.isEmpty ? "`sie-dr explain` lists them" : "did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?"]))
  }
}
