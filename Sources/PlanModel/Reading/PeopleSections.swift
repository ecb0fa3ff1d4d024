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
    let (template, ending) = (reader.text("template"), reader.text("ending"))
    let isPublic = reader.bool("public")?.value
    let channel = found.flatMap { Audience.Channel(rawValue: $0.key) }
    let ways = ways(channel, place, &reader)
    reader.finish()
    guard let channel, let place else { return nil }
    guard let updates = every.map(Audience.Updates.every) ?? occasion.map({ .on($0.value) }) else { return nil }
    return Audience(
      name: name, channel: channel, place: place, updates: updates, ways: ways, isPublic: isPublic ?? (channel == .statusPage || ways.contains { $0.by == .statusPage }), template: template, ending: ending)
  }

  /// `send`, by the audience's own channel, and `else`, by any.
  private func ways(_ channel: Audience.Channel?, _ place: Located<String>?, _ reader: inout MappingReader) -> [Audience.Way] {
    var ways: [Audience.Way] = []
    let send = reader.node("send")
    if let send, var fields = MappingReader(send, "`send` of \(reader.what)", collector) {
      if let channel, let way = way(channel, place, &fields) { ways.append(way) }
      fields.finish()
    }
    if let second = reader.node("else"), var fields = MappingReader(second, "`else` of \(reader.what)", collector) {
      if send == nil {
        collector.add(Diagnostic("missing-key", "\(reader.what) has `else` and no `send`", at: second.span, label: "the second way of nothing", helps: ["add `send`, or remove it"]))
      }
      if fields.node("by") == nil { _ = fields.required("by", example: "email") }
      if let by = fields.choice("by", of: Audience.Channel.self), let way = way(by.value, nil, &fields) { ways.append(way) }
      fields.finish()
    }
    return ways
  }

  private func way(_ by: Audience.Channel, _ place: Located<String>?, _ fields: inout MappingReader) -> Audience.Way? {
    switch by {
    case .slack: return secretReference("to", &fields).map { Audience.Way(by: by, to: .secret($0)) }
    case .email:
      let to = place == nil ? fields.requiredText("to", example: "all@example.org") : fields.text("to") ?? place
      let (key, from) = (secretReference("key", &fields), fields.text("from"))
      for address in [to, from].compactMap({ $0 }) where address.value.split(separator: "@", omittingEmptySubsequences: false).count != 2 || address.value.contains(" ") {
        collector.add(Diagnostic("wrong-value", "\(fields.what) is by email, and `\(address.value)` is no address", at: address.span, label: "expected an address such as `all@example.org`"))
      }
      guard let to, let key else { return nil }
      return Audience.Way(by: by, to: .text(to), key: key, from: from)
    case .statusPage:
      let to = statusPage(&fields)
      let key = secretReference("key", &fields)
      guard let to, let key else { return nil }
      return Audience.Way(by: by, to: to, key: key)
    case .teams, .phone, .other:
      collector.add(
        Diagnostic(
          "wrong-value", "\(fields.what): a run can send nothing by `\(by.rawValue)`", at: fields.span, label: "expected slack, email or statusPage",
          helps: ["remove it: people tell this audience"]))
      return nil
    }
  }

  private func statusPage(_ fields: inout MappingReader) -> Audience.Way.Place? {
    let example = "https://api.statuspage.io/v1/pages/PAGE"
    guard let node = fields.required("to", example: example) else { return nil }
    guard node.scalar != nil else { return secretReference("to", &fields).map { .secret($0) } }
    guard let url = fields.text("to") else { return nil }
    if !url.value.hasPrefix("https://"), !url.value.hasPrefix("http://") {
      collector.add(Diagnostic("wrong-value", "`to` of \(fields.what) is no URL", at: url.span, label: "expected the page's interface, `\(example)`"))
    }
    return .text(url)
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
