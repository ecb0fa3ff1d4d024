public import CanonicalJSON
public import PlanModel
public import ProviderInterface
public import Units

/// What was observed on a host with credentials, to plan and lint with where there are none. Arguments hold references to secrets, never values,
/// and observations hold facts that a changeset may hold.
public struct RecordedObservations: Hashable, Sendable, Codable {
  public static let currentFormat = 1

  public var formatVersion: Int
  public var toolVersion: String
  /// The plan's name.
  public var plan: String
  public var observedAt: Timestamp
  public var steps: [Step]
  /// By data class, in the words of its `estimate`.
  public var measured: [DataClassName: Measured]
  /// By data class and protection, where somebody else keeps less than the plan counts on; nil: all was as promised, or nobody looked.
  public var promises: [DataClassName: [ProtectionName: Promise]]?

  /// One look at the world: whatever the step is called, and whichever scenario it serves.
  public struct Step: Hashable, Sendable, Codable {
    public var kind: StepKindName
    public var arguments: JSONValue
    public var observation: Observation
    public init(kind: StepKindName, arguments: JSONValue, observation: Observation) {
      self.kind = kind; self.arguments = arguments; self.observation = observation
    }
  }

  public struct Measured: Hashable, Sendable, Codable {
    public var size: ByteCount?
    /// Of a whole backup, upload and all.
    public var dump: TimeSpan?
    /// Nothing: the dump is counted with it.
    public var upload: TimeSpan?
    public init(size: ByteCount? = nil, dump: TimeSpan? = nil) { self.size = size; self.dump = dump; upload = dump == nil ? nil : .zero }
  }

  public struct Promise: Hashable, Sendable, Codable {
    /// What does not hold, each with its figure.
    public var broken: [String]
    /// Those figures that are worse than promised, as they were seen and in the words of `managed`.
    public var every, granularity, window: TimeSpan?
    public init(broken: [String], every: TimeSpan? = nil, granularity: TimeSpan? = nil, window: TimeSpan? = nil) {
      self.broken = broken; self.every = every; self.granularity = granularity; self.window = window
    }
  }

  public init(
    toolVersion: String, plan: String, observedAt: Timestamp, steps: [Step], measured: [DataClassName: Measured], promises: [DataClassName: [ProtectionName: Promise]]? = nil
  ) {
    formatVersion = Self.currentFormat
    self.toolVersion = toolVersion; self.plan = plan; self.observedAt = observedAt; self.steps = steps; self.measured = measured; self.promises = promises
  }

  /// What was seen for these steps; one that was written otherwise, or not at all, when it was recorded is out of reach.
  public func observations(of steps: [StepSpecification], in name: String) -> [StepName: Observation] {
    Dictionary(
      steps.map { step in
        let known = self.steps.first { $0.kind == step.kind && $0.arguments == step.arguments.json }
        return (step.name, known?.observation ?? .unreachable("\(name) holds nothing of it: the step is newer than the record, or has other arguments"))
      }
    ) { first, _ in first }
  }

  /// Never negative: a clock that is behind makes nothing older.
  public func age(at now: Timestamp) -> TimeSpan { max(.zero, now - observedAt) }
}
