internal import PlanModel
internal import ProviderInterface
internal import Scheduling
public import Units

extension ScenarioAssessment {
  /// How recovery comes to take longer than the target, for the service or for one data class; nil where it does not.
  public func counterexample(of dataClass: ClassAssessment? = nil, target: TimeSpan) -> Counterexample? {
    guard let recovery, let total = dataClass.map(\.recoveryTime) ?? recovery.expected, total.total > target else { return nil }
    var result = Counterexample()
    result.add(.zero, .disaster, "the disaster")
    var now = detection(recovery, &result)
    if let decide = scenario.decide { now += decide.value; result.add(now, .decided, "it is decided to recover") }
    if let approval = scenario.approval { now += approval.rule.longest; result.add(now, .decided, approval.breakGlass == nil ? "\(approval.atLeast) of \(approval.approvers.count) have approved" : "the glass is broken") }
    let entries = recovery.timeline.entries
    let path = dataClass.map { self.path(of: $0, recovery) } ?? recovery.timeline.criticalPath
    for step in path {
      let entry = entries[step]
      let waited =
        switch entry.reason {
        case .atOnce, .needs: ""
        case .width(let before): ", having waited for `\(recovery.network.steps[before].name)`"
        case .resource(let limit, let before): ", having waited for `\(recovery.network.limits.names[limit])`, which `\(recovery.network.steps[before].name)` used"
        }
      let ends = entry.outcome == .givenUp ? "is given up" : "ends"
      result.add(now + entry.end, .stepEnds, "`\(recovery.network.steps[step].name)` \(ends) after \((entry.end - entry.start).rounded)\(waited)")
    }
    var ready = now + (path.last.map { entries[$0].end } ?? .zero)
    for term in dataClass?.rebuild?.terms ?? [] { ready += term.amount; result.add(ready, .phaseEnds, "the \(term.name) ends after \(term.amount.rounded)") }
    result.add(target, .targetPassed, "the target has passed")
    let what = dataClass.map { "`\($0.dataClass.name.value)`" } ?? "the service"
    result.add(total.total, .outcome, "\(what) is back, \((total.total - target).rounded) too late")
    return result.inOrder()
  }

  /// The chain of steps that decides when the class is back, or what it is made from.
  private func path(of data: ClassAssessment, _ recovery: Recovery) -> [Int] {
    let last = recovery.lastStep(bringingBack: data.rebuild?.source ?? data.dataClass)
    return last.map(recovery.timeline.path) ?? (data.rebuild == nil ? recovery.timeline.criticalPath : [])
  }

  /// Until the disaster is known. The end of it.
  private func detection(_ recovery: Recovery, _ result: inout Counterexample) -> TimeSpan {
    let detection = recovery.beforeRun.dropLast((scenario.decide == nil ? 0 : 1) + (scenario.approval == nil ? 0 : 1))
    let known = Figure(Array(detection)).total
    switch scenario.detection {
    case .probe(let rule):
      let first = Figure(Array(detection.prefix(2))).total
      if first > .zero { result.add(first, .phaseEnds, "the probe `\(rule.probe.value)` fails for the first time, having succeeded just before the disaster") }
      let text =
        switch rule.condition {
        case .failing(let window): "it has been failing for \(window.value.rounded): noticed"
        case .failures(let least, let all, _): "\(least) of \(all) have failed: noticed"
        }
      result.add(known, .noticed, text)
    case .alert(let name, _, _): result.add(known, .noticed, "the alert `\(name.value)` is raised")
    case .person: result.add(known, .noticed, "somebody notices")
    case nil: break
    }
    return known
  }
}

extension Timeline {
  /// The chain of steps that decides when `step` ends.
  func path(to step: Int) -> [Int] {
    var path = [step]
    while let before = entries[path[path.count - 1]].reason.predecessor { path.append(before) }
    return path.reversed()
  }
}
