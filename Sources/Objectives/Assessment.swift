public import Diagnostics
public import PlanModel
public import ProviderInterface
public import Scheduling
public import Units

/// What a plan can lose and how long it takes to come back, for every data class and scenario: the figures behind `lint`, `plan` and reports.
public struct Assessment: Sendable {
  public var scenarios: [ScenarioAssessment]
  public var protections: [ProtectionAssessment]
}

public struct ProtectionAssessment: Sendable {
  public var dataClass: DataClass
  public var backup: PeriodicBackup
}

public struct ScenarioAssessment: Sendable {
  public var typed: TypedScenario
  public var survival: Survival
  /// Nil: a cycle stands in the way, or there are no steps.
  public var recovery: Recovery?
  public var cycle: GraphCycle?
  public var classes: [ClassAssessment]
  public var scenario: Scenario { typed.scenario }

  /// The way back to a verified service.
  public struct Recovery: Sendable {
    public var network: StepNetwork
    public var timeline: Timeline
    /// Before the first step: detection, decision, approval.
    public var beforeRun: [Term]
    /// All of that, then the critical path.
    public var expected: Figure
    /// However long each step takes, up to all its attempts timing out.
    public var guaranteed: TimeSpan
    public var bounds: ScheduleBounds
    /// Of the scenario's name.
    public var span: SourceSpan
  }
}

/// One data class in one scenario that touches it.
public struct ClassAssessment: Sendable {
  public enum Cause: Sendable { case lost, corrupted(Corruption) }
  /// One way to get the data back.
  public struct Candidate: Sendable {
    public var backup: PeriodicBackup
    public var store: StoreName
    public var figure: Figure
  }
  public var dataClass: DataClass
  public var cause: Cause
  /// What survives, best first.
  public var candidates: [Candidate]
  public var loss: WorstCase
  public var lossTarget: Located<TimeSpan>?
  /// From the disaster until the class is back and verified; nil where no step brings it back.
  public var recoveryTime: Figure?
  public var recoveryTarget: Located<TimeSpan>?
  /// What is restored from where the loss is limited.
  public var best: Candidate? { loss.figure == nil ? nil : candidates.first }
}

/// Computes every figure of a plan. Pure: the same plan gives the same figures.
public func assess(_ typed: TypedPlan, width: Int = defaultParallelism) -> Assessment {
  var protections = typed.protection.map { protection in
    ProtectionAssessment(
      dataClass: protection.dataClass,
      backup: PeriodicBackup(
        protection.protection, of: protection.dataClass, in: typed.plan, longest: protection.steps.first?.specification.longest ?? defaultStepTimeout))
  }
  let sharing = RunSharing(protections, width: width)
  for index in protections.indices { sharing.apply(to: &protections[index].backup, at: index) }
  let assessor = Assessor(typed: typed, protections: protections, width: width)
  return Assessment(scenarios: typed.scenarios.map(assessor.assess), protections: protections)
}

private struct Assessor {
  let typed: TypedPlan
  let protections: [ProtectionAssessment]
  let width: Int
  var plan: Plan { typed.plan }

  func assess(_ scenario: TypedScenario) -> ScenarioAssessment {
    let survival = Survival(scenario.scenario, in: plan)
    var result = ScenarioAssessment(typed: scenario, survival: survival, recovery: nil, cycle: nil, classes: [])
    do throws(GraphCycle) {
      let network = try StepNetwork(scenario.steps.map(\.specification))
      if !scenario.steps.isEmpty { result.recovery = recovery(scenario, network) }
    } catch {
      result.cycle = error
    }
    result.classes = plan.dataClasses.compactMap { dataClass in
      cause(of: dataClass, in: scenario.scenario, survival).map { assess(dataClass, $0, survival, result.recovery) }
    }
    return result
  }

  private func cause(of dataClass: DataClass, in scenario: Scenario, _ survival: Survival) -> ClassAssessment.Cause? {
    if let corruption = scenario.corrupts, corruption.dataClasses.contains(where: { $0.value == dataClass.name.value }) { return .corrupted(corruption) }
    return dataClass.servers.contains { survival.servers.contains($0.value) } ? .lost : nil
  }

