public import Objectives
public import PlanModel
public import ProviderInterface
internal import Scheduling
public import Units

/// What a run would be for: protection, or one scenario.
public enum Purpose: Sendable {
  case protection
  case recovery(TypedScenario)
}

/// Everything a changeset depends on besides the plan and the world: handed in, so that the same input gives the same bytes.
public struct PlanningRequest: Sendable {
  public var toolVersion: String
  public var identity: PlanIdentity
  public var now: Timestamp
  public var parallelism: Int
  /// When the observations were recorded; nil: they are of now.
  public var observedAt: Timestamp?
  /// The text of the plan's file of signers; empty where there is none.
  public var signers: String
  public init(toolVersion: String, identity: PlanIdentity, now: Timestamp, parallelism: Int, observedAt: Timestamp? = nil, signers: String = "") {
    self.toolVersion = toolVersion; self.identity = identity; self.now = now; self.parallelism = parallelism; self.observedAt = observedAt
    self.signers = signers
  }
}

/// Desired and observed to a changeset. Pure.
///
/// Throws `GraphCycle` where steps need each other in a circle; lint has shown it by then.
public func planChanges(
  _ typed: TypedPlan, _ assessment: Assessment, for purpose: Purpose, observations: [StepName: Observation], _ request: PlanningRequest
) throws -> Changeset {
  let steps: [TypedStep] =
    switch purpose {
    case .protection: typed.protectionSteps
    case .recovery(let scenario): scenario.steps
    }
  let survival = purpose.scenario.map { Survival($0.scenario, in: typed.plan) }
  let network = try StepNetwork(steps.map(\.specification)) { survival?.loses($0, in: typed.plan) ?? false }
  let changes = comparisons(network, typed.kinds, observations, at: request.now)
  let durations = zip(steps, changes).map { duration(of: $0, $1.change, in: typed.plan) }
  let timeline = network.timeline(durations: durations.map(\.amount), width: request.parallelism)
  let lost = Set(network.alternatives.flatMap(\.lost))
  let planned = steps.indices.map { index in
    var specification = steps[index].specification
    if lost.contains(index) { specification.branch?.isLost = true }
    return PlannedStep(
      specification: specification, change: changes[index].change, basis: changes[index].basis,
      measurements: observations[steps[index].specification.name]?.measurements ?? [:], duration: durations[index],
      starts: timeline.entries[index].start, ends: timeline.entries[index].end)
  }
  let approval = purpose.scenario?.scenario.approval?.rule
  let people = ([approval] + planned.map(\.specification.approval)).compactMap { $0 }.flatMap(\.everybody)
  let path = timeline.criticalPath.map { steps[$0].specification.name }
  return try Changeset(
    toolVersion: request.toolVersion, plan: request.identity, scenario: purpose.scenario?.scenario.name.value, plannedAt: request.now, observedAt: request.observedAt,
    parallelism: request.parallelism, onFailure: purpose.scenario?.scenario.onFailure ?? .continue, steps: planned,
    rollbackBefore: purpose.scenario?.rollbackBefore?.specification, rollbackAfter: purpose.scenario?.rollbackAfter?.specification, provisional: purpose.scenario?.scenario.provisional?.value,
    approval: approval, signers: people.isEmpty ? nil : AllowedSigners(request.signers).lines(of: people),
    prediction: prediction(assessment, purpose, network, timeline, path, serviceTarget: typed.plan.objectives.rto?.value, width: request.parallelism),
    duties: purpose.scenario.flatMap { _ in typed.plan.postIncident?.duties },
    communication: purpose.scenario.flatMap { _ in typed.plan.audiences.isEmpty ? nil : typed.plan.audiences })
}

extension Purpose {
  fileprivate var scenario: TypedScenario? { if case .recovery(let scenario) = self { scenario } else { nil } }
}

/// Each step's change, in an order in which what earlier steps will change is known.
private func comparisons(
  _ network: StepNetwork, _ kinds: StepKinds, _ observations: [StepName: Observation], at now: Timestamp
) -> [(change: Change, basis: PlannedStep.Basis)] {
  var result = [(change: Change, basis: PlannedStep.Basis)](
    repeating: (Change(.unknown, reason: ""), .nothingToObserve), count: network.steps.count)
  var changedBefore = [Set<Resource>](repeating: [], count: network.steps.count)
  for index in network.graph.topologicalOrder {
    let step = network.steps[index]
    for earlier in network.graph.predecessors(of: index) {
      changedBefore[index].formUnion(changedBefore[earlier])
      if result[earlier].change.action.changesTheWorld { changedBefore[index].formUnion(network.steps[earlier].footprint.writes) }
    }
    let observation = observations[step.name] ?? .nothing
    let change = kinds[step.kind]?.compare(step.arguments, observation, now) ?? Change(.unknown, reason: "an unknown step kind")
    let touched = step.footprint.reads.union(step.footprint.writes)
    result[index] = decide(change, observation, decidedEarlier: touched.intersection(changedBefore[index]).min())
  }
  return result
}

private func decide(_ change: Change, _ observation: Observation, decidedEarlier resource: Resource?) -> (Change, PlannedStep.Basis) {
  if let resource {
    guard change.action != .check, change.action != .run else { return (change, .decidedByEarlierSteps) }
    return (Change(.unknown, reason: "an earlier step changes \(resource): known when it runs", losses: change.losses), .decidedByEarlierSteps)
  }
  switch observation.reach {
  case .observed: return (change, .facts(observation.facts))
  case .unreachable(let reason): return (change, .unreachable(reason: reason))
  case .nothingToObserve: return (change, .nothingToObserve)
  }
}

/// A step with neither estimate nor evidence counts with its time-out, never with zero; one whose goal holds takes no time.
private func duration(of step: TypedStep, _ change: Change, in plan: Plan) -> PredictedDuration {
  if change.action == .none { return PredictedDuration(amount: .zero, source: .estimate) }
  if let estimated = step.estimated { return PredictedDuration(amount: estimated.amount, source: plan.measurements[estimated.span] == nil ? .estimate : .measured) }
  return PredictedDuration(amount: step.specification.longest, source: .timeout)
}

private func prediction(
  _ assessment: Assessment, _ purpose: Purpose, _ network: StepNetwork, _ timeline: Timeline, _ path: [StepName], serviceTarget: TimeSpan?, width: Int
) -> Prediction {
  let assessed = purpose.scenario.flatMap { scenario in assessment.scenarios.first { $0.scenario.name.value == scenario.scenario.name.value } }
  let before = Figure(assessed?.recovery?.beforeRun ?? []).total
  var objectives = (assessed?.classes ?? []).filter { $0.dataClass.ephemeral == nil }.map {
    PredictedObjective(kind: .rpo, dataClass: $0.dataClass.name.value, target: $0.lossTarget?.value, computed: $0.loss.figure?.total)
  }
  if let assessed {
    let target = (assessed.classes.map { $0.recoveryTarget?.value } + [serviceTarget]).compactMap { $0 }.min()
    objectives.append(PredictedObjective(kind: .rto, dataClass: nil, target: target, computed: before + timeline.end))
  }
  return Prediction(
    duration: timeline.end, guaranteed: before + network.guaranteed(width: width).guaranteed, criticalPath: path, beforeRun: before, objectives: objectives)
}
