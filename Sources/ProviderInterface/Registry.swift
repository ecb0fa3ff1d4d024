public import PlanModel
public import Units

/// A step kind without the type of its `Arguments`: what registries hold and the engine calls.
public struct AnyStepKind: Sendable {
  public let name: StepKindName
  public let summary: String
  public let fields: [Field]
  public let outputs: [String: String]
  /// What the fields say, or nil if something was reported.
  public let decode: @Sendable (inout MappingReader, StepContext) -> UnderstoodArguments?
  public let compare: @Sendable (StepArguments, Observation, Timestamp) -> Change

  public init<Kind: StepKind>(_: Kind.Type) {
    name = Kind.name
    summary = Kind.summary
    fields = Kind.fields
    outputs = Kind.outputs
    decode = { fields, context in
      guard let arguments = Kind.decode(&fields, in: context) else { return nil }
      let wait = Kind.waits(arguments).map { Estimated($0.amount, at: fields.span(of: $0.field)) }
      return UnderstoodArguments(Kind.self, arguments, in: context.plan, wait: wait)
    }
    compare = { arguments, observation, now in
      guard let arguments = try? arguments.decoded(as: Kind.Arguments.self) else {
        return Change(.unknown, reason: "written by another version of sie-dr")
      }
      return Kind.compare(arguments, observation, at: now)
    }
  }

  /// Whether a step of this kind gives this output. `*` stands for names that are known only when it runs.
  func gives(_ output: String) -> Bool { outputs[output] != nil || outputs["*"] != nil }
}

/// The arguments of one step, and all that its kind says of them before anything is observed.
public struct UnderstoodArguments: Sendable {
  public let kind: StepKindName
  public let arguments: StepArguments
  public let footprint: Footprint
  public let undoAbility: UndoAbility
  public let estimate: Estimated?
  public let question: String?
  /// What it waits out after its own work, on top of any estimate.
  public let wait: Estimated?

  public init<Kind: StepKind>(_: Kind.Type, _ arguments: Kind.Arguments, in plan: Plan, wait: Estimated? = nil) {
    kind = Kind.name
    self.arguments = StepArguments(of: arguments)
    footprint = Kind.footprint(arguments)
    undoAbility = Kind.undoAbility(arguments)
    estimate = Kind.estimate(arguments, in: plan)
    question = Kind.question(arguments)
    self.wait = wait
  }
}

/// Kinds by name.
public struct StepKinds: Sendable {
  public let byName: [StepKindName: AnyStepKind]
  public init(_ kinds: [AnyStepKind]) { byName = Dictionary(kinds.map { ($0.name, $0) }) { first, _ in first } }
  public subscript(_ name: StepKindName) -> AnyStepKind? { byName[name] }
  public var names: [StepKindName] { byName.keys.sorted() }
}

/// The reading halves by kind.
public struct StepObservers: Sendable {
  private struct Entry: Sendable {
    /// Whether there is anything to look at. What cannot be understood is looked for, to say so.
    var looks: @Sendable (StepArguments) -> Bool
    var observe: @Sendable (StepArguments, ObservingContext) async -> Observation
  }
  private let byName: [StepKindName: Entry]

  public init(_ observers: [any StepObserver]) { byName = Dictionary(observers.map { Self.entry($0) }) { first, _ in first } }

  func looks(_ kind: StepKindName, _ arguments: StepArguments) -> Bool { byName[kind]?.looks(arguments) ?? false }

  public func observe(_ kind: StepKindName, _ arguments: StepArguments, in context: ObservingContext) async -> Observation {
    guard let entry = byName[kind] else { return .nothing }
    return await entry.observe(arguments, context)
  }

  private static func entry<Observer: StepObserver>(_ observer: Observer) -> (StepKindName, Entry) {
    @Sendable func decoded(_ arguments: StepArguments) -> Observer.Kind.Arguments? { try? arguments.decoded(as: Observer.Kind.Arguments.self) }
    return (
      Observer.Kind.name,
      Entry(
        looks: { arguments in decoded(arguments).map(observer.looks) ?? true },
        observe: { arguments, context in
          guard let arguments = decoded(arguments) else { return .unreachable("the step's arguments were written by another version of sie-dr") }
          return await observer.observe(arguments, in: context)
        })
    )
  }
}

/// The changing halves by kind.
public struct StepPerformers: Sendable {
  private let byName: [StepKindName: any StepPerformer]
  public init(_ performers: [any StepPerformer]) { byName = Dictionary(performers.map { (Self.name($0), $0) }) { first, _ in first } }

  public func perform(_ kind: StepKindName, _ arguments: StepArguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    try await Self.perform(performer(kind), arguments, context)
  }
  public func settle(_ kind: StepKindName, _ arguments: StepArguments, in context: PerformingContext) async throws(StepFailure) -> Settlement {
    try await Self.settle(performer(kind), arguments, context)
  }
  public func undo(_ kind: StepKindName, _ arguments: StepArguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure) {
    try await Self.undo(performer(kind), arguments, result, context)
  }
  public func knows(_ kind: StepKindName) -> Bool { byName[kind] != nil }

  private func performer(_ kind: StepKindName) throws(StepFailure) -> any StepPerformer {
    guard let performer = byName[kind] else {
      throw StepFailure("unknown-step-kind", "this sie-dr does not know how to perform `\(kind)`", helps: ["use the version of sie-dr that made the changeset"])
    }
    return performer
  }
  private static func name<Performer: StepPerformer>(_: Performer) -> StepKindName { Performer.Kind.name }
  private static func arguments<Performer: StepPerformer>(_: Performer, _ written: StepArguments) throws(StepFailure) -> Performer.Kind.Arguments {
    do { return try written.decoded(as: Performer.Kind.Arguments.self) } catch {
      throw StepFailure(
        "arguments-not-understood", "the arguments of a `\(Performer.Kind.name)` step were written by another version of sie-dr",
        helps: ["use the version of sie-dr that made the changeset, or plan again"])
    }
  }
  private static func perform<P: StepPerformer>(_ performer: P, _ written: StepArguments, _ context: PerformingContext) async throws(StepFailure) -> StepResult {
    try await performer.perform(arguments(performer, written), in: context)
  }
  private static func settle<P: StepPerformer>(_ performer: P, _ written: StepArguments, _ context: PerformingContext) async throws(StepFailure) -> Settlement {
    await performer.settle(try arguments(performer, written), in: context)
  }
  private static func undo<P: StepPerformer>(_ performer: P, _ written: StepArguments, _ result: StepResult?, _ context: PerformingContext) async throws(StepFailure) {
    try await performer.undo(arguments(performer, written), result: result, in: context)
  }
}
