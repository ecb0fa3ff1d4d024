internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `recovery-point.ping`: calls a URL when the newest point of a protection is good and in all its stores. Whoever waits for the call hears
/// the silence of a host that is down, of a timer that was turned off, of a backup that fails.
public enum RecoveryPointPing: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    public var protection: ProtectionName
    public var stores: [StoreReference]
    public var url: InputValue
  }

  public static let name: StepKindName = "recovery-point.ping"
  public static let summary = "Calls a URL when the newest point of a protection is good and in all its stores; that it cannot be called fails nothing."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "Whose points."),
    Field("protection", .name(of: "protection"), required: true, "Which of its protections."),
    Field("url", .text, required: true, "What is called with GET: text, `{ secret: NAME }` or `{ output: STEP.NAME }`."),
  ]
  /// How long an answer may take.
  static let patience = TimeSpan.seconds(10)

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let dataClass = fields.dataClass("data", in: context.plan)
    let name: Located<ProtectionName>? = fields.requiredText("protection", example: "NAME").map { $0.map { ProtectionName(rawValue: $0) } }
    let node = fields.required("url", example: "{ secret: NAME }")
    let url = node.flatMap { readInput($0, "`url` of \(fields.what)", in: context.plan, fields.collector) }
    guard let dataClass, let name, let url else { return nil }
    if let unknown = unknownReference(name, "protection", among: dataClass.protections.map(\.name)) { fields.collector.add(unknown); return nil }
    return dataClass.protections.first { $0.name.value == name.value }.map { arguments($0, of: dataClass, url, context.plan) }
  }

  /// Nil where the protection calls nobody.
  public static func arguments(_ protection: Protection, of dataClass: DataClass, in plan: Plan) -> Arguments? {
    switch protection.ping {
    case nil: nil
    case .url(let url): arguments(protection, of: dataClass, .text(url.value), plan)
    case .secret(let name): plan.reference(to: name.value).map { arguments(protection, of: dataClass, .secret($0), plan) }
    }
  }

  private static func arguments(_ protection: Protection, of dataClass: DataClass, _ url: InputValue, _ plan: Plan) -> Arguments {
    Arguments(
      dataClass: dataClass.name.value, protection: protection.name.value,
      stores: ([protection.store] + protection.copies).compactMap { plan.reference(to: $0.value) }, url: url)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    var footprint = Footprint(reads: Set(arguments.stores.map { .points(of: arguments.dataClass, in: $0.name) }))
    if case .secret(let secret) = arguments.url { footprint.requires.insert(.secret(secret.name)) }
    return footprint
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .nothingToUndo }

  public static func estimate(_ arguments: Arguments, in plan: Plan) -> Estimated? {
    let protection = plan.dataClass(arguments.dataClass)?.protections.first { $0.name.value == arguments.protection }
    return protection.map { Estimated(patience, at: $0.span) }
  }

  /// Only where an earlier step of the run makes or copies a point is there something to tell.
  public static func compare(_: Arguments, _: Observation, at _: Timestamp) -> Change { Change(.none, reason: "there is no new point to tell of") }
}