  private func assess(
    _ dataClass: DataClass, _ cause: ClassAssessment.Cause, _ survival: Survival, _ recovery: ScenarioAssessment.Recovery?
  ) -> ClassAssessment {
    let all = protections.filter { $0.dataClass.name.value == dataClass.name.value }.map(\.backup)
    // Where corruption is noticed late, only a protection whose points are kept that long helps.
    let kept = all.filter { backup in
      guard case .corrupted(let corruption) = cause, let keep = backup.protection.keep else { return true }
      return keep.duration.value >= backup.retentionNeeded(noticedWithin: corruption.noticedWithin, reaction: reaction(recovery)).total
    }
    let backups = kept.isEmpty ? all : kept
    let candidates = backups.flatMap { backup in
      ([backup.protection.store] + backup.protection.copies).map(\.value).filter { !survival.stores.contains($0) }.map { store in
        var figure =
          switch cause {
          case .lost: backup.loss(using: store)
          case .corrupted(let corruption): backup.lossByCorruption(noticedWithin: corruption.noticedWithin, using: store)
          }
        // A point of another protection can be newer at that moment.
        figure.isBound = figure.isBound || all.count > 1
        return ClassAssessment.Candidate(backup: backup, store: store, figure: figure)
      }
    }.sorted { $0.figure.total < $1.figure.total }
    let loss: WorstCase =
      if let best = candidates.first, !kept.isEmpty { .bounded(best.figure) }
      else if !candidates.isEmpty { .unbounded(reason: "no point is kept until it is noticed and repaired") }
      else if backups.isEmpty { .unbounded(reason: "nothing protects `\(dataClass.name.value)`") }
      else { .unbounded(reason: "no store that holds its points survives") }
    return ClassAssessment(
      dataClass: dataClass, cause: cause, candidates: candidates, loss: loss, lossTarget: dataClass.objectives.rpo ?? plan.objectives.rpo,
      recoveryTime: recovery.flatMap { recoveryTime(of: dataClass, $0) }, recoveryTarget: dataClass.objectives.rto ?? plan.objectives.rto)
  }

  /// From the notice until the restore has read the point, at the longest.
  private func reaction(_ recovery: ScenarioAssessment.Recovery?) -> [Term] {
    recovery.map { [Term("recovery", $0.guaranteed, .plan($0.span))] } ?? []
  }

  private func recovery(_ scenario: TypedScenario, _ network: StepNetwork) -> ScenarioAssessment.Recovery {
    let durations = scenario.steps.map { $0.estimated?.amount ?? $0.specification.longest }
    let timeline = network.timeline(durations: durations, width: width)
    let before = beforeRun(scenario.scenario)
    let path = timeline.criticalPath.map { step(scenario.steps[$0]) }
    let bounds = network.guaranteed(width: width)
    return ScenarioAssessment.Recovery(
      network: network, timeline: timeline, beforeRun: before, expected: Figure(before + path), guaranteed: Figure(before).total + bounds.guaranteed,
      bounds: bounds, span: scenario.scenario.name.span)
  }

  private func step(_ step: TypedStep) -> Term {
    let name = "`\(step.specification.name)`"
    return step.estimated.map { Term(name, $0.amount, .init($0.span, in: plan)) } ?? Term(name, step.specification.longest, .timeout(step.timeoutSpan))
  }

  /// `t_detect + t_window + t_decide` (objectives 4.6): a probe fails at the latest one period and one time-out after the disaster.
  private func beforeRun(_ scenario: Scenario) -> [Term] {
    var terms: [Term] = []
    switch scenario.detection {
    case .probe(let name, let failing):
      if let probe = plan.probe(name.value) {
        terms.append(Term("until the next probe", probe.every, .plan(probe.name.span)))
        terms.append(Term("its time-out", probe.timeout, .plan(probe.name.span)))
      }
      terms.append(Term("failing", failing.value, .plan(failing.span)))
    case .person(let within): terms.append(Term("until somebody notices", within.value, .plan(within.span)))
    case nil: break
    }
    if let decide = scenario.decide { terms.append(Term("decision", decide.value, .plan(decide.span))) }
    if let approval = scenario.approval {
      terms.append(Term("approval by \(approval.atLeast) of \(approval.approvers.count)", approval.within.value, .plan(approval.within.span)))
    }
    return terms
  }

  private func recoveryTime(of dataClass: DataClass, _ recovery: ScenarioAssessment.Recovery) -> Figure? {
    guard let last = recovery.lastStep(bringingBack: dataClass) else { return nil }
    let end = recovery.timeline.entries[last].end
    return Figure(recovery.beforeRun + [Term("steps up to `\(recovery.network.steps[last].name)`", end, .plan(dataClass.name.span))])
  }
}

extension ScenarioAssessment.Recovery {
  /// The last to end of the steps that bring the class back or verify what was brought back.
  func lastStep(bringingBack dataClass: DataClass) -> Int? {
    let steps = network.steps
    let restoring = steps.indices.filter { steps[$0].footprint.recovers == dataClass.name.value.rawValue }
    guard !restoring.isEmpty else { return nil }
    let written = restoring.reduce(into: Set<Resource>()) { $0.formUnion(steps[$1].footprint.writes) }
    let verifying = steps.indices.filter { !steps[$0].footprint.verifies.isDisjoint(with: written) }
    return (restoring + verifying).max { timeline.entries[$0].end < timeline.entries[$1].end }
  }
}
