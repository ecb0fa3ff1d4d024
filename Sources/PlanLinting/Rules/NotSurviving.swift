internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import YAMLReading

extension LintRule {
  static let notSurviving = LintRule(
    "not-surviving", .error, "Something that recovery needs is lost in the very disaster it serves.",
    explanation: """
      A recovery point helps only if its store survives the scenario, and a step only if the secrets, servers, stores and Git hosts that it needs do.
      What lies in a lost site is lost with it, the state directory too, if the plan says where that is.
      """,
    formula: """
      usable = its store, its secrets, its servers and repositories, without what the scenario loses and without what lies in the sites that it loses
      """,
    example: """
      `region-loss` loses the site `east`; the only store `near` has `site: east`: no point is left, so the RPO is unbounded. With `copy:
      [far]` in `west` it is what a copy costs.
      """,
    source: """
      velero-io/velero issue 6443, devantler-tech/platform issue 1625: the key of the backups lay in what was lost
      """,
    fix: """
      Copy the points to a store elsewhere, keep the secret with the operators (no `site`), or restore to a server that is not lost.
      """
  ) { context in
    context.assessment.scenarios.flatMap { scenario in
      points(scenario, context.plan) + steps(scenario, context.plan) + state(scenario, context.plan)
    }
  }

  private static func points(_ scenario: ScenarioAssessment, _ plan: Plan) -> [Diagnostic] {
    scenario.classes.compactMap { data in
      guard data.candidates.isEmpty, !data.protections.contains(where: { ($0 as? WALArchive)?.isOutpaced ?? false }), let first = data.protections.first(where: { !($0 is Replica) }) ?? lostReplica(data) else { return nil }
      let places = data.protections.flatMap(\.places).map { "`\($0.value)`" }.joined(separator: ", ")
      let others = plan.stores.filter { !scenario.survival.stores.contains($0.name.value) }.map { "`\($0.name.value)`" }
      let help =
        if first is GitHistory { "add a mirror in another site" }
        else if first is Replica { "add a protection whose points are kept elsewhere, or a replica that survives" }
        else if others.isEmpty { "define a store in another site and add it under `\(first is WALArchive ? "to" : "copy")`" }
        else if first is WALArchive { "add \(others[0]) to `to`: it survives" }
        else { "add `copy: [\(others[0].dropFirst().dropLast())]`, which survives" }
      return Diagnostic(
        "not-surviving", "no recovery point of `\(data.dataClass.name.value)` survives `\(scenario.scenario.name.value)`", at: first.places.first?.span ?? first.span,
        label: "lost in this scenario", related: [.init(span: scenario.scenario.name.span, label: "the scenario that loses \(places)")],
        notes: ["everything is lost: the RPO of this scenario is unbounded"], helps: [help])
    }
  }

  /// That a replica does not help against a corruption is another finding.
  private static func lostReplica(_ data: ClassAssessment) -> (any ProtectionModel)? {
    if case .lost = data.cause { data.protections.first } else { nil }
  }

  private static func steps(_ scenario: ScenarioAssessment, _ plan: Plan) -> [Diagnostic] {
    scenario.typed.steps.flatMap { step -> [Diagnostic] in
      let losses = step.specification.footprint.requires.compactMap { scenario.survival.loss(of: $0, in: plan) }.sorted() + lostRepository(step, scenario.survival, plan)
      // Another way is left: that is what the choice is for.
      if !losses.isEmpty, let place = step.specification.branch, scenario.hasSurvivingBranch(of: place.choice, plan) { return [] }
      return losses.map { lost in
        Diagnostic(
          "not-surviving", "the step `\(step.specification.name)` needs \(lost), lost in `\(scenario.scenario.name.value)`", at: step.span,
          label: "cannot work in this scenario", related: [.init(span: scenario.scenario.name.span, label: "the scenario")],
          helps: ["use one that survives, or keep it where this disaster does not reach"])
      }
    }
  }

  /// A repository is known by what a data class in Git calls it; one behind a secret is unknown.
  private static func lostRepository(_ step: TypedStep, _ survival: Survival, _ plan: Plan) -> [String] {
    guard step.kind.rawValue.hasPrefix("git."), let from = step.step?.fields["from"]?.scalar?.text else { return [] }
    func isLost(_ site: Located<SiteName>?) -> Bool { site.map { survival.sites.contains($0.value) } ?? false }
    return plan.dataClasses.flatMap { data -> [String] in
      guard let git = data.git else { return [] }
      let places = [(remote: git.remote.value, site: git.site)] + git.mirrors.map { (remote: $0.remote.value, site: $0.site) }
      guard let place = places.first(where: { $0.remote == from }), isLost(place.site) else { return [] }
      let surviving = places.first(where: { !isLost($0.site) })
      let left = surviving.map { "; `\($0.remote)` survives" } ?? ""
      return ["the repository `\(from)` (in `\(place.site?.value.rawValue ?? "")`\(left))"]
    }
  }

  /// Without its journal and lock no run begins.
  private static func state(_ scenario: ScenarioAssessment, _ plan: Plan) -> [Diagnostic] {
    guard let state = plan.state, let site = state.site, scenario.survival.sites.contains(site.value), !scenario.typed.steps.isEmpty else { return [] }
    return [
      Diagnostic(
        "not-surviving", "the state directory lies in `\(site.value)`, lost in `\(scenario.scenario.name.value)`", at: state.directory.span,
        label: "journals and the lock are kept here", related: [.init(span: scenario.scenario.name.span, label: "the scenario")],
        helps: ["keep it where this disaster does not reach; a run on another host can be given one by `--state`, and knows nothing of earlier runs there"])
    ]
  }
}

extension ScenarioAssessment {
  fileprivate func hasSurvivingBranch(of choice: StepName, _ plan: Plan) -> Bool {
    let steps = typed.steps.map(\.specification).filter { $0.branch?.choice == choice }
    let lost = Set(steps.filter { survival.loses($0, in: plan) }.map { $0.branch?.number ?? 0 })
    return !Set(steps.map { $0.branch?.number ?? 0 }).subtracting(lost).isEmpty
  }
}
