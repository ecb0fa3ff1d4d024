internal import Diagnostics
internal import Units
internal import YAMLReading

/// What a variable may hold.
enum VariableType: String, CaseIterable {
  case text, integer, boolean, duration, size, rate

  /// What such a value looks like.
  var example: String {
    switch self {
    case .text: "text"
    case .integer: "a whole number"
    case .boolean: "true or false"
    case .duration: "a length of time with its unit, such as `90s` or `1h30m`"
    case .size: "a size with its unit, such as `120GB`"
    case .rate: "a rate, such as `200MB/s`"
    }
  }

  func holds(_ scalar: YAMLScalar) -> Bool {
    switch self {
    case .text: !scalar.isPlain || scalar.coreType != .null
    case .integer: scalar.coreType == .int && Int(scalar.text) != nil
    case .boolean: if case .bool = scalar.coreType { true } else { false }
    case .duration: TimeSpan(scalar.text) != nil
    case .size: ByteCount(scalar.text) != nil
    case .rate: ByteRate(scalar.text) != nil
    }
  }
}

/// Their names, as they are written.
public let variableTypes = VariableType.allCases.map(\.rawValue)

/// One of the plan's `variables`.
struct Variable {
  var name: String
  var span: SourceSpan
  var type: VariableType
  /// What it may be; nil: anything of its type.
  var choices: [String]?
  var initial: YAMLNode?

  /// Why this is no value for it; nil where it is one.
  func problem(with value: YAMLNode) -> Diagnostic? {
    let shown = value.scalar.map { $0.text.isEmpty ? "empty" : "`\($0.text)`" } ?? value.kindName
    let declared = [Diagnostic.Related(span: span, label: "declared here")]
    guard let scalar = value.scalar, type.holds(scalar) else {
      return Diagnostic(
        PlanCode.wrongVariable.code, "the variable `\(name)` is \(shown)", at: value.span, label: "expected \(type.example)", related: declared)
    }
    guard let choices, !choices.contains(scalar.text) else { return nil }
    let near = nearestNames(to: scalar.text, in: choices).map { "`\($0)`" }
    return Diagnostic(
      PlanCode.wrongVariable.code, "the variable `\(name)` is \(shown)", at: value.span, label: "expected one of " + choices.map { "`\($0)`" }.joined(separator: ", "),
      related: declared, helps: near.isEmpty ? [] : ["did you mean \(near.joined(separator: " or "))?"])
  }
}

extension Variable {
  /// The section `variables`, in its order.
  static func all(in section: YAMLNode?, _ collector: DiagnosticCollector) -> [Variable] {
    Composing.entries(section, "variables", atMost: 256, collector).compactMap { member in
      if let problem = Name<Variable>.problem(in: member.key) {
        collector.add(Diagnostic(PlanCode.wrongName.code, "`\(member.key)` is not a name for a variable", at: member.keySpan, label: problem))
      }
      guard var reader = MappingReader(member.value, "the variable `\(member.key)`", collector) else { return nil }
      let isTyped = reader.required("type", example: "size") != nil
      let type = reader.choice("type", of: VariableType.self)
      let variable = Variable(
        name: member.key, span: member.keySpan, type: type?.value ?? .text, choices: reader.texts("oneOf")?.map(\.value), initial: reader.node("default"))
      _ = reader.text("description")
      reader.finish()
      return isTyped && type == nil ? nil : variable
    }
  }
}
