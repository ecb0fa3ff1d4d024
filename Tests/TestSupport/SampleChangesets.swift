internal import CanonicalJSON
public import ChangePlanning
public import PlanModel
public import ProviderInterface
public import Units

/// A step in a few words, for tests that need a changeset and do not care how it was planned.
public struct SampleStep: Sendable {
  public var name: StepName
  public var kind: StepKindName = "sample.set"
  public var needs: [StepName] = []
  public var undo = StepSpecification.Undo.byKind("sets it back")
  public var timeout = TimeSpan.minutes(1)
  public var retries = 0
  public var onFailure = FailurePolicy.pause
  public var priority = 0
  public var question: String?
  public var action = Change.Action.create
  public var basis = PlannedStep.Basis.nothingToObserve
  public var duration = TimeSpan.seconds(10)
  public var branch: BranchPlace?
  public var uses: [LimitUse]?
  public var approval: ApprovalRule?

  public init(_ name: StepName, needs: [StepName] = [], _ adjust: (inout SampleStep) -> Void = { _ in }) {
    self.name = name
    self.needs = needs
    adjust(&self)
  }

  public var specification: StepSpecification {
    StepSpecification(
      name: name, kind: kind, arguments: StepArguments(["value": .string(name.rawValue)]), needs: needs, undo: undo, timeout: timeout, retries: retries,
      onFailure: onFailure, priority: priority, footprint: Footprint(), question: question, branch: branch, uses: uses, approval: approval)
  }

  public var planned: PlannedStep {
    PlannedStep(
      specification: specification, change: Change(action, reason: "the test wants it"), basis: basis, measurements: [:],
      duration: PredictedDuration(amount: duration, source: .estimate), starts: .zero, ends: duration)
  }
}

extension Changeset {
  /// A changeset of these steps, planned at the sample time.
  public static func sample(
    _ steps: [SampleStep], parallelism: Int = 2, before: SampleStep? = nil, after: SampleStep? = nil, approval: ApprovalRule? = nil, provisional: Provisional? = nil
  ) throws -> Changeset {
    try Changeset(
      toolVersion: "0.0.1", plan: PlanIdentity(name: "sample", file: "sample.yaml", folder: "/plans"), scenario: "fire",
      plannedAt: .sample, parallelism: parallelism, onFailure: .pause, steps: steps.map(\.planned), rollbackBefore: before?.specification,
      rollbackAfter: after?.specification, provisional: provisional, approval: approval,
      prediction: Prediction(duration: .zero, guaranteed: .zero, criticalPath: [], beforeRun: .zero, objectives: []))
  }
}

extension Timestamp {
  /// 2026-11-24T08:15:34Z: when everything in the tests happens.
  public static let sample = Timestamp(milliseconds: 1_795_508_134_000)
}

extension RunID {
  public static let sample = RunID(rawValue: "20261124T081534Z-test")
}
