public import Diagnostics
internal import PlanModel
internal import Units
internal import YAMLReading

/// Reads a policy as strictly as a plan. One with diagnostics must not be used: nobody may believe that it asks for what it does not.
public func readPolicy(_ file: SourceFile) -> (policy: LintPolicy, diagnostics: [Diagnostic]) {
  let (document, yaml) = readYAML(file)
  let collector = DiagnosticCollector()
  var policy = LintPolicy(file: file)
  if let root = document.root, var top = MappingReader(root, "the policy", collector) {
    readHeader(&top, kind: "LintPolicy")
    PolicyReader(collector: collector).read(&top, into: &policy)
    top.finish()
  }
  return (policy, (yaml + collector.diagnostics).sorted())
}

private struct PolicyReader {
  let collector: DiagnosticCollector

  func read(_ top: inout MappingReader, into policy: inout LintPolicy) {
    if let node = top.node("require"), var required = MappingReader(node, "`require`", collector) {
      if let node = required.node("objectives"), var objectives = MappingReader(node, "`objectives` of `require`", collector) {
        policy.rpo = objectives.timeSpan("rpo")
        policy.rto = objectives.timeSpan("rto")
        objectives.finish()
      }
      policy.copies = required.integer("copies", in: 1...20)
      policy.sites = required.integer("sites", in: 1...20)
      policy.approvers = required.integer("approvers", in: 1...20)
      if let node = required.node("drills"), var drills = MappingReader(node, "`drills` of `require`", collector) {
        if drills.node("every") == nil { _ = drills.required("every", example: "90d") }
        policy.drills = drills.positiveTimeSpan("every")
        drills.finish()
      }
      required.finish()
    }
    if let node = top.node("severity"), var levels = MappingReader(node, "`severity`", collector) {
      for key in levels.keys where isRule(Located(key, at: levels.span(of: key)), "weighed") {
        policy.levels[DiagnosticCode(rawValue: key)] = levels.choice(key, of: LintPolicy.Level.self)?.value
      }
      _ = levels.allMembers()
      levels.finish()
    }
    for rule in top.texts("neverIgnore") ?? [] where isRule(rule, "ignored") { policy.neverIgnored[DiagnosticCode(rawValue: rule.value)] = rule.span }
  }

  /// Whether a policy can say something of this rule: what breaks an objective and what gives a secret away is an error everywhere.
  private func isRule(_ name: Located<String>, _ verb: String) -> Bool {
    let code = DiagnosticCode(rawValue: name.value)
    guard !ignorableCodes.contains(code) else { return true }
    if unignorable.contains(code) {
      collector.add(
        Diagnostic(PlanCode.wrongValue.code, "`\(code)` is an error everywhere, and nobody can ignore it", at: name.span, label: "cannot be \(verb)", helps: ["remove it"]))
    } else {
      collector.add(unknownRule(name))
    }
    return false
  }
}
