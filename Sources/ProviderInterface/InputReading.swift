internal import Diagnostics
public import PlanModel
public import YAMLReading

/// Finds `{ output: STEP.NAME }` in those fields of a step that take inputs.
enum OutputReferences {
  static func find(in fields: YAMLNode, of kind: AnyStepKind) -> [(step: String, output: String, span: SourceSpan)] {
    kind.fields.filter(\.takesInputs).compactMap { fields[$0.name] }.flatMap(find)
  }

  private static func find(in node: YAMLNode) -> [(step: String, output: String, span: SourceSpan)] {
    switch node.content {
    case .scalar: return []
    case .sequence(let elements): return elements.flatMap(find)
    case .mapping(let members):
      if members.count == 1, members[0].key == "output", let scalar = members[0].value.scalar, let (step, output) = split(scalar.text) {
        return [(step, output, members[0].value.span)]
      }
      return members.flatMap { find(in: $0.value) }
    }
  }

  static func split(_ text: String) -> (step: String, output: String)? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    return (String(parts[0]), String(parts[1]))
  }
}

/// A value that may be written out, or be `{ secret: NAME }` or `{ output: STEP.NAME }`.
public func readInput(_ node: YAMLNode, _ what: String, in plan: Plan, _ collector: DiagnosticCollector) -> InputValue? {
  if let scalar = node.scalar {
    guard scalar.coreType != .null || !scalar.isPlain else {
      collector.add(Diagnostic("wrong-value", "\(what) is empty", at: node.span, label: "expected text, `{ secret: NAME }` or `{ output: STEP.NAME }`"))
      return nil
    }
    return .text(scalar.text)
  }
  guard var reader = MappingReader(node, what, collector) else { return nil }
  let secret: Located<SecretName>? = reader.name("secret")
  let output = reader.text("output")
  let outputSpan = reader.span(of: "output")
  reader.finish()
  if let secret {
    if output != nil {
      collector.add(Diagnostic("too-many-keys", "\(what) has both `secret` and `output`", at: outputSpan, label: "only one of the two can be meant"))
      return nil
    }
    if let unknown = unknownReference(secret, "secret", among: plan.secrets.map(\.name)) { collector.add(unknown); return nil }
    return plan.reference(to: secret.value).map(InputValue.secret)
  }
  guard let output else {
    collector.add(Diagnostic("missing-key", "\(what) has neither `secret` nor `output`", at: node.span, helps: ["write text, `{ secret: NAME }` or `{ output: STEP.NAME }`"]))
    return nil
  }
  guard let (step, name) = OutputReferences.split(output.value) else {
    collector.add(Diagnostic("wrong-value", "`\(output.value)` is not the output of a step", at: output.span, label: "expected STEP.NAME"))
    return nil
  }
  return .output(step: StepName(rawValue: step), name: name)
}

extension MappingReader {
  /// A map of names to inputs, such as environment variables.
  public mutating func inputs(_ key: String, in plan: Plan) -> [String: InputValue] {
    guard let node = node(key), var reader = MappingReader(node, "`\(key)` of \(what)", collector) else { return [:] }
    var inputs: [String: InputValue] = [:]
    for member in reader.allMembers() {
      inputs[member.key] = readInput(member.value, "`\(member.key)` of \(reader.what)", in: plan, collector)
    }
    reader.finish()
    return inputs
  }

  /// A server that must be a PostgreSQL server of the plan.
  public mutating func postgresql(_ key: String, in plan: Plan) -> PostgreSQLReference? {
    guard let name: Located<ServerName> = requiredText(key, example: "SERVER").map({ $0.map { ServerName(rawValue: $0) } }) else { return nil }
    if let problem = plan.problem(with: name, as: .postgresql) { collector.add(problem); return nil }
    return plan.postgresql(name.value)
  }

  public mutating func dataClass(_ key: String, in plan: Plan) -> DataClass? {
    guard let name: Located<DataClassName> = requiredText(key, example: "DATA-CLASS").map({ $0.map { DataClassName(rawValue: $0) } }) else { return nil }
    if let unknown = unknownReference(name, "data class", among: plan.dataClasses.map(\.name)) { collector.add(unknown); return nil }
    return plan.dataClass(name.value)
  }
}
