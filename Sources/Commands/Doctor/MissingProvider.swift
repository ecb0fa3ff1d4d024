internal import PlanModel
internal import ProviderInterface

/// A step kind that a scenario uses and this version only plans.
struct MissingProvider {
  var kind: StepKindName
  /// Steps by scenario, in the plan's order.
  var users: [String]

  static func all(in plan: TypedPlan) -> [MissingProvider] {
    var found: [MissingProvider] = []
    for scenario in plan.scenarios {
      for step in scenario.steps + [scenario.rollbackBefore, scenario.rollbackAfter].compactMap({ $0 }) {
        let specification = step.specification
        var kinds = [specification.kind]
        if case .step(let undo) = specification.undo { kinds.append(undo.kind) }
        let user = "`\(specification.name)` of `\(scenario.scenario.name.value)`"
        for kind in kinds where plan.kinds[kind]?.isCarriedOut == false {
          if let known = found.firstIndex(where: { $0.kind == kind }) {
            if !found[known].users.contains(user) { found[known].users.append(user) }
          } else {
            found.append(MissingProvider(kind: kind, users: [user]))
          }
        }
      }
    }
    return found
  }

  var outcome: CheckOutcome {
    CheckOutcome(
      kind.rawValue, .failed, "this version cannot carry it out, so `apply` refuses: needed by " + users.joined(separator: ", "),
      helps: ["do the scenario by hand as `sie-dr runbook PLAN` prints it, or write the step as `command.run`"])
  }
}
