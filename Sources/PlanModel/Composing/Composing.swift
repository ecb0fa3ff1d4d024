internal import Diagnostics
internal import YAMLReading

/// The making of one composed plan.
struct Composing {
  private let collector = DiagnosticCollector()
  private let document: YAMLDocument
  private let composition: PlanComposition
  private let variables: [Variable]
  private let environments: [YAMLMember]
  private let environmentsSpan: SourceSpan?

  init(_ document: YAMLDocument, _ root: YAMLNode, _ composition: PlanComposition) {
    self.document = document
    self.composition = composition
    variables = Variable.all(in: root["variables"], collector)
    environmentsSpan = root.member("overlays")?.keySpan
    environments = Self.entries(root["overlays"], "overlays", atMost: 64, collector)
  }

  /// A section whose keys are names of the author's.
  static func entries(_ section: YAMLNode?, _ key: String, atMost limit: Int, _ collector: DiagnosticCollector) -> [YAMLMember] {
    guard let section, var reader = MappingReader(section, "`\(key)`", collector) else { return [] }
    let members = reader.allMembers()
    reader.finish()
    if members.count > limit {
      collector.add(Diagnostic(PlanCode.wrongValue.code, "`\(key)` has \(members.count) entries", at: members[limit].keySpan, label: "at most \(limit) are possible"))
    }
    return Array(members.prefix(limit))
  }

  func composed() -> ComposedPlan {
    var result = ComposedPlan(
      document: document.without(["variables", "overlays"]), environment: composition.environment, environments: environments.map(\.key), isComposed: true)
    var named = document.namedVariables
    var given: [YAMLMember] = []
    for member in environments {
      if let problem = Name<Overlay>.problem(in: member.key) {
        collector.add(Diagnostic(PlanCode.wrongName.code, "`\(member.key)` is not a name for an environment", at: member.keySpan, label: problem))
      }
      guard let overlay = Overlay(member.value, "the environment `\(member.key)`", collector) else { continue }
      if member.key == composition.environment { lay(overlay, over: &result, &given) } else { check(overlay.variables) }
    }
    if let wanted = composition.environment, !environments.contains(where: { $0.key == wanted }) { collector.add(unknownEnvironment(wanted)) }
    for file in composition.overlays {
      guard let (overlay, document) = Overlay.read(file, collector) else { continue }
      named.formUnion(document.namedVariables)
      lay(overlay, over: &result, &given)
    }
    given += composition.variables.map { YAMLMember(key: $0.address, keySpan: $0.span, value: $0.value) }
    check(given)
    for variable in variables {
      if let initial = variable.initial, initial.namedVariables.isEmpty, let problem = variable.problem(with: initial) { collector.add(problem) }
    }
    let values = VariableValues(variables, given: given, environments: environments, collector)
    result.needsEnvironment = values.needsEnvironment && composition.environment == nil
    result.values = values.places
    let substituted = result.document.substituting(values.nodes) { name, span in undefined(name, at: span, verb: "named") }
    result.document = substituted.document
    for use in substituted.uses { result.uses[use.span] = use }
    // Without their values they are undefined only because something else is wrong with them.
    let declared = Set(variables.map(\.name))
    collector.add(contentsOf: substituted.diagnostics.filter { finding in finding.code != PlanCode.undefinedVariable.code || !declared.contains { finding.names(variable: $0) } })
    for variable in variables where !named.contains(variable.name) {
      collector.add(
        Diagnostic(
          PlanCode.unusedVariable.code, .warning, "no value names the variable `\(variable.name)`", at: variable.span, label: "never used",
          helps: ["write `${var.\(variable.name)}` where it belongs, or remove it"]))
    }
    misspelt()
    result.diagnostics = collector.diagnostics
    if result.diagnostics.contains(where: { $0.severity == .error }) { result.document.root = nil }
    return result
  }

  private func lay(_ overlay: Overlay, over result: inout ComposedPlan, _ given: inout [YAMLMember]) {
    given += overlay.variables
    guard let merge = overlay.merge else { return }
    let (document, findings) = result.document.merging(merge)
    result.document = document
    collector.add(contentsOf: findings)
  }

  /// Values of variables that there are, and of the right kind: also those of environments that nobody asked for.
  private func check(_ given: [YAMLMember]) {
    for member in given where !variables.contains(where: { $0.name == member.key }) {
      collector.add(undefined(member.key, at: member.keySpan, verb: "given a value"))
    }
    for member in given where member.value.namedVariables.isEmpty {
      if let problem = variables.first(where: { $0.name == member.key })?.problem(with: member.value) { collector.add(problem) }
    }
  }

  /// Without the section every reference is wrong, and nobody would read the key that was meant.
  private func misspelt() {
    guard variables.isEmpty, !collector.diagnostics.isEmpty else { return }
    for member in document.root?.members ?? [] where !["variables", "overlays"].contains(member.key) {
      guard let near = nearestNames(to: member.key, in: ["variables", "overlays"]).first else { continue }
      collector.add(Diagnostic(PlanCode.unknownKey.code, "the plan has no key `\(member.key)`", at: member.keySpan, label: "not known here", helps: ["did you mean `\(near)`?"]))
    }
  }

  private func undefined(_ name: String, at span: SourceSpan, verb: String) -> Diagnostic {
    let known = variables.map(\.name)
    let near = nearestNames(to: name, in: known).map { "`\($0)`" }
    let there = known.isEmpty ? "declare it: `variables: { \(name): { type: text, default: … } }`" : "the plan has " + known.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
    return Diagnostic(
      PlanCode.undefinedVariable.code, "the variable `\(name)` is \(verb), and the plan has none of that name", at: span,
      helps: [near.isEmpty ? there : "did you mean \(near.joined(separator: " or "))?"])
  }

  private func unknownEnvironment(_ name: String) -> Diagnostic {
    let known = environments.map(\.key)
    let near = nearestNames(to: name, in: known).map { "`\($0)`" }
    return Diagnostic(
      PlanCode.unknownEnvironment.code, "the plan has no environment `\(name)`", at: environmentsSpan,
      helps: [
        !near.isEmpty ? "did you mean \(near.joined(separator: " or "))?"
          : known.isEmpty ? "environments stand in the plan's `overlays`: it has none" : "it has " + known.map { "`\($0)`" }.joined(separator: ", ")
      ])
  }
}

extension Diagnostic {
  fileprivate func names(variable: String) -> Bool { summary.hasPrefix("the variable `\(variable)` ") }
}
