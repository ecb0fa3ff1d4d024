internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `recovery-point.hold`: keeps the points that there are from expiring while somebody still has to find out which of them is good.
public enum RecoveryPointHold: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    /// All that hold points of the class. One that does not answer is left out: expiry takes nothing either while one is silent.
    public var stores: [StoreReference]
    /// For whoever lists the points.
    public var reason: String
  }

  public static let name: StepKindName = "recovery-point.hold"
  public static let summary = "Holds every recovery point that there is of a data class, so that none expires while the good one is looked for."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "Whose points."),
    Field("reason", .text, "Shown by `points list` and `expire --dry-run`; `an incident` if not given."),
  ]
  public static let outputs = ["points": "how many points are held"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.dataClass("data", in: context.plan)
    let reason = fields.text("reason")?.value ?? "an incident"
    guard let dataClass else { return nil }
    return Arguments(dataClass: dataClass.name.value, stores: stores(of: dataClass, in: context.plan), reason: reason)
  }

  static func stores(of dataClass: DataClass, in plan: Plan) -> [StoreReference] { dataClass.stores.compactMap { plan.reference(to: $0) } }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(reads: Set(arguments.stores.map { .points(of: arguments.dataClass, in: $0.name) }), requires: [.anyStore(arguments.stores.map(\.name))])
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("gives the points that this run holds back to retention") }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    let free = observation.measurements[HoldFact.free]?.int ?? 0
    let held = observation.measurements[HoldFact.held]?.int ?? 0
    guard free + held > 0 else { return Change(.unknown, reason: "there is no recovery point of `\(arguments.dataClass)`: the step will fail") }
    if free == 0 { return Change(.none, reason: "all \(held) points of `\(arguments.dataClass)` are held already") }
    return Change(.update, reason: "holds \(free == 1 ? "a point" : "\(free) points") of `\(arguments.dataClass)`", after: ["held": .string(arguments.reason)])
  }
}

/// `recovery-point.release`: gives back to retention what this run holds.
public enum RecoveryPointRelease: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var stores: [StoreReference]
  }

  public static let name: StepKindName = "recovery-point.release"
  public static let summary = "Gives the points that a `recovery-point.hold` of the same run holds back to retention, and no others."
  public static let fields = [Field("data", .name(of: "data class"), required: true, "Whose points.")]
  public static let outputs = ["points": "how many points are not held any more"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    guard let dataClass = fields.dataClass("data", in: context.plan) else { return nil }
    return Arguments(dataClass: dataClass.name.value, stores: RecoveryPointHold.stores(of: dataClass, in: context.plan))
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(reads: Set(arguments.stores.map { .points(of: arguments.dataClass, in: $0.name) }), requires: [.anyStore(arguments.stores.map(\.name))])
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("holds them again") }

  public static func compare(_ arguments: Arguments, _: Observation, at _: Timestamp) -> Change {
    Change(.run, reason: "gives the points of `\(arguments.dataClass)` that this run holds back to retention")
  }
}

/// The names of measurements: points come and go, so that none of it is a fact.
enum HoldFact {
  static let free = "notHeld"
  static let held = "held"
}
