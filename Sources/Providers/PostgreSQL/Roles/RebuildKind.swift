internal import CanonicalJSON
internal import Diagnostics
public import PlanModel
public import ProviderInterface
public import Units
internal import YAMLReading

/// `postgresql.rebuildReplica`: makes a former primary a replica of another server. It never comes back as a primary.
public enum PostgreSQLRebuildReplica: StepKind {
  public enum Method: String, Codable, Hashable, Sendable, CaseIterable { case rewind, copy }

  public struct Arguments: Codable, Hashable, Sendable {
    public var server: PostgreSQLReference
    public var from: PostgreSQLReference
    public var method: Method
    /// The server's data directory, on the host where this program runs.
    public var folder: String
    public var stop: [String]
    public var start: [String]
    /// Put before each program that touches the folder.
    public var through: [String]
  }

  public static let name: StepKindName = "postgresql.rebuildReplica"
  public static let summary = "Makes a former primary a replica of another server; what it alone has is lost, and it never comes back as a primary."
  public static let fields = [
    Field("server", .name(of: ServerKind.postgresql.noun), required: true, "The server that becomes a replica; fenced, or down."),
    Field("from", .name(of: ServerKind.postgresql.noun), required: true, "The primary. The replica connects to it by its URL, whose user must be a superuser."),
    Field("method", .choice(Method.allCases.map(\.rawValue)), "How: what differs (`rewind`, if not given; needs `wal_log_hints` or checksums), or all of it (`copy`; needs twice the space)."),
    Field("folder", .text, required: true, "The server's data directory, on the host where sie-dr runs; an absolute path, no mount point."),
    Field("stop", .argumentList, required: true, "The program that stops the server: `[systemctl, stop, postgresql@15-main]`."),
    Field("start", .argumentList, required: true, "The program that starts it."),
    Field("through", .argumentList, "Words put before each program that touches the folder, which must pass the environment on: `[runuser, -u, postgres, --]`."),
  ]

  public static func decode(_ fields: inout MappingReader, in context: StepContext) -> Arguments? {
    let server = fields.postgresql("server", in: context.plan)
    let from = fields.postgresql("from", in: context.plan)
    let method = fields.choice("method", of: Method.self)?.value ?? .rewind
    let folder = fields.requiredText("folder", example: "/var/lib/postgresql/15/main")
    _ = fields.required("stop", example: "[systemctl, stop, postgresql@15-main]")
    let stop = fields.arguments("stop")
    _ = fields.required("start", example: "[systemctl, start, postgresql@15-main]")
    let start = fields.arguments("start")
    // An empty list: the user that runs sie-dr owns the folder.
    let through = fields.node("through").map { $0.elements?.isEmpty == true ? [] : fields.argumentList($0, "`through` of \(fields.what)") ?? [] } ?? []
    guard let server, let from, let folder, let stop, let start else { return nil }
    guard server != from else {
      fields.collector.add(
        Diagnostic(
          "wrong-value", "\(fields.what) makes `\(server.server)` a replica of itself", at: fields.span(of: "from"), helps: ["name the primary as `from`"]))
      return nil
    }
    // It is moved and removed, with what is beside it under names of this step's own.
    guard folder.value.hasPrefix("/"), folder.value.count > 1, !folder.value.hasSuffix("/"), !folder.value.split(separator: "/").contains("..") else {
      fields.collector.add(
        Diagnostic(
          "wrong-value", "`\(folder.value)` is no data directory", at: folder.span, label: "expected an absolute path, without `..` and without a slash at its end",
          helps: ["on the server: SHOW data_directory"]))
      return nil
    }
    return Arguments(server: server, from: from, method: method, folder: folder.value, stop: stop, start: start, through: through)
  }

  public static func footprint(_ arguments: Arguments) -> Footprint {
    let servers = [arguments.server, arguments.from]
    return Footprint(
      reads: [.server(arguments.from.server)], writes: [.server(arguments.server.server)],
      requires: Set(servers.map { .server($0.server) } + servers.map { .secret($0.url.name) }))
  }

  public static func undoAbility(_: Arguments) -> UndoAbility { .mustBeWritten }

  public static func compare(_ arguments: Arguments, _ observation: Observation, at _: Timestamp) -> Change {
    let (server, from) = ("`\(arguments.server.server)`", "`\(arguments.from.server)`")
    if case .unreachable(let reason) = observation.reach { return Change(.unknown, reason: "could not be observed: \(reason)") }
    if observation.facts[RoleFact.follows]?.bool == true { return Change(.none, reason: "\(server) is a replica of \(from) already") }
    let losses = ["what \(server) alone has is lost"]
    if let problem = observation.measurements[RoleShown.problem]?.string { return Change(.unknown, reason: "the step would fail: \(problem)", losses: losses) }
    let how = arguments.method == .rewind ? "what differs is fetched from \(from)" : "all of \(from) is copied"
    return Change(
      .update, reason: "makes \(server) a replica of \(from): \(how)", before: ["role": observation.measurements[RoleShown.role] ?? "not reached"],
      after: ["role": "standby"], losses: losses)
  }
}
