internal import CanonicalJSON
internal import Diagnostics
internal import PlanModel
internal import ProviderInterface
internal import Units

/// One step of a described kind while its fields are read, and what they come to.
struct DescribedStep {
  let plan: Plan
  private var values: [String: JSONValue] = [:]
  /// What stands in for a field in the name of a resource.
  private var texts: [String: String] = [:]
  private var footprint = Footprint()
  private var estimate: Estimated?

  init(plan: Plan) { self.plan = plan }

  func understood(as kind: KindDescription) -> UnderstoodArguments {
    var footprint = footprint
    footprint.writes.formUnion(kind.writes.compactMap(resource))
    return UnderstoodArguments(
      kind: kind.name, json: .object(values), footprint: footprint, undoAbility: kind.undo, estimate: estimate)
  }

  /// Nil where a field that it names is left out.
  private func resource(_ template: String) -> Resource? {
    var name = ""
    for (index, part) in template.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "{" || $0 == "}" }).enumerated() {
      guard let text = index % 2 == 0 ? String(part) : texts[String(part)] else { return nil }
      name += text
    }
    return .named(name)
  }

  mutating func read(_ field: DescribedField, _ fields: inout MappingReader) {
    if field.isRequired, !fields.contains(field.name) { _ = fields.required(field.name, example: field.example); return }
    if let usual = field.usual, !fields.contains(field.name) { _ = fields.node(field.name); keep(field.name, usual); return }
    let name = field.name
    switch field.value {
    case .text: if let text = fields.text(name) { keep(name, text.value) }
    case .choice(let choices): if let choice = fields.choice(name, of: choices) { keep(name, choice) }
    case .input: input(name, &fields)
    case .inputs: inputs(name, &fields)
    case .server(let kind, let access): server(name, kind, access, &fields)
    case .servers: for server in fields.names(name, of: Server.self) { made(server, name, fields.collector) }
    case .store: store(name, &fields)
    case .dataClass(let role, let kind): dataClass(name, role, on: kind, &fields)
    }
  }

  private mutating func keep(_ name: String, _ text: String) {
    values[name] = .string(text)
    texts[name] = text
  }
}

// MARK: Inputs

extension DescribedStep {
  private mutating func input(_ name: String, _ fields: inout MappingReader) {
    guard let node = fields.node(name), let input = readInput(node, "`\(name)` of \(fields.what)", in: plan, fields.collector) else { return }
    values[name] = try? CanonicalJSON.value(input)
    switch input {
    case .text(let text): texts[name] = text
    case .secret(let secret): texts[name] = "secret \(secret.name)"
    case .output(let step, let output): texts[name] = "\(step).\(output)"
    }
    require(input)
  }

  private mutating func inputs(_ name: String, _ fields: inout MappingReader) {
    let inputs = fields.inputs(name, in: plan)
    values[name] = try? CanonicalJSON.value(inputs)
    inputs.values.forEach { require($0) }
  }

  private mutating func require(_ input: InputValue) {
    if case .secret(let secret) = input { footprint.requires.insert(.secret(secret.name)) }
  }
}

// MARK: What the plan names

extension DescribedStep {
  private mutating func server(_ name: String, _ kind: ServerKind, _ access: DescribedField.Access, _ fields: inout MappingReader) {
    guard let written: Located<ServerName> = fields.name(name) else { return }
    if let problem = plan.problem(with: written, as: kind) { fields.collector.add(problem); return }
    guard let server = plan.servers(of: kind).first(where: { $0.name.value == written.value }) else { return }
    keep(name, server.name.value.rawValue)
    let resource = Resource.server(server.name.value)
    if case .reads = access { footprint.reads.insert(resource) } else { footprint.writes.insert(resource) }
    footprint.requires.insert(.server(server.name.value))
    footprint.requires.formUnion(server.secrets.map { .secret($0.value) })
  }

  private mutating func made(_ server: Located<ServerName>, _ name: String, _ collector: DiagnosticCollector) {
    if let unknown = unknownReference(server, "server", among: plan.servers.map(\.name)) { collector.add(unknown); return }
    footprint.writes.insert(.server(server.value))
    values[name] = .array((values[name]?.array ?? []) + [.string(server.value.rawValue)])
  }

  private mutating func store(_ name: String, _ fields: inout MappingReader) {
    guard let store: Located<StoreName> = fields.name(name) else { return }
    if let unknown = unknownReference(store, "store", among: plan.stores.map(\.name)) { fields.collector.add(unknown); return }
    keep(name, store.value.rawValue)
    footprint.requires.insert(.store(store.value))
  }

  private mutating func dataClass(_ name: String, _ role: DescribedField.Role, on kind: ServerKind, _ fields: inout MappingReader) {
    guard let dataClass = fields.dataClass(name, in: plan) else { return }
    if let other = dataClass.servers.compactMap({ plan.server($0.value) }).first(where: { $0.kindName != kind }) {
      fields.collector.add(
        Diagnostic(
          "wrong-value", "\(fields.what) is for a \(kind.noun), and `\(dataClass.name.value)` lives on `\(other.name.value)`, a \(other.kindName.noun)",
          at: fields.span(of: name), related: [.init(span: dataClass.name.span, label: "the data class")], helps: ["name a data class that lives on a \(kind.noun)"]))
      return
    }
    keep(name, dataClass.name.value.rawValue)
    let (size, estimates) = (dataClass.estimate.size?.value, dataClass.estimate)
    func time(_ pace: Located<Pace>?) -> Estimated? { pace.flatMap { pace in pace.value.time(for: size).map { Estimated($0, at: pace.span) } } }
    switch role {
    case .backsUp:
      footprint.reads.formUnion(dataClass.servers.map { .server($0.value) })
      estimate = time(estimates.dump).map { Estimated($0.amount + (time(estimates.upload)?.amount ?? .zero), at: $0.span) }
    case .restores:
      footprint.reads.formUnion(dataClass.stores.map { .points(of: dataClass.name.value, in: $0) })
      footprint.requires.insert(.anyStore(dataClass.stores))
      if let identity = dataClass.identity { footprint.requires.insert(.secret(identity.value)) }
      footprint.recovers = dataClass.name.value.rawValue
      estimate = time(estimates.restore)
    case .rebuilds: footprint.recovers = dataClass.name.value.rawValue
    }
  }
}

extension DescribedField {
  fileprivate var example: String {
    switch value {
    case .text, .input: "…"
    case .inputs: "{ NAME: { secret: NAME } }"
    case .servers: "[NAME]"
    case .choice(let choices): choices.first ?? ""
    case .server: "SERVER"
    case .store: "STORE"
    case .dataClass: "DATA-CLASS"
    }
  }
}

extension MappingReader {
  fileprivate mutating func choice(_ key: String, of choices: [String]) -> String? {
    guard let text = text(key) else { return nil }
    guard !choices.contains(text.value) else { return text.value }
    let near = nearestNames(to: text.value, in: choices)
    collector.add(
      Diagnostic(
        "wrong-value", "`\(key)` of \(what) is `\(text.value)`", at: text.span, label: "expected one of " + choices.map { "`\($0)`" }.joined(separator: ", "),
        helps: near.isEmpty ? [] : ["did you mean `\(near[0])`?"]))
    return nil
  }
}
