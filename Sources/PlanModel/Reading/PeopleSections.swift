internal import Diagnostics
internal import Units
internal import YAMLReading

/// What a plan says to people: who is told, which exercises are held, what is owed afterwards, who must agree.
extension PlanReader {
  func audience(_ name: Located<AudienceName>, _ reader: consuming MappingReader) -> Audience? {
    let found = oneOf(Audience.Channel.allCases.map(\.rawValue), &reader, example: "slack: \"#incidents\"")
    let place = found.flatMap { reader.text($0.key) }
    let cadence = oneOf(["every", "on"], &reader, example: "every: 15m")
    let every = cadence?.key == "every" ? reader.positiveTimeSpan("every") : nil
    let occasion = cadence?.key == "on" ? reader.choice("on", of: Audience.Occasion.self) : nil
    let template = reader.text("template")?.value
    reader.finish()
    guard let channel = found.flatMap({ Audience.Channel(rawValue: $0.key) }), let place else { return nil }
    guard let updates = every.map(Audience.Updates.every) ?? occasion.map({ .on($0.value) }) else { return nil }
    return Audience(name: name, channel: channel, place: place, updates: updates, template: template)
  }

  func drill(_ name: Located<DrillName>, _ reader: consuming MappingReader) -> Drill? {
    if reader.node("kind") == nil { _ = reader.required("kind", example: "restore") }
    let kind = reader.choice("kind", of: Drill.Kind.self)?.value
    let scenarios: [Located<ScenarioName>] = nonEmpty("scenarios", &reader, example: "[SCENARIO]")
    if reader.node("every") == nil { _ = reader.required("every", example: "30d") }
    let every = reader.positiveTimeSpan("every")
    let first = reader.date("first")
    let description = reader.text("description")?.value
    reader.finish()
    guard let kind, let every else { return nil }
    return Drill(name: name, kind: kind, scenarios: scenarios, every: every, first: first, description: description)
  }

  func postIncident(_ top: inout MappingReader) -> PostIncident? {
    guard let node = top.node("postIncident"), var reader = MappingReader(node, "`postIncident`", collector) else { return nil }
    let duties = PostIncident.Duty.Kind.allCases.compactMap { kind -> PostIncident.Duty? in
      guard let node = reader.node(kind.rawValue), var duty = MappingReader(node, "`\(kind.rawValue)` of `postIncident`", collector) else { return nil }
      let read = PostIncident.Duty(kind: kind, within: duty.positiveTimeSpan("within")?.value, by: duty.text("by")?.value, place: duty.text("in")?.value)
      duty.finish()
      return read
    }
    reader.finish()
    return PostIncident(duties: duties.enumerated().sorted { ($0.element.within ?? .longest, $0.offset) < ($1.element.within ?? .longest, $1.offset) }.map(\.element))
  }

  /// `approve: { by: […], atLeast: 2, within: 15m }`.
  func approval(_ node: YAMLNode?, _ what: String) -> Approval? {
    guard let node, var reader = MappingReader(node, "`approve` of \(what)", collector) else { return nil }
    let approvers = people(&reader)
    let atLeast = reader.integer("atLeast", in: 1...100)
    if let atLeast, !approvers.isEmpty, atLeast.value > approvers.count {
      collector.add(
        Diagnostic(
          "wrong-value", "\(reader.what) needs \(atLeast.value) of \(approvers.count)", at: atLeast.span, label: "more than may approve",
          helps: ["name more people, or ask for at most \(approvers.count)"]))
    }
    if reader.node("within") == nil { _ = reader.required("within", example: "15m") }
    let within = reader.timeSpan("within")
    let breakGlass = reader.node("breakGlass").flatMap { self.breakGlass($0, what) }
    reader.finish()
    return within.map { Approval(approvers: approvers, atLeast: atLeast?.value ?? 1, within: $0, breakGlass: breakGlass) }
  }

  /// `breakGlass: { by: [on-call], within: 5m }`.
  private func breakGlass(_ node: YAMLNode, _ what: String) -> Approval.BreakGlass? {
    guard var reader = MappingReader(node, "`breakGlass` of \(what)", collector) else { return nil }
    let people = people(&reader)
    if reader.node("within") == nil { _ = reader.required("within", example: "5m") }
    let within = reader.timeSpan("within")
    reader.finish()
    return within.map { Approval.BreakGlass(people: people, within: $0) }
  }

  /// `trigger: { by: […] }`.
  func trigger(_ node: YAMLNode?, _ what: String) -> [Located<String>] {
    guard let node, var reader = MappingReader(node, "`trigger` of \(what)", collector) else { return [] }
    let people = people(&reader)
    reader.finish()
    return people
  }

  /// `by`: people or roles, each once.
  private func people(_ reader: inout MappingReader) -> [Located<String>] {
    guard let list = reader.required("by", example: "[sre-lead, owner]") else { return [] }
    let people = reader.texts("by") ?? []
    if list.elements?.isEmpty ?? false {
      collector.add(Diagnostic("wrong-value", "`by` of \(reader.what) is empty", at: list.span, label: "expected people or roles", helps: ["write `by: [sre-lead, owner]`"]))
    }
    for (index, person) in people.enumerated() where people[..<index].contains(where: { $0.value == person.value }) {
      collector.add(Diagnostic("named-twice", "`by` of \(reader.what) names `\(person.value)` twice", at: person.span, helps: ["remove one of the two"]))
    }
    return people
  }
}
