internal import Diagnostics
internal import YAMLReading

/// What each variable is: the last value that was given, else its default; values may name other variables.
struct VariableValues {
  private(set) var nodes: [String: YAMLNode] = [:]
  private(set) var places: [String: SourceSpan] = [:]
  private(set) var needsEnvironment = false
  private let collector: DiagnosticCollector

  init(_ variables: [Variable], given: [YAMLMember], environments: [YAMLMember], _ collector: DiagnosticCollector) {
    self.collector = collector
    let last = Dictionary(given.map { ($0.key, $0.value) }) { _, later in later }
    var raw: [String: YAMLNode] = [:]
    for variable in variables {
      raw[variable.name] = last[variable.name] ?? variable.initial
      if raw[variable.name] == nil { missing(variable, environments) }
    }
    var rest = variables.filter { raw[$0.name] != nil }
    let declared = Set(variables.map(\.name))
    // Each round settles those whose values name settled ones only; what is left names itself.
    while !rest.isEmpty {
      let ready = rest.filter { variable in raw[variable.name]?.namedVariables.allSatisfy { nodes[$0] != nil || !declared.contains($0) || raw[$0] == nil } ?? false }
      if ready.isEmpty {
        cycle(rest, raw)
        break
      }
      for variable in ready { settle(variable, raw[variable.name], declared) }
      rest.removeAll { variable in ready.contains { $0.name == variable.name } }
    }
  }

  private mutating func settle(_ variable: Variable, _ node: YAMLNode?, _ declared: Set<String>) {
    guard let node else { return }
    let names = node.namedVariables
    if let unknown = names.subtracting(nodes.keys).sorted().first {
      // One without a value was told of as such.
      if !declared.contains(unknown) {
        collector.add(
          Diagnostic(
            PlanCode.undefinedVariable.code, "the variable `\(unknown)` is named, and the plan has none of that name", at: node.span,
            helps: nearestNames(to: unknown, in: declared.sorted()).prefix(1).map { "did you mean `\($0)`?" }))
      }
      return
    }
    let (value, findings) = names.isEmpty ? (node, []) : node.substituting(nodes)
    collector.add(contentsOf: findings)
    nodes[variable.name] = value
    places[variable.name] = node.span
    // Values that name no other have been checked where they are written.
    if !names.isEmpty, let problem = variable.problem(with: value) { collector.add(problem) }
  }

  private mutating func missing(_ variable: Variable, _ environments: [YAMLMember]) {
    let giving = environments.filter { $0.value["variables"]?.member(variable.name) != nil }.map(\.key)
    needsEnvironment = needsEnvironment || !giving.isEmpty
    collector.add(
      Diagnostic(
        PlanCode.missingVariable.code, "the variable `\(variable.name)` has no value", at: variable.span, label: "no `default`",
        helps: giving.prefix(3).map { "`--environment \($0)` gives it one" } + ["give it one: `--var \(variable.name)=VALUE`, or a `default`"]))
  }

  private func cycle(_ rest: [Variable], _ raw: [String: YAMLNode]) {
    let names = Set(rest.map(\.name))
    // From any of them the way leads into the cycle; what was met twice is on it.
    var way: [String] = []
    var name = rest.map(\.name)[0]
    while !way.contains(name) {
      way.append(name)
      guard let next = raw[name]?.namedVariables.intersection(names).sorted().first else { return }
      name = next
    }
    let loop = Array(way.drop { $0 != name }) + [name]
    collector.add(
      Diagnostic(
        PlanCode.variableCycle.code, "the variable `\(name)` is made from itself: " + loop.map { "`\($0)`" }.joined(separator: " from "), at: raw[name]?.span,
        helps: ["let one of them have a value of its own"]))
  }
}
