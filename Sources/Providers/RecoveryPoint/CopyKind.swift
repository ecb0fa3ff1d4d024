internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `recovery-point.copy`: brings the points that a second store lacks there, each verified on the way and published last.
public enum RecoveryPointCopy: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var from: StoreReference
    public var to: StoreReference
  }

  public static let name: StepKindName = "recovery-point.copy"
  public static let summary = "Copies the recovery points that a second store lacks, verifying every object on the way."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "Whose points."),
    Field("from", .name(of: "store"), required: true, "Where they are."),
    Field("to", .name(of: "store"), required: true, "Where they are copied to."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.dataClass("data", in: context.plan)
    let from = fields.store("from", in: context.plan)
    let to = fields.store("to", in: context.plan)
    guard let dataClass, let from, let to else { return nil }
    return Arguments(dataClass: dataClass.name.value, from: from, to: to)
  }

  public static func arguments(_ protection: Protection, of dataClass: DataClass, to store: StoreName, in plan: Plan) -> Arguments? {
    guard let from = plan.reference(to: protection.store.value), let to = plan.reference(to: store) else { return nil }
    return Arguments(dataClass: dataClass.name.value, from: from, to: to)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(
      reads: [.points(of: arguments.dataClass, in: arguments.from.name)], writes: [.points(of: arguments.dataClass, in: arguments.to.name)],
      requires: [.store(arguments.from.name), .store(arguments.to.name)])
  }

  /// A point that was published stays: it is good whatever happens to the run.
  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func estimate(_ arguments: Arguments, in plan: Plan) -> Estimated? {
    guard let estimate = plan.dataClass(arguments.dataClass)?.estimate, let copy = estimate.copy else { return nil }
    return copy.value.time(for: estimate.size?.value).map { Estimated($0, at: copy.span) }
  }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    let missing = observation.facts[Fact.missing]?.array?.compactMap(\.string) ?? []
    guard !missing.isEmpty else { return Change(.none, reason: "`\(arguments.to.name)` has every point of `\(arguments.from.name)`") }
    return Change(
      .create, reason: "`\(arguments.to.name)` lacks \(missing.count == 1 ? "a point" : "\(missing.count) points") of `\(arguments.from.name)`",
      after: ["copies": .array(missing.map(JSONValue.string))])
  }
}

/// The names of facts of this provider.
enum Fact {
  /// Ids of points that the second store lacks.
  static let missing = "missingPoints"
  /// Ids of points that have expired.
  static let expired = "expiredPoints"
  /// Ids of points whose removal was cut short.
  static let remains = "remainsOfExpiredPoints"
  /// A store that did not answer, so that nothing expires; a measurement: it may come and go.
  static let silent = "noAnswerFrom"
}

extension MappingReader {
  mutating func store(_ key: String, in plan: Plan) -> StoreReference? {
    guard let name: Located<StoreName> = requiredText(key, example: "STORE").map({ $0.map { StoreName(rawValue: $0) } }) else { return nil }
    if let unknown = unknownReference(name, "store", among: plan.stores.map(\.name)) { collector.add(unknown); return nil }
    return plan.reference(to: name.value)
  }
}
