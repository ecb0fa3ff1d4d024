public import CanonicalJSON
public import PlanModel
public import ProviderInterface
public import Units

/// All changes that one run will make, with their reasons and the facts they rest on: what is reviewed, saved, applied and written into the
/// first record of the journal. A run needs nothing else: neither the plan file nor another look at it.
public struct Changeset: Hashable, Sendable, Codable {
  public static let currentFormat = 1

  public var formatVersion: Int
  public var toolVersion: String
  public var plan: PlanIdentity
  /// Nil: protection.
  public var scenario: ScenarioName?
  /// When it was planned: `--now`, or the clock.
  public var plannedAt: Timestamp
  /// When the facts were recorded that it rests on; nil: they were looked at when it was planned. Not part of the digest: `apply` looks again.
  public var observedAt: Timestamp?
  public var parallelism: Int
  public var onFailure: FailurePolicy
  public var steps: [PlannedStep]
  public var rollbackBefore: StepSpecification?
  public var rollbackAfter: StepSpecification?
  /// It is only tried at first; nil: it is kept.
  public var provisional: Provisional?
  /// Whose signatures it waits for before its first step; nil: it waits for nobody.
  public var approval: ApprovalRule?
  /// The lines of the file of signers that matter here; nil where nothing is approved.
  public var signers: [String]?
  public var prediction: Prediction
  /// What people owe when the incident is over; nil: the plan does not say, or this is protection. Not part of the digest: it changes nothing of the run.
  public var duties: [PostIncident.Duty]?
  /// Those whom the run tells by itself; nil: nobody.
  public var communication: [AudienceSpecification]?
  /// SHA-256 over all that was reviewed: the typed plan, each step's change and facts, the tool's major version and the options. Times,
  /// measurements and places in the file are not in it.
  public var digest: String

  public init(
    toolVersion: String, plan: PlanIdentity, scenario: ScenarioName?, plannedAt: Timestamp, observedAt: Timestamp? = nil, parallelism: Int, onFailure: FailurePolicy,
    steps: [PlannedStep], rollbackBefore: StepSpecification?, rollbackAfter: StepSpecification?, provisional: Provisional? = nil, approval: ApprovalRule? = nil,
    signers: [String]? = nil, prediction: Prediction,
    duties: [PostIncident.Duty]? = nil, communication: [AudienceSpecification]? = nil
  ) throws {
    formatVersion = Self.currentFormat
    self.toolVersion = toolVersion; self.plan = plan; self.scenario = scenario; self.plannedAt = plannedAt; self.observedAt = observedAt
    self.parallelism = parallelism
    self.onFailure = onFailure; self.steps = steps; self.rollbackBefore = rollbackBefore; self.rollbackAfter = rollbackAfter
    self.provisional = provisional; self.approval = approval; self.signers = signers
    self.prediction = prediction
    self.duties = duties
    self.communication = communication
    digest = ""
    digest = try computedDigest()
  }

  /// Steps that will do something, in the author's order.
  public var changes: [PlannedStep] { steps.filter { $0.change.action != .none } }
  /// Whether the world would be another one afterwards.
  public var changesTheWorld: Bool { steps.contains { $0.change.action.changesTheWorld } }
  public subscript(_ step: StepName) -> PlannedStep? { steps.first { $0.specification.name == step } }
}

/// Which plan a changeset is of. The folder, from which relative paths count, is not part of the digest: a checkout may lie anywhere.
public struct PlanIdentity: Hashable, Sendable, Codable {
  public var name: String
  public var file: String
  public var folder: String
  /// Which of the plan's environments; nil: the plan as it stands.
  public var environment: String?
  public init(name: String, file: String, folder: String, environment: String? = nil) {
    self.name = name; self.file = file; self.folder = folder; self.environment = environment
  }
  /// For a person: its name, and of which environment.
  public var title: String { "`\(name)`" + (environment.map { " for the environment `\($0)`" } ?? "") }
}

public struct PlannedStep: Hashable, Sendable, Codable {
  public var specification: StepSpecification
  public var change: Change
  public var basis: Basis
  public var measurements: [String: JSONValue]
  public var duration: PredictedDuration
  /// From the start of the run, as predicted.
  public var starts: TimeSpan
  public var ends: TimeSpan

  public init(
    specification: StepSpecification, change: Change, basis: Basis, measurements: [String: JSONValue], duration: PredictedDuration, starts: TimeSpan,
    ends: TimeSpan
  ) {
    self.specification = specification; self.change = change; self.basis = basis; self.measurements = measurements; self.duration = duration
    self.starts = starts; self.ends = ends
  }

  /// What the change rests on, observed again just before the step acts.
  public enum Basis: Hashable, Sendable, Codable {
    case facts([String: JSONValue])
    /// An earlier step of this run changes what this one looks at: nothing known now could still hold then.
    case decidedByEarlierSteps
    /// Could not be observed; the step itself refuses what it must refuse.
    case unreachable(reason: String)
    case nothingToObserve
  }
}

public struct PredictedDuration: Hashable, Sendable, Codable {
  public enum Source: String, Hashable, Sendable, Codable, CaseIterable {
    case estimate
    /// In a drill, an incident or a benchmark that the plan's evidence holds.
    case measured
    /// There is no estimate, so the step counts with its time-out and retries, never with zero.
    case timeout
  }
  public var amount: TimeSpan
  public var source: Source
  public init(amount: TimeSpan, source: Source) { self.amount = amount; self.source = source }
}

/// What was computed before the run, kept to be compared with what was measured.
public struct Prediction: Hashable, Sendable, Codable {
  /// From the start of the run to its last step.
  public var duration: TimeSpan
  /// A bound for every duration up to each time-out with all retries.
  public var guaranteed: TimeSpan
  public var criticalPath: [StepName]
  /// Before the run starts: detection and decision.
  public var beforeRun: TimeSpan
  public var objectives: [PredictedObjective]

  public init(duration: TimeSpan, guaranteed: TimeSpan, criticalPath: [StepName], beforeRun: TimeSpan, objectives: [PredictedObjective]) {
    self.duration = duration; self.guaranteed = guaranteed; self.criticalPath = criticalPath; self.beforeRun = beforeRun; self.objectives = objectives
  }
}

/// Target and computed worst case of one objective; a nil computed figure is unbounded.
public struct PredictedObjective: Hashable, Sendable, Codable {
  public enum Kind: String, Hashable, Sendable, Codable, CaseIterable { case rpo, rto }
  public var kind: Kind
  /// Nil: the service.
  public var dataClass: DataClassName?
  public var target: TimeSpan?
  public var computed: TimeSpan?
  public init(kind: Kind, dataClass: DataClassName?, target: TimeSpan?, computed: TimeSpan?) {
    self.kind = kind; self.dataClass = dataClass; self.target = target; self.computed = computed
  }
}
