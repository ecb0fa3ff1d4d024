public import Diagnostics
public import PlanModel
public import Units

/// A plan whose steps' fields are understood. Protection is made of steps just like recovery: there is no second engine for it.
public struct TypedPlan: Sendable {
  public var plan: Plan
  public var kinds: StepKinds
  public var protection: [TypedProtection]
  /// Of protections that somebody else makes and that can be looked at.
  public var checks: [TypedCheck]
  public var scenarios: [TypedScenario]

  /// All that a run of protection does.
  public var protectionSteps: [TypedStep] { protection.flatMap(\.steps) + checks.map(\.step) }
}

/// A look at what somebody else promises to keep, as part of each run of protection.
public struct TypedCheck: Sendable {
  public var dataClass: DataClass
  public var protection: ContinuousProtection
  public var step: TypedStep
}

/// The steps that one protection of one data class is made of: the backup, then a copy to each further store, then
/// expiry in each store and the call that says so.
public struct TypedProtection: Sendable {
  public var dataClass: DataClass
  public var protection: Protection
  public var steps: [TypedStep]
}

public struct TypedScenario: Sendable {
  public var scenario: Scenario
  public var steps: [TypedStep]
  public var rollbackBefore: TypedStep?
  public var rollbackAfter: TypedStep?
}

/// A step and where its author wrote it. The places stay out of the specification: a comment above a step changes no digest.
///
/// A class of constants: every rule looks at every step, and what is handed round are references, not two dozen fields.
public final class TypedStep: Sendable {
  public let specification: StepSpecification
  public let span: SourceSpan
  /// The estimate, if there is one; else the step counts with its time-out.
  public let estimated: Estimated?
  /// Where the time-out is written; nil where the default counts.
  public let timeoutSpan: SourceSpan?
  /// Whether the author said how the step is taken back, or the kind knows.
  public let step: Step?

  public init(specification: StepSpecification, span: SourceSpan, estimated: Estimated?, timeoutSpan: SourceSpan?, step: Step?) {
    self.specification = specification; self.span = span; self.estimated = estimated; self.timeoutSpan = timeoutSpan; self.step = step
  }
}

/// A time-out for a step whose author gave none. Lint says so; a wait without a deadline is never an option.
public let defaultStepTimeout = TimeSpan.hours(1)

/// How the steps of a protection come about: handed in by the composition root, since only providers know their kinds' arguments.
public struct ProtectionSteps: Sendable {
  /// Nil where the protection's servers or stores are unknown; that has been reported by then.
  public var backup: @Sendable (Protection, DataClass, Plan) -> UnderstoodArguments?
  public var copy: @Sendable (Protection, DataClass, _ to: StoreName, Plan) -> UnderstoodArguments?
  public var expire: @Sendable (Protection, DataClass, _ in: StoreName, Plan) -> UnderstoodArguments?
  /// Nil where nobody is called.
  public var ping: @Sendable (Protection, DataClass, Plan) -> UnderstoodArguments?
  /// Nil where it cannot be looked at.
  public var check: @Sendable (ContinuousProtection, DataClass, Plan) -> UnderstoodArguments?

  public init(
    backup: @escaping @Sendable (Protection, DataClass, Plan) -> UnderstoodArguments?, copy: @escaping @Sendable (Protection, DataClass, StoreName, Plan) -> UnderstoodArguments?,
    expire: @escaping @Sendable (Protection, DataClass, StoreName, Plan) -> UnderstoodArguments?,
    ping: @escaping @Sendable (Protection, DataClass, Plan) -> UnderstoodArguments? = { _, _, _ in nil },
    check: @escaping @Sendable (ContinuousProtection, DataClass, Plan) -> UnderstoodArguments? = { _, _, _ in nil }
  ) {
    self.backup = backup; self.copy = copy; self.expire = expire; self.ping = ping; self.check = check
  }
}
