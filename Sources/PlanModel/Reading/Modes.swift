internal import Diagnostics
internal import Units
internal import YAMLReading

extension PlanReader {
  /// One scenario for each of its modes, or itself where it has none.
  func modes(of base: Scenario, _ reader: inout MappingReader) -> [Scenario] {
    func mode(_ name: Located<ModeName>, _ reader: consuming MappingReader) -> Scenario? {
      let what = reader.what
      var scenario = base.reduced(to: name.value)
      scenario.name = Located(ScenarioName(base.name.value, mode: name.value), at: name.span)
      if let description = reader.text("description") { scenario.description = description.value }
      if let node = reader.node("loses") { scenario.loses = losses(node, what) }
      if let node = reader.node("detect") { scenario.detection = detection(node, what) }
      if let decide = reader.timeSpan("decide") { scenario.decide = decide }
      if let node = reader.node("trigger") { scenario.triggeredBy = trigger(node, what) }
      if let node = reader.node("approve") { scenario.approval = approval(node, what) }
      reader.finish()
      return scenario
    }
    let modes = entries(&reader, "modes", "mode", mode)
    let known = Set(modes.map(\.name.value))
    for only in base.steps.flatMap(\.only) + base.choices.flatMap(\.only) where !known.contains(ScenarioName(base.name.value, mode: only.value)) {
      collector.add(
        Diagnostic(
          "unknown-reference", "`\(base.name.value)` has no mode `\(only.value)`", at: only.span, label: "not defined in this scenario",
          helps: [modes.isEmpty ? "add `modes: { \(only.value): {} }` to the scenario" : "it has " + modes.map { "`\($0.name.value.rawValue.split(separator: "/").last ?? "")`" }.joined(separator: ", ")]))
    }
    return modes.isEmpty ? [base] : modes
  }

  func provisional(_ node: YAMLNode?, _ what: String) -> Located<Provisional>? {
    guard let node, var reader = MappingReader(node, "`provisional` of \(what)", collector) else { return nil }
    if reader.node("for") == nil { _ = reader.required("for", example: "30m") }
    if reader.node("then") == nil { _ = reader.required("then", example: "rollback") }
    let (duration, ending) = (reader.positiveTimeSpan("for"), reader.choice("then", of: Provisional.Ending.self))
    reader.finish()
    guard let duration, let ending else { return nil }
    return Located(Provisional(duration: duration.value, ending: ending.value), at: node.span)
  }
}
