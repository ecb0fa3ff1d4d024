internal import Diagnostics
internal import Units
internal import YAMLReading

extension PlanReader {
  func detection(_ node: YAMLNode?, _ what: String) -> Detection? {
    guard let node, var reader = MappingReader(node, "`detect` of \(what)", collector) else { return nil }
    let detection: Detection? =
      switch oneOf(["probe", "alert", "noticedWithin"], &reader, example: "probe: NAME")?.key {
      case "probe": rule(&reader, at: node.span).map(Detection.probe)
      case "alert": alert(&reader)
      case "noticedWithin": reader.timeSpan("noticedWithin").map { .person(within: $0) }
      default: nil
      }
    reader.finish()
    return detection
  }

  private func alert(_ reader: inout MappingReader) -> Detection? {
    let name = reader.text("alert")
    guard reader.required("within", example: "5m") != nil, let within = reader.timeSpan("within") else { return nil }
    let coolDown = reader.positiveTimeSpan("coolDown")
    return name.map { .alert(name: $0, within: within, coolDown: coolDown) }
  }

  private func rule(_ reader: inout MappingReader, at span: SourceSpan) -> ProbeRule? {
    let condition = condition(&reader)
    let from: [Located<SiteName>] = reader.names("from")
    let agreeing = reader.integer("agreeing", in: 1...100)
    if let agreeing, agreeing.value > max(1, from.count) {
      collector.add(
        Diagnostic(
          "wrong-value", "\(agreeing.value) places must agree, and the probe is asked from \(max(1, from.count))", at: agreeing.span,
          helps: ["name more places under `from`, or ask fewer to agree"]))
    }
    let evaluate = reader.positiveTimeSpan("evaluate")
    let coolDown = reader.positiveTimeSpan("coolDown")
    let probe: Located<ProbeName>? = reader.name("probe")
    guard let condition, let probe else { return nil }
    return ProbeRule(probe: probe, condition: condition, from: from, agreeing: agreeing?.value ?? 1, evaluate: evaluate, coolDown: coolDown, span: span)
  }

  private func condition(_ reader: inout MappingReader) -> ProbeRule.Condition? {
    switch oneOf(["failing", "failures"], &reader, example: "failing: 5m")?.key {
    case "failing": return reader.timeSpan("failing").map(ProbeRule.Condition.failing)
    case "failures":
      guard let node = reader.node("failures"), var fields = MappingReader(node, "`failures` of \(reader.what)", collector) else { return nil }
      _ = fields.required("atLeast", example: "9")
      _ = fields.required("of", example: "10")
      let (least, all) = (fields.integer("atLeast", in: 1...1_000), fields.integer("of", in: 1...1_000))
      fields.finish()
      guard let least, let all else { return nil }
      if least.value > all.value {
        collector.add(
          Diagnostic("wrong-value", "\(least.value) of \(all.value) probes can never have failed", at: least.span, label: "more than `of`", helps: ["write `{ atLeast: 9, of: 10 }`"]))
      }
      return .failures(atLeast: least.value, of: all.value, span: node.span)
    default: return nil
    }
  }
}
