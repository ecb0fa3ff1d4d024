public import PlanModel
public import ProviderInterface

/// What a disaster takes along, with the sites' contents counted in (objectives 4.4).
public struct Survival: Sendable {
  public let sites: Set<SiteName>
  public let servers: Set<ServerName>
  public let stores: Set<StoreName>
  public let secrets: Set<SecretName>

  /// What `scenario` loses.
  public init(_ scenario: Scenario, in plan: Plan) {
    let sites = Set(scenario.loses.sites.map(\.value))
    func lost<Of, Item>(_ named: [Located<Name<Of>>], _ all: [Item], _ place: (Item) -> (name: Name<Of>, site: SiteName?)) -> Set<Name<Of>> {
      var lost = Set(named.map(\.value))
      guard !sites.isEmpty else { return lost }
      for item in all {
        let (name, site) = place(item)
        if let site, sites.contains(site) { lost.insert(name) }
      }
      return lost
    }
    self.sites = sites
    servers = lost(scenario.loses.servers, plan.servers) { ($0.name.value, $0.site?.value) }
    let secrets = lost(scenario.loses.secrets, plan.secrets) { ($0.name.value, $0.site?.value) }
    // A store that nobody can open any more is lost as well.
    let locked = plan.stores.filter { store in store.credentials.map { secrets.contains($0.value) } ?? false }.map(\.name.value)
    stores = lost(scenario.loses.stores, plan.stores) { ($0.name.value, $0.site?.value) }.union(locked)
    self.secrets = secrets
  }

  /// Why a requirement does not survive, or nil if it does.
  public func loss(of requirement: Requirement, in plan: Plan) -> String? {
    switch requirement {
    case .secret(let name): secrets.contains(name) ? "the secret `\(name)`\(place(plan.secret(name)?.site))" : nil
    case .server(let name): servers.contains(name) ? "the server `\(name)`\(place(plan.server(name)?.site))" : nil
    case .store(let name): stores.contains(name) ? "the store `\(name)`\(whyLost(name, plan))" : nil
    case .anyStore(let names):
      names.isEmpty || names.contains(where: { !stores.contains($0) })
        ? nil : (names.count == 1 ? "the store " : "all of the stores ") + names.map { "`\($0)`\(whyLost($0, plan))" }.joined(separator: ", ")
    }
  }

  /// Whether a step cannot work because of what is lost.
  public func loses(_ step: StepSpecification, in plan: Plan) -> Bool { step.footprint.requires.contains { loss(of: $0, in: plan) != nil } }

  /// With its site, or else with the secret that is lost.
  private func whyLost(_ name: StoreName, _ plan: Plan) -> String {
    let store = plan.store(name)
    let place = place(store?.site)
    guard place.isEmpty, let credentials = store?.credentials, secrets.contains(credentials.value) else { return place }
    return " (its credentials, the secret `\(credentials.value)`\(self.place(plan.secret(credentials.value)?.site)), are lost)"
  }

  private func place(_ site: Located<SiteName>?) -> String {
    guard let site, sites.contains(site.value) else { return "" }
    return " (in `\(site.value)`)"
  }
}
