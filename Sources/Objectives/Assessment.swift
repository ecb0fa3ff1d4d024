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
  /// What must be from one moment, where any of it is touched.
  public var groups: [GroupAssessment] = []
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
    /// With every branch that has a deadline given up at it, and all else as expected; nil where there is no choice.
    public var fallback: Figure?
    /// Of the scenario's name.
    public var span: SourceSpan
  }
}

/// One data class in one scenario that touches it.
public struct ClassAssessment: Sendable {
  public enum Cause: Sendable { case lost, corrupted(Corruption) }
  /// One way to get the data back.
  public struct Candidate: Sendable {
    public var protection: any ProtectionModel
    public var place: Place
    public var figure: Figure
    /// Nil where it is no recovery point.
    public var backup: PeriodicBackup? { protection as? PeriodicBackup }
    /// `` `hourly` from west ``.
    public var title: String { "`\(protection.name)` from \(place)" }
    func isSame(as other: Candidate) -> Bool { protection.name == other.protection.name && place == other.place }
  }
  /// Data that is made anew when its source is back.
  public struct Rebuild: Sendable {
    /// The class that a step brings back, or that is not lost; from it the others are derived.
    public var source: DataClass
    /// One class after the other.
    public var terms: [Term]
  }
  public var dataClass: DataClass
  public var cause: Cause
  /// All that protects it and that the scenario's steps can bring it back from.
  public var protections: [any ProtectionModel]
  /// What survives of other protections, which no step uses; best first.
  public var unused: [Candidate] = []
  /// Where it is derived and no step of its own brings it back: what it takes to make it anew, and when its source is back.
  public var rebuild: Rebuild?
  /// What survives, best first.
  public var candidates: [Candidate]
  public var loss: WorstCase
  /// Where branches of a choice bring it back, each in its own way; `loss` is the worst of them.
  public var branches: [BranchLoss] = []
  public var lossTarget: Located<TimeSpan>?
  /// From the disaster until the class is back and verified; nil where no step brings it back.
  public var recoveryTime: Figure?
  public var recoveryTarget: Located<TimeSpan>?
  /// It loses what its source loses and has no target of its own: what is to be said of that has been said of the source.
  public var repeatsItsSource: Bool { dataClass.derivation?.rebuild != nil && dataClass.objectives.rpo == nil }
  /// What is lost if one run more is missed than the plan allows for, or the newest point is no good: beside the figure, never in its place
  /// (objectives 4.2). Nil where no points in runs are used.
  public var lossWithOneMiss: TimeSpan? {
    guard let figure = loss.figure, let backup = best?.backup else { return nil }
    return figure.total + backup.perMiss
  }
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
      let network = try StepNetwork(scenario.steps.map(\.specification)) { survival.loses($0, in: plan) }
      if !scenario.steps.isEmpty { result.recovery = recovery(scenario, network) }
    } catch {
      result.cycle = error
    }
    let classes = ClassAssessor(plan: plan, protections: protections, scenario: scenario.scenario, survival: survival, recovery: result.recovery)
    result.classes = classes.assess()
    result.groups = plan.consistency.compactMap { GroupAssessor(classes: classes, touched: result.classes).assess($0) }
    return result
  }

  private func recovery(_ scenario: TypedScenario, _ network: StepNetwork) -> ScenarioAssessment.Recovery {
    let durations = scenario.steps.map { $0.estimated?.amount ?? $0.specification.longest }
    let timeline = network.timeline(durations: durations, width: width)
    let before = scenario.scenario.beforeRun(in: plan)
    let path = timeline.criticalPath.map { step(scenario.steps[$0], timeline.entries[$0]) }
    let bounds = network.guaranteed(width: width)
    let late = network.alternatives.isEmpty ? nil : network.timeline(durations: network.givenUp(durations), width: width)
    let fallback = late.map { late in Figure(before + late.criticalPath.map { step(scenario.steps[$0], late.entries[$0]) }) }
    return ScenarioAssessment.Recovery(
      network: network, timeline: timeline, beforeRun: before, expected: Figure(before + path), guaranteed: Figure(before).total + bounds.guaranteed,
      bounds: bounds, fallback: fallback, span: scenario.scenario.name.span)
  }

  private func step(_ step: TypedStep, _ entry: Timeline.Entry) -> Term {
    let name = "`\(step.specification.name)`"
    if entry.outcome == .givenUp { return Term("\(name), given up", entry.end - entry.start, .plan(step.span)) }
    return step.estimated.map { Term(name, $0.amount, .init($0.span, in: plan)) } ?? Term(name, step.specification.longest, .timeout(step.timeoutSpan))
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
