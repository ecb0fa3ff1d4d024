public import Diagnostics

/// Every name that is used must be defined: an unknown one is an error with the nearest names and the place where they are defined.
struct ReferenceChecker {
  let plan: Plan
  let collector: DiagnosticCollector

  func check() {
    for secret in plan.secrets { refer(secret.site, "site", sites) }
    refer(plan.state?.site, "site", sites)
    for server in plan.servers {
      refer(server.site, "site", sites)
      server.secrets.forEach { refer($0, "secret", secrets) }
    }
    for store in plan.stores {
      refer(store.site, "site", sites)
      refer(store.credentials, "secret", secrets)
    }
    checkServerKinds()
    refer(plan.watch?.key, "secret", secrets)
    for probe in plan.probes {
      if case .prometheus(let query) = probe.check { refer(query.key, "secret", secrets) }
    }
    for dataClass in plan.dataClasses {
      dataClass.servers.forEach { refer($0, "server", servers) }
      refer(dataClass.home, "server", servers)
      checkHome(of: dataClass)
      refer(dataClass.identity, "secret", secrets)
      for protection in dataClass.protections {
        refer(protection.store, "store", stores)
        protection.copies.forEach { refer($0, "store", stores) }
        if case .secret(let name) = protection.ping { refer(name, "secret", secrets) }
      }
      for protection in dataClass.continuous { check(protection, of: dataClass) }
      checkOrigin(of: dataClass)
    }
    plan.scenarios.forEach(check)
    plan.consistency.forEach(check)
    plan.communication.forEach(check)
    for drill in plan.drills { drill.scenarios.forEach { refer($0, "scenario", plan.scenarios.map(\.name)) } }
  }

  private func check(_ scenario: Scenario) {
    scenario.loses.sites.forEach { refer($0, "site", sites) }
    scenario.loses.servers.forEach { refer($0, "server", servers) }
    scenario.loses.stores.forEach { refer($0, "store", stores) }
    scenario.loses.secrets.forEach { refer($0, "secret", secrets) }
    scenario.corrupts?.dataClasses.forEach { refer($0, "data class", plan.dataClasses.map(\.name)) }
    if let rule = scenario.detection?.rule {
      refer(rule.probe, "probe", plan.probes.map(\.name))
      rule.from.forEach { refer($0, "site", sites) }
    }
    let steps = scenario.nameable
    let known = Set(steps.map(\.value))
    func check(_ needs: [Located<StepName>], of step: StepName) {
      for need in needs {
        if !known.contains(need.value) { refer(need, "step", steps) }
        if !scenario.choices.isEmpty, let problem = scenario.problem(with: need, takenBy: step) { collector.add(problem) }
      }
    }
    for step in scenario.steps {
      check(step.needs, of: step.name.value)
      checkUses(of: step)
    }
    for choice in scenario.choices { check(choice.needs, of: choice.name.value) }
  }

  private func checkHome(of dataClass: DataClass) {
    guard let home = dataClass.home, plan.server(home.value) != nil, !dataClass.servers.contains(where: { $0.value == home.value }) else { return }
    collector.add(
      Diagnostic(
        "wrong-value", "the home of `\(dataClass.name.value)`, `\(home.value)`, is not one of the servers where it can live", at: home.span,
        helps: ["add `\(home.value)` to `on`, or name one of `on`"]))
  }

  var sites: [Located<SiteName>] { plan.sites.map(\.name) }
  var secrets: [Located<SecretName>] { plan.secrets.map(\.name) }
  var servers: [Located<ServerName>] { plan.servers.map(\.name) }
  var stores: [Located<StoreName>] { plan.stores.map(\.name) }

  func refer<Of>(_ name: Located<Name<Of>>?, _ noun: String, _ defined: [Located<Name<Of>>]) {
    guard let name, let diagnostic = unknownReference(name, noun, among: defined) else { return }
    collector.add(diagnostic)
  }
}

/// The finding for a name that nothing bears, or nil where it is defined.
public func unknownReference<Of>(_ name: Located<Name<Of>>, _ noun: String, among defined: [Located<Name<Of>>]) -> Diagnostic? {
  guard !defined.contains(where: { $0.value == name.value }) else { return nil }
  let near = nearestNames(to: name.value.rawValue, in: defined.map(\.value.rawValue))
  let related = near.first.flatMap { best in defined.first { $0.value.rawValue == best } }
    .map { [Diagnostic.Related(span: $0.span, label: "`\($0.value)` is defined here")] } ?? []
  let help =
    if !near.isEmpty { "did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?" }
    else if defined.isEmpty { "the plan defines no \(noun) yet" }
    else { "defined are " + defined.map { "`\($0.value)`" }.joined(separator: ", ") }
  return Diagnostic("unknown-reference", "there is no \(noun) `\(name.value)`", at: name.span, label: "not defined in this plan", related: related, helps: [help])
    // The nearest name may be the wrong server all the same.
    .fixed(by: near.count == 1 ? Diagnostic.Fix(name.span, near[0], isSafe: false) : nil)
}
