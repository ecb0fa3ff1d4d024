public import Diagnostics

/// What is missing besides: what if this person cannot be reached, or this site is lost too?
public struct Absence: Sendable {
  public enum Kind: String, Sendable, CaseIterable { case person, site, server, store, secret }
  public var kind: Kind
  public var name: Located<String>
  public init(_ kind: Kind, _ name: Located<String>) { self.kind = kind; self.name = name }
}

extension Plan {
  /// The plan where all of these are missing: each scenario loses them besides, and the people among them start and approve nothing.
  public func without(_ absences: [Absence]) -> (plan: Plan, diagnostics: [Diagnostic]) {
    guard !absences.isEmpty else { return (self, []) }
    var plan = self
    var diagnostics: [Diagnostic] = []
    for absence in absences {
      let known = names(absence.kind)
      guard known.contains(absence.name.value) else {
        let near = nearestNames(to: absence.name.value, in: known)
        diagnostics.append(
          Diagnostic(
            "unknown-reference", "the plan has no \(absence.kind.rawValue) `\(absence.name.value)`", at: absence.name.span,
            helps: [near.isEmpty ? "it has " + known.map { "`\($0)`" }.joined(separator: ", ") : "did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?"]))
        continue
      }
      for index in plan.scenarios.indices { plan.scenarios[index].lose(absence) }
    }
    return (plan, diagnostics + plan.scenarios.compactMap { $0.approvalImpossible(without: absences) })
  }

  /// Who may start or approve anything, each once.
  private var people: [String] {
    var found: [String] = []
    for scenario in scenarios {
      let asked = scenario.approvals.flatMap { $0.approvers + ($0.breakGlass?.people ?? []) }
      for person in scenario.triggeredBy + asked where !found.contains(person.value) { found.append(person.value) }
    }
    return found
  }

  private func names(_ kind: Absence.Kind) -> [String] {
    switch kind {
    case .person: people
    case .site: sites.map(\.name.value.rawValue)
    case .server: servers.map(\.name.value.rawValue)
    case .store: stores.map(\.name.value.rawValue)
    case .secret: secrets.map(\.name.value.rawValue)
    }
  }
}

extension Approval {
  fileprivate mutating func lose(_ person: String) {
    approvers.removeAll { $0.value == person }
    breakGlass?.people.removeAll { $0.value == person }
  }
}

extension Scenario {
  /// Its own, and those of its steps.
  fileprivate var approvals: [Approval] { [approval].compactMap { $0 } + steps.compactMap(\.approval) }

  fileprivate mutating func lose(_ absence: Absence) {
    func named<Of>() -> Located<Name<Of>> { Located(Name(rawValue: absence.name.value), at: absence.name.span) }
    switch absence.kind {
    case .person:
      triggeredBy.removeAll { $0.value == absence.name.value }
      approval?.lose(absence.name.value)
      for index in steps.indices { steps[index].approval?.lose(absence.name.value) }
    case .site: loses.sites.append(named())
    case .server: loses.servers.append(named())
    case .store: loses.stores.append(named())
    case .secret: loses.secrets.append(named())
    }
  }

  /// Fewer can be asked than must agree.
  fileprivate func approvalImpossible(without absences: [Absence]) -> Diagnostic? {
    let people = absences.filter { $0.kind == .person }
    guard !people.isEmpty, let approval = approvals.first(where: { $0.approvers.count < $0.atLeast && $0.breakGlass?.people.isEmpty ?? true }) else { return nil }
    let missing = people.map { "`\($0.name.value)`" }.joined(separator: ", ")
    return Diagnostic(
      "approval-impossible", "`\(name.value)` needs \(approval.atLeast) to approve, and \(approval.approvers.isEmpty ? "nobody" : "only \(approval.approvers.count)") can without \(missing)",
      at: name.span, label: "nobody may carry it out", helps: ["name a deputy under `approve`, or ask for fewer"])
  }
}
