internal import Diagnostics
internal import PlanModel
internal import Units

extension Scenario {
  /// Between the disaster and the first step at the latest: `t_detect + t_window + t_decide` (objectives 4.6).
  func beforeRun(in plan: Plan) -> [Term] {
    var terms = detection?.terms(in: plan) ?? []
    if let decide { terms.append(Term("decision", decide.value, .plan(decide.span))) }
    if let approval {
      let glass = approval.breakGlass == nil ? "" : ", or by breaking the glass"
      terms.append(Term("approval by \(approval.atLeast) of \(approval.approvers.count)\(glass)", approval.rule.longest, .plan(approval.within.span)))
    }
    return terms
  }
}

extension Detection {
  /// At worst, if everything that is asked for fails from the disaster on.
  func terms(in plan: Plan) -> [Term] {
    switch self {
    case .probe(let rule): rule.terms(plan.probe(rule.probe.value))
    case .alert(let name, let within, _): [Term("until the alert `\(name.value)`", within.value, .plan(within.span))]
    case .person(let within): [Term("until somebody notices", within.value, .plan(within.span))]
    }
  }
}

extension ProbeRule {
  /// A probe that succeeded just before the disaster was the last: the next begins one period later, and its answer may take the whole time-out. The
  /// k-th failure after it follows k periods later, whatever the phase, and so it is in every place at once.
  fileprivate func terms(_ probe: Probe?) -> [Term] {
    var terms: [Term] = []
    if let probe {
      terms.append(Term("until the next probe", probe.every, .plan(probe.name.span)))
      terms.append(Term("its time-out", probe.timeout, .plan(probe.name.span)))
    }
    switch condition {
    case .failing(let window): terms.append(Term("failing", window.value, .plan(window.span)))
    case .failures(let least, let all, let span):
      terms.append(Term("until \(least) of \(all) have failed", (probe?.every ?? .zero) * Int64(least - 1), .plan(span)))
    }
    if let evaluate { terms.append(Term("until the rule is evaluated", evaluate.value, .plan(evaluate.span))) }
    return terms
  }
}
