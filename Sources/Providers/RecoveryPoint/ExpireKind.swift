internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `recovery-point.expire`: removes the points that retention no longer keeps, manifest first.
public enum RecoveryPointExpire: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var store: StoreReference
    /// The further stores of the data class, where a hold may stand too. While one of them does not answer, nothing goes.
    public var others: [StoreReference]
    /// Whose points are judged; nil: all of the class.
    public var protection: ProtectionName?
    public var keepFor: TimeSpan
    public var atLeast: Int
  }

  public static let name: StepKindName = "recovery-point.expire"
  public static let summary = "Removes recovery points that are older than the retention, never the last good ones, nor one that is held."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "Whose points."),
    Field("in", .name(of: "store"), required: true, "In which store."),
    Field("olderThan", .timeSpan, required: true, "How long points are kept."),
    Field("atLeast", .integer, "How many good points stay however old they are; 1 if not given."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.dataClass("data", in: context.plan)
    let store = fields.store("in", in: context.plan)
    _ = fields.required("olderThan", example: "30d")
    let keep = fields.timeSpan("olderThan")
    let atLeast = fields.integer("atLeast", in: 1...10_000)?.value ?? 1
    guard let dataClass, let store, let keep else { return nil }
    return Arguments(
      dataClass: dataClass.name.value, store: store, others: others(dataClass, store, context.plan), protection: nil, keepFor: keep.value, atLeast: atLeast)
  }

  public static func arguments(_ protection: Protection, of dataClass: DataClass, in store: StoreName, _ plan: Plan) -> Arguments? {
    guard let keep = protection.keep, let store = plan.reference(to: store) else { return nil }
    return Arguments(
      dataClass: dataClass.name.value, store: store, others: others(dataClass, store, plan), protection: protection.name.value,
      keepFor: keep.duration.value, atLeast: keep.atLeast)
  }

  private static func others(_ dataClass: DataClass, _ store: StoreReference, _ plan: Plan) -> [StoreReference] {
    dataClass.stores.filter { $0 != store.name }.compactMap { plan.reference(to: $0) }
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(writes: [.points(of: arguments.dataClass, in: arguments.store.name)], requires: [.store(arguments.store.name)])
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .mustBeWritten }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    let expired = observation.facts[Fact.expired]?.array?.compactMap(\.string) ?? []
    let rule = "kept for \(arguments.keepFor.rounded), at least \(arguments.atLeast)"
    let remains = observation.facts[Fact.remains]?.array?.compactMap(\.string) ?? []
    if expired.isEmpty, !remains.isEmpty {
      return Change(.delete, reason: "the removal of expired points was cut short", before: ["remains": .array(remains.map(JSONValue.string))])
    }
    guard !expired.isEmpty else {
      let silent = observation.measurements[Fact.silent]?.string
      return Change(.none, reason: silent.map { "nothing goes while the store `\($0)` does not answer: a hold may stand there" } ?? "nothing has expired (\(rule))")
    }
    let points = expired.count == 1 ? "a point" : "\(expired.count) points"
    return Change(
      .delete, reason: "\(points) \(expired.count == 1 ? "has" : "have") expired (\(rule))", before: ["points": .array(expired.map(JSONValue.string))],
      losses: ["\(points) of `\(arguments.dataClass)` in `\(arguments.store.name)`, expired; no rollback brings them back"])
  }
}
