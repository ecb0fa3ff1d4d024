internal import Diagnostics
internal import Units
internal import YAMLReading

/// A file of measurements of one plan, read as strictly as the plan.
func readEvidence(_ document: YAMLDocument, of plan: Plan) -> (runs: [EvidenceRun], diagnostics: [Diagnostic]) {
  let collector = DiagnosticCollector()
  guard let root = document.root, var top = MappingReader(root, "the evidence", collector) else { return ([], collector.diagnostics) }
  let reader = EvidenceReader(plan: plan, collector: collector)
  let isOurs = reader.header(&top)
  let runs = reader.runs(&top)
  top.finish()
  return (isOurs ? runs : [], collector.diagnostics)
}

private struct EvidenceReader {
  let plan: Plan
  let collector: DiagnosticCollector
  var common: PlanReader { PlanReader(collector: collector) }

  /// Whether it is evidence of this plan.
  func header(_ top: inout MappingReader) -> Bool {
    readHeader(&top, kind: "RecoveryEvidence")
    guard let name = top.requiredText("plan", example: plan.metadata.name) else { return false }
    guard name.value != plan.metadata.name else { return true }
    collector.add(
      Diagnostic(
        "wrong-value", "this is evidence of the plan `\(name.value)`, not of `\(plan.metadata.name)`", at: name.span,
        helps: ["name it in that plan's `evidence`, or correct the name"]))
    return false
  }

  func runs(_ top: inout MappingReader) -> [EvidenceRun] {
    guard let node = top.required("runs", example: "[]") else { return [] }
    guard let elements = node.elements else {
      collector.add(Diagnostic("wrong-type", "`runs` is \(node.kindName), not a list", at: node.span, helps: ["write `- { date: …, drill: NAME, outcome: passed }`"]))
      return []
    }
    return elements.compactMap { element in
      guard let reader = MappingReader(element, "a run", collector) else { return nil }
      return run(reader)
    }
  }

  private func run(_ reader: consuming MappingReader) -> EvidenceRun? {
    var reader = reader
    if reader.node("date") == nil { _ = reader.required("date", example: "2026-10-02") }
    let date = reader.date("date")
    let origin = origin(&reader)
    if reader.node("outcome") == nil { _ = reader.required("outcome", example: "passed") }
    let outcome = reader.choice("outcome", of: EvidenceRun.Outcome.self)?.value
    let scenario = scenario(&reader, origin)
    let recovery = reader.positiveTimeSpan("recovery")?.value
    let steps = steps(&reader, of: scenario)
    let data = data(&reader)
    reader.finish()
    guard let date, let origin, let outcome else { return nil }
    return EvidenceRun(date: date, origin: origin, outcome: outcome, scenario: scenario, recovery: recovery, steps: steps, data: data)
  }

  private func origin(_ reader: inout MappingReader) -> EvidenceRun.Origin? {
    guard let found = common.oneOf(["drill", "incident", "benchmark"], &reader, example: "drill: NAME"), let text = reader.text(found.key) else { return nil }
    switch found.key {
    case "drill":
      let name = text.map { DrillName(rawValue: $0) }
      match(name, "drill", among: plan.drills.map(\.name))
      return .drill(name.value)
    case "incident": return .incident(text.value)
    default: return .benchmark(text.value)
    }
  }

  /// A drill of one scenario need not name it again.
  private func scenario(_ reader: inout MappingReader, _ origin: EvidenceRun.Origin?) -> ScenarioName? {
    if let name: Located<ScenarioName> = reader.name("scenario") {
      match(name, "scenario", among: plan.scenarios.map(\.name))
      return name.value
    }
    guard case .drill(let name) = origin, let drill = plan.drill(name), drill.scenarios.count == 1 else { return nil }
    return drill.scenarios.first?.value
  }

  private func steps(_ reader: inout MappingReader, of name: ScenarioName?) -> [StepName: Located<TimeSpan>] {
    guard let node = reader.node("steps"), var steps = MappingReader(node, "`steps` of \(reader.what)", collector) else { return [:] }
    if name == nil {
      collector.add(Diagnostic("missing-key", "\(steps.what) are of no scenario", at: reader.span(of: "steps"), helps: ["add `scenario: NAME` to the run"]))
    }
    let known = name.flatMap(plan.scenario).map { $0.steps.map(\.name) }
    var read: [StepName: Located<TimeSpan>] = [:]
    for key in steps.keys {
      let step = Located(StepName(rawValue: key), at: steps.span(of: key))
      if let known { match(step, "step", among: known) }
      read[step.value] = steps.positiveTimeSpan(key)
    }
    steps.finish()
    return read
  }

  private func data(_ reader: inout MappingReader) -> [DataClassName: [EvidenceRun.Phase: Located<TimeSpan>]] {
    guard let node = reader.node("data"), var classes = MappingReader(node, "`data` of \(reader.what)", collector) else { return [:] }
    var read: [DataClassName: [EvidenceRun.Phase: Located<TimeSpan>]] = [:]
    for key in classes.keys {
      let name = Located(DataClassName(rawValue: key), at: classes.span(of: key))
      match(name, "data class", among: plan.dataClasses.map(\.name))
      guard let node = classes.node(key), var phases = MappingReader(node, "`\(key)` of \(classes.what)", collector) else { continue }
      for phase in EvidenceRun.Phase.allCases { read[name.value, default: [:]][phase] = phases.positiveTimeSpan(phase.rawValue) }
      phases.finish()
    }
    classes.finish()
    return read
  }

  /// History may name what the plan has no longer: that is worth a word, and no reason to refuse the file.
  private func match<Of>(_ name: Located<Name<Of>>, _ noun: String, among known: [Located<Name<Of>>]) {
    guard let unknown = unknownReference(name, noun, among: known) else { return }
    collector.add(
      Diagnostic(
        EvidenceCode.unmatched.code, EvidenceCode.unmatched.severity, "the plan has no \(noun) `\(name.value)`: what was measured of it counts for nothing", at: name.span,
        label: "not in the plan", helps: unknown.helps))
  }
}
