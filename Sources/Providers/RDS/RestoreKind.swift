internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
internal import PointSteps
public import ProviderInterface
public import Units
internal import YAMLReading

/// `rds.restore`: a moment of an instance into a new one beside it.
public enum RDSRestore: StepKind {
  public struct Arguments: Codable, Hashable, Sendable {
    public var dataClass: DataClassName
    /// Whose backups are taken. It need not be there any more.
    public var from: RDSReference
    /// The one that is made.
    public var server: RDSReference
    public var moment: ChosenMoment
    /// Nil, of each of the following: as Amazon chooses, which is mostly that of the source.
    public var instanceClass: String?
    public var subnetGroup: String?
    public var securityGroups: [String]
    public var isMultiAZ: Bool?
  }

  public static let name: StepKindName = "rds.restore"
  public static let summary = "Restores a moment of an Amazon RDS instance into a new instance, and waits until that is available."
  public static let fields = [
    Field("data", .name(of: "data class"), required: true, "The data class to bring back."),
    Field("server", .name(of: ServerKind.rds.noun), required: true, "The instance that is made: there must be none of its identifier yet."),
    Field("from", .name(of: ServerKind.rds.noun), "Whose backups are taken; the `server` of the class's protection by `managed` if not given. It need not be there any more."),
    Field(
      "point", .point,
      "A moment, as `2026-11-24T08:15:34Z`, or `latest` (the default): the last one that can be restored; or `{ before: { output: STEP.time } }`: the last whole second before that time."),
    Field("class", .text, "The class of its machine, such as `db.m6g.large`; that of the source if not given."),
    Field("subnetGroup", .text, "Its DB subnet group; that of the source if not given."),
    Field("securityGroups", .nameList, "The ids of its VPC security groups; the VPC's own default group if not given."),
    Field("multiAZ", .bool, "Whether it gets a standby in another zone; no if not given."),
  ]
  public static let outputs = [
    "address": "the host name of the new instance", "port": "its port", "instance": "its identifier",
    "restoredTo": "the moment that was restored; for `latest` the last one that could be restored when the step asked, or a little later",
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let known = fields.collector.diagnostics.count
    let dataClass = fields.dataClass("data", in: context.plan)
    let server: RDSReference? = fields.server("server", in: context.plan)
    let from = dataClass.flatMap { source(of: $0, &fields, context) }
    let moment = fields.moment("point", in: context.plan)
    let instanceClass = fields.text("class")
    let subnetGroup = fields.text("subnetGroup")?.value
    let securityGroups = (fields.texts("securityGroups") ?? []).map(\.value)
    let isMultiAZ = fields.bool("multiAZ")?.value
    if let instanceClass, !instanceClass.value.hasPrefix("db.") {
      fields.collector.add(Diagnostic("wrong-value", "`class` of \(fields.what) is `\(instanceClass.value)`", at: instanceClass.span, helps: ["the classes of RDS begin with `db.`, as `db.m6g.large`"]))
    }
    if let from, let server {
      if from.region != server.region {
        fields.collector.add(
          Diagnostic(
            "wrong-value", "`\(server.server)` is in \(server.region), and the backups of `\(from.server)` are in \(from.region)", at: fields.span(of: "server"),
            helps: ["RDS restores within a region: name an instance in \(from.region)"]))
      } else if from.instance == server.instance {
        fields.collector.add(
          Diagnostic(
            "wrong-value", "`\(server.server)` is the instance that is restored from, `\(from.instance)`", at: fields.span(of: "server"),
            helps: ["RDS restores into a new instance: add a server with another `instance`, and name that"]))
      }
    }
    guard fields.collector.diagnostics.count == known, let dataClass, let from, let server, let moment else { return nil }
    return Arguments(
      dataClass: dataClass.name.value, from: from, server: server, moment: moment, instanceClass: instanceClass?.value, subnetGroup: subnetGroup, securityGroups: securityGroups,
      isMultiAZ: isMultiAZ)
  }

  private static func source(of dataClass: DataClass, _ fields: inout MappingReader, _ context: StepContext) -> RDSReference? {
    if fields.contains("from") { return fields.server("from", in: context.plan) }
    // Known to the reader, whether or not it is there.
    _ = fields.node("from")
    let managed = dataClass.continuous.compactMap { protection -> ServerName? in if case .managed(let database) = protection.method { database.server?.value } else { nil } }
    guard Set(managed).count == 1, let name = managed.first else {
      let why = managed.isEmpty ? "no protection by `managed` of `\(dataClass.name.value)` names its `server`" : "the protections of `\(dataClass.name.value)` name several servers"
      fields.collector.add(Diagnostic("missing-key", "\(fields.what) lacks `from`, and \(why)", at: context.step.kind.span, helps: ["write `from: SERVER`: the instance whose backups are taken"]))
      return nil
    }
    return RDSReference(name, in: context.plan)
  }

  /// The instance that is restored from need not survive: its backups may.
  public static func footprint(_ arguments: Arguments) -> Footprint {
    var secrets = arguments.server.secrets.map(\.name)
    if case .before(.secret(let moment)) = arguments.moment { secrets.append(moment.name) }
    return Footprint(
      reads: [.server(arguments.from.server)], writes: [.server(arguments.server.server)], requires: Set([.server(arguments.server.server)] + secrets.map { .secret($0) }),
      recovers: arguments.dataClass.rawValue)
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .byKind("deletes the instance that this run made") }
  public static func estimate(_ arguments: Arguments, in plan: Plan) -> Estimated? { plan.restoreEstimate(of: arguments.dataClass) }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at now: Timestamp) -> Change {
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    let seen = SeenBackups(observation)
    let losses = arguments.losses(seen, at: now)
    if let problem = observation.facts[RestoreFact.problem]?.string { return Change(.unknown, reason: "the step would fail: \(problem)", losses: losses) }
    // Moments pass and windows move, so what they come to is told anew each time and is no fact.
    if let seen, let problem = arguments.moment.problem(in: seen.window, of: arguments.from.instance) { return Change(.unknown, reason: "the step would fail: \(problem)", losses: losses) }
    return Change(
      .create, reason: "brings `\(arguments.dataClass)` back on `\(arguments.server.server)`, a new instance", before: ["instance": .string("absent")],
      after: ["instance": .string("`\(arguments.server.instance)`, as of \(arguments.moment.shown(seen?.window))")], losses: losses)
  }
}

enum RestoreFact {
  /// What will make the step fail, where that can be seen.
  static let problem = "problem"
  /// The state of what has the identifier that the new instance gets; `absent` where nothing has it.
  static let target = "target"
}

extension RDSRestore.Arguments {
  func losses(_ seen: SeenBackups?, at now: Timestamp) -> [String] {
    if let until = moment.unknownUntil { return ["everything that `\(dataClass)` committed after that moment, which is \(until), is lost"] }
    let last = seen?.window.flatMap { window in moment.resolved.map { $0.time ?? window.last } }
    return last.map { ["everything that `\(dataClass)` committed after \($0) (\((now - $0).rounded) ago) is lost"] } ?? []
  }
}
