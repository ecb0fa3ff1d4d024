internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units

/// `postgresql.promote`: makes a replica the primary, if no other server can be one too, and says what was not received before it.
public enum PostgreSQLPromote: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var server: PostgreSQLReference
    /// The data class that is back with it.
    public var dataClass: DataClassName?
    /// Nothing may be lost: the replica must have received everything up to this WAL position.
    public var upTo: InputValue?
    /// The other servers where the data can live: none of them may take writes.
    public var others: [PostgreSQLReference]
    /// What is wrong in the data is as wrong here.
    public var isCorrupt: Bool

    enum CodingKeys: String, CodingKey { case server, dataClass = "data", upTo, others, isCorrupt }
  }

  public static let name: StepKindName = "postgresql.promote"
  public static let summary = "Makes a replica the primary, unless another server still takes writes, and says what was not received before it."
  public static let fields = [
    Field("server", .name(of: ServerKind.postgresql.noun), required: true, "The replica. Its URL's user must be a superuser there."),
    Field("data", .name(of: "data class"), "The data class that is back with it; needed where several live there."),
    Field("upTo", .input, "A WAL position that it must have received before, `{ output: FENCE.position }`: a hand-over that loses nothing, or does not happen."),
  ]
  public static let outputs = ["position": "the WAL position at which it became the primary", "url": "the server's URL, as a secret"]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let plan = context.plan
    let server = fields.postgresql("server", in: plan)
    let isNamed = fields.keys.contains("data")
    let named = isNamed ? fields.dataClass("data", in: plan) : nil
    if !isNamed { _ = fields.node("data") }
    let upTo = fields.node("upTo").flatMap { readInput($0, "`upTo` of \(fields.what)", in: plan, fields.collector) }
    guard let server else { return nil }
    let living = plan.dataClasses.filter { $0.servers.contains { $0.value == server.server } }
    if isNamed, named == nil { return nil }
    if let named, let problem = problem(with: named, in: plan, fields) { fields.collector.add(problem); return nil }
    let dataClass = named ?? (living.count == 1 ? living[0] : nil)
    let others = (dataClass?.servers.map(\.value) ?? plan.servers(of: .postgresql).map(\.name.value)).filter { $0 != server.server }
    return Arguments(
      server: server, dataClass: dataClass?.name.value, upTo: upTo, others: others.compactMap(plan.postgresql),
      isCorrupt: context.scenario?.corrupts?.dataClasses.contains { $0.value == dataClass?.name.value } ?? false)
  }

  private static func problem(with dataClass: DataClass, in plan: Plan, _ fields: borrowing MappingReader) -> Diagnostic? {
    guard let other = dataClass.servers.compactMap({ plan.server($0.value) }).first(where: { $0.kindName != .postgresql }) else { return nil }
    return Diagnostic(
      "wrong-value", "\(fields.what) is for a \(ServerKind.postgresql.noun), and `\(dataClass.name.value)` lives on `\(other.name.value)`, a \(other.kindName.noun)",
      at: fields.span(of: "data"), related: [.init(span: dataClass.name.span, label: "the data class")],
      helps: ["name a data class that lives on a \(ServerKind.postgresql.noun)"])
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    Footprint(
      writes: [.server(arguments.server.server)], requires: [.server(arguments.server.server), .secret(arguments.server.url.name)],
      recovers: arguments.isCorrupt ? nil : arguments.dataClass?.rawValue)
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .mustBeWritten }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at now: Timestamp) -> Change {
    let server = "`\(arguments.server.server)`"
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    guard observation.facts[RoleFact.role]?.string == "standby" else { return Change(.none, reason: "\(server) is a primary already") }
    if let problem = observation.measurements[RoleShown.problem]?.string { return Change(.unknown, reason: "the step would fail: \(problem)") }
    return Change(
      .update, reason: "makes \(server) the primary", before: ["role": "standby"], after: ["role": "primary"], losses: [losses(observation, at: now)])
  }

  /// As it stands at this moment; what is lost is measured when it is promoted.
  private static func losses(_ observation: Observation, at now: Timestamp) -> String {
    let lag = observation.measurements["receiveLag"]?.string.flatMap { ByteCount($0) }
    let until = observation.measurements["replayedUntil"]?.string.flatMap { Timestamp($0) }
    let age = until.map { "; its last transaction was committed at \($0), \((now - $0).rounded) ago" } ?? ""
    let amount = lag.map { "\($0.rounded) by what it was last told" } ?? "it is connected to no primary, so nobody knows how much"
    return "what the replica was not sent is lost: \(amount)\(age)"
  }
}
