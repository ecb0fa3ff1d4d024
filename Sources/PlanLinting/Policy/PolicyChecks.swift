internal import Diagnostics
internal import PlanModel
internal import Units

extension LintPolicy {
  /// What the plan owes it.
  func findings(in plan: Plan) -> [Diagnostic] {
    objectives(plan) + plan.dataClasses.flatMap { protections($0, plan) } + plan.scenarios.flatMap { approvers($0) + drills($0, plan) }
  }

  private func finding<Value>(
    _ code: PolicyCode, _ summary: String, at span: SourceSpan, _ asked: Located<Value>, label: String = "", help: String
  ) -> Diagnostic {
    Diagnostic(code.code, summary, at: span, label: label, related: [.init(span: asked.span, label: "asked for here")], helps: [help])
  }

  private func objectives(_ plan: Plan) -> [Diagnostic] {
    func check(_ key: String, _ allowed: Located<TimeSpan>?, _ target: (RecoveryObjectives) -> Located<TimeSpan>?) -> [Diagnostic] {
      guard let allowed else { return [] }
      let all = [target(plan.objectives)] + plan.dataClasses.map { target($0.objectives) }
      let weak = all.compactMap { $0 }.filter { $0.value > allowed.value }.map {
        finding(
          .objectives, "the \(key) of \($0.value.rounded) is weaker than the policy allows", at: $0.span, allowed, label: "at most \(allowed.value.rounded)",
          help: "state `\(key): \(allowed.value)` or less, and let lint show what that takes")
      }
      let untold = plan.dataClasses.first { target($0.objectives) == nil }
      guard target(plan.objectives) == nil, let untold else { return weak }
      return weak + [
        finding(.objectives, "`\(untold.name.value)` has no \(key) to meet", at: untold.name.span, allowed, help: "add `objectives: { \(key): \(allowed.value) }` to the plan")
      ]
    }
    return check("rpo", rpo) { $0.rpo } + check("rto", rto) { $0.rto }
  }

  private func protections(_ dataClass: DataClass, _ plan: Plan) -> [Diagnostic] {
    guard !dataClass.protections.isEmpty else {
      guard let asked = copies ?? sites else { return [] }
      return [finding(.copies, "nothing protects `\(dataClass.name.value)`", at: dataClass.name.span, asked, help: "add `protect: { … }`")]
    }
    return dataClass.protections.flatMap { protection -> [Diagnostic] in
      let stores = ([protection.store] + protection.copies).map(\.value)
      let places = Set(stores.compactMap { plan.store($0)?.site?.value })
      let what = "points of `\(dataClass.name.value)` by `\(protection.name.value)` lie in"
      var found: [Diagnostic] = []
      if let copies, stores.count < copies.value {
        found.append(
          finding(.copies, "\(what) \(counted(stores.count, "store"))", at: protection.name.span, copies, label: "at least \(copies.value)", help: "name further stores under `copy`"))
      }
      if let sites, places.count < sites.value {
        found.append(
          finding(
            .sites, "\(what) \(counted(places.count, "site"))", at: protection.name.span, sites, label: "at least \(sites.value)",
            help: "name a store elsewhere under `copy`; a store without `site` counts for none"))
      }
      return found
    }
  }

  private func approvers(_ scenario: Scenario) -> [Diagnostic] {
    let count = scenario.approval?.atLeast ?? 0
    guard let approvers, count < approvers.value else { return [] }
    return [
      finding(
        .approvers, "`\(scenario.name.value)` asks for \(count == 0 ? "no approval" : counted(count, "approval"))", at: scenario.name.span, approvers,
        label: "at least \(approvers.value)", help: "add `approve: { by: [ROLE, …], atLeast: \(approvers.value), within: 15m }`")
    ]
  }

  private func drills(_ scenario: Scenario, _ plan: Plan) -> [Diagnostic] {
    guard let drills else { return [] }
    let held = plan.drills.filter { drill in drill.isPractical && drill.scenarios.contains { $0.value == scenario.name.value } }
    guard let often = held.min(by: { $0.every.value < $1.every.value }) else {
      return [
        finding(
          .drills, "no drill exercises `\(scenario.name.value)`", at: scenario.name.span, drills, label: "at least every \(drills.value.rounded)",
          help: "add a drill with `scenarios: [\(scenario.name.value)]` and `every: \(drills.value)`")
      ]
    }
    guard often.every.value > drills.value else { return [] }
    return [
      finding(
        .drills, "`\(scenario.name.value)` is exercised every \(often.every.value.rounded) by `\(often.name.value)`", at: often.every.span, drills,
        label: "at least every \(drills.value.rounded)", help: "write `every: \(drills.value)`")
    ]
  }

  private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
