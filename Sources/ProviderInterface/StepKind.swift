public import Diagnostics
public import PlanModel
public import Units

/// What a step needs to survive.
public enum Requirement: Hashable, Comparable, Sendable, Codable {
  case secret(SecretName)
  case server(ServerName)
  /// One of several is enough: a restore reads from any store that holds the point.
  case anyStore([StoreName])
  case store(StoreName)

  public static func < (a: Self, b: Self) -> Bool { a.order.lexicographicallyPrecedes(b.order) }
  private var order: [String] {
    switch self {
    case .secret(let name): ["1", name.rawValue]
    case .server(let name): ["2", name.rawValue]
    case .anyStore(let names): ["3"] + names.map(\.rawValue)
    case .store(let name): ["4", name.rawValue]
    }
  }
}

/// One field of a step kind: for the reference, for the schema, and for what an editor shows.
public struct Field: Sendable {
  public enum Shape: Sendable {
    case text, integer, bool, timeSpan, argumentList, nameList, input, inputMap, httpExpectation
    /// An id, `latest`, or `{ before: TIME }`, the time being an input.
    case point
    case name(of: String)
    case choice([String])
  }
  public var name: String
  public var shape: Shape
  public var isRequired: Bool
  public var meaning: String
  /// Whether another step's output may stand there.
  var takesInputs: Bool { switch shape { case .input, .inputMap, .point: true; default: false } }
  public init(_ name: String, _ shape: Shape, required: Bool = false, _ meaning: String) {
    self.name = name; self.shape = shape; isRequired = required; self.meaning = meaning
  }
}

/// How a kind's effect can be taken back.
public enum UndoAbility: Hashable, Sendable, Codable {
  /// Changes nothing, so there is nothing to undo.
  case nothingToUndo
  /// The kind knows how; the text says what the undo does: "drops the database that the restore made".
  case byKind(String)
  /// Only the author can say: `undo:` or `irreversible:` must be written.
  case mustBeWritten
}

/// What the plan around a step is, while its fields are decoded.
public struct StepContext: Sendable {
  /// What all steps of a scenario share: copied by reference, since there may be thousands of them.
  @usableFromInline final class Scope: Sendable {
    @usableFromInline let plan: Plan
    @usableFromInline let scenario: Scenario?
    init(_ plan: Plan, _ scenario: Scenario?) { self.plan = plan; self.scenario = scenario }
  }
  @usableFromInline let scope: Scope
  public let step: Step
  @inlinable public var plan: Plan { scope.plan }
  /// Nil for protection and for drills.
  @inlinable public var scenario: Scenario? { scope.scenario }

  init(_ scope: Scope, _ step: Step) { self.scope = scope; self.step = step }
  public init(plan: Plan, scenario: Scenario?, step: Step) { self.init(Scope(plan, scenario), step) }
}

/// The pure half of a step kind: what `lint` and `plan` know of it. It cannot reach the world: it has no context that could.
public protocol StepKind: Sendable {
  /// What the fields become: everything the step needs, with no reference back into the plan.
  associatedtype Arguments: Codable, Hashable, Sendable

  static var name: StepKindName { get }
  /// One line for the reference: what the step does.
  static var summary: String { get }
  static var fields: [Field] { get }
  /// Names and meanings of the outputs.
  static var outputs: [String: String] { get }

  /// Reads the fields; reports what is wrong with them and then returns nil.
  static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments?
  static func footprint(_ arguments: Arguments) -> Footprint
  static func undoAbility(_ arguments: Arguments) -> UndoAbility
  /// How long it takes, if the plan says so elsewhere than at the step (the data class's estimate).
  static func estimate(_ arguments: Arguments, in plan: Plan) -> Estimated?
  /// What it waits out after its own work, on top of any estimate, and the field that says so.
  static func waits(_ arguments: Arguments) -> (field: String, amount: TimeSpan)?
  /// Desired and observed to a change.
  static func compare(_ arguments: Arguments, _ observation: Observation, at now: Timestamp) -> Change
  /// A question for a person; such a step is not performed but answered.
  static func question(_ arguments: Arguments) -> String?
}

extension StepKind {
  public static var outputs: [String: String] { [:] }
  public static func estimate(_: Arguments, in _: Plan) -> Estimated? { nil }
  public static func waits(_: Arguments) -> (field: String, amount: TimeSpan)? { nil }
  public static func question(_: Arguments) -> String? { nil }
}

/// A duration that the author believes in, and where he wrote it.
public struct Estimated: Hashable, Sendable {
  public var amount: TimeSpan
  public var span: SourceSpan
  public init(_ amount: TimeSpan, at span: SourceSpan) { self.amount = amount; self.span = span }
}

/// The reading half: looks at the world and changes nothing. `plan` gets hold of nothing else.
public protocol StepObserver<Kind>: Sendable {
  associatedtype Kind: StepKind
  /// Whether there is anything to look at for these arguments; if not, nobody waits for it.
  func looks(for arguments: Kind.Arguments) -> Bool
  /// Never fails: what cannot be reached within the context's deadline is observed as unreachable.
  func observe(_ arguments: Kind.Arguments, in context: ObservingContext) async -> Observation
}

extension StepObserver {
  public func looks(for _: Kind.Arguments) -> Bool { true }
}

/// The changing half.
public protocol StepPerformer<Kind>: Sendable {
  associatedtype Kind: StepKind

  /// Does it. Called again after a failure or a crash with a new mark; `context.earlierMarks` then names the attempts whose remains it must
  /// clear away first. Honours cancellation.
  func perform(_ arguments: Kind.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult

  /// After a crash: did the attempt with `context.mark` reach its goal? Looks only.
  func settle(_ arguments: Kind.Arguments, in context: PerformingContext) async -> Settlement

  /// Takes back what the attempts of this step in this run did: `result` is what the done attempt left, nil if none was done.
  /// Undoing twice is undoing once. Touches only what carries this run's marks.
  func undo(_ arguments: Kind.Arguments, result: StepResult?, in context: PerformingContext) async throws(StepFailure)
}

/// What became of an attempt nobody saw the end of.
public enum Settlement: Hashable, Sendable, Codable {
  case done(StepResult)
  case notDone
  /// A person must decide; the text says what to look at.
  case unknown(String)
}
