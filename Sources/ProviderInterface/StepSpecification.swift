public import PlanModel
public import Units

/// A step with its arguments understood: all that the engine needs to carry it out, without the plan file. Part of the changeset.
public struct StepSpecification: Hashable, Sendable, Codable {
  public var name: StepName
  public var kind: StepKindName
  public var arguments: StepArguments
  /// What must be done before: written as `needs`, or following from the outputs that the step takes.
  public var needs: [StepName]
  public var undo: Undo
  /// For one attempt.
  public var timeout: TimeSpan
  /// How often the step is tried again after a transient failure.
  public var retries: Int
  public var onFailure: FailurePolicy
  /// The priority of the data it serves: the higher goes first.
  public var priority: Int
  public var footprint: Footprint
  /// Asked instead of performed.
  public var question: String?
  /// Where it stands in a choice; nil: it is done in any case.
  public var branch: BranchPlace?
  /// What it takes of limits that steps share, while it is at work; nil: nothing.
  public var uses: [LimitUse]?
  /// Whose signatures it waits for just before it acts; nil: it waits for nobody.
  public var approval: ApprovalRule?

  public init(
    name: StepName, kind: StepKindName, arguments: StepArguments, needs: [StepName], undo: Undo, timeout: TimeSpan, retries: Int, onFailure: FailurePolicy,
    priority: Int, footprint: Footprint, question: String? = nil, branch: BranchPlace? = nil, uses: [LimitUse]? = nil, approval: ApprovalRule? = nil
  ) {
    self.name = name; self.kind = kind; self.arguments = arguments; self.needs = needs; self.undo = undo; self.timeout = timeout
    self.retries = retries; self.onFailure = onFailure; self.priority = priority; self.footprint = footprint; self.question = question
    self.branch = branch; self.uses = uses; self.approval = approval
  }

  public enum Undo: Hashable, Sendable, Codable {
    case nothingToUndo
    /// The kind takes its own effect back; the text says how.
    case byKind(String)
    /// A step of the author's.
    case step(UndoStep)
    case irreversible(reason: String)
    /// Nobody said how: lint has warned.
    case unknown
  }

  public struct UndoStep: Hashable, Sendable, Codable {
    public var kind: StepKindName
    public var arguments: StepArguments
    public var timeout: TimeSpan
    public var retries: Int
    public init(kind: StepKindName, arguments: StepArguments, timeout: TimeSpan, retries: Int) {
      self.kind = kind; self.arguments = arguments; self.timeout = timeout; self.retries = retries
    }
  }
}
