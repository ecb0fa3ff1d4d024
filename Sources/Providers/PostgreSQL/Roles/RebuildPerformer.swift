internal import CanonicalJSON
internal import PlanModel
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Makes a former primary a replica again.
public struct RebuildPerformer: StepPerformer {
  public typealias Kind = PostgreSQLRebuildReplica
  let host: PostgreSQLHost

  public func perform(_ arguments: PostgreSQLRebuildReplica.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let source = try await context.secrets.address(of: arguments.from)
    let primary = try await primary(arguments, source, isToBeCopied: true, context)
    let target = Knocking(address: try await context.secrets.address(of: arguments.server), application: context.mark.applicationName)
    let answer = try await target.knock()
    if case .open(let connection, _) = answer {
      let role = try await translating("looking at \(target.address.server)") { try await ServerRole.look(connection) }
      await connection.close()
      // An earlier attempt was cut off at its very end.
      if role.isFollowing(primary) {
        try await open(target)
        return result(arguments, role, took: nil)
      }
    }
    let folder = ServerFolder(
      host: host, path: arguments.folder, through: arguments.through, programs: try await ServerFolder.programs(major: primary.major, on: host), source: source,
      deadline: context.timeout)
    try await folder.putLeftoversBack()
    try await check(arguments, folder, answer, primary, target)
    let began = ContinuousClock.now
    // Before anything else: from here on it cannot come back as a primary, whoever starts it.
    if try await folder.exists(arguments.folder) {
      try await folder.keepFromBeingPrimary()
      try await stop(arguments, folder, context)
    }
    context.report(StepProgress(phase: arguments.method == .rewind ? "rewinding" : "copying"))
    switch arguments.method {
    case .rewind: try await folder.rewind()
    case .copy: try await folder.copy()
    }
    context.report(StepProgress(phase: "starting, and catching up"))
    try await StepProgram(host: host, words: arguments.start, secrets: source.secretValues).run(context)
    let role = try await catchUp(arguments, target, primary, context)
    if arguments.method == .copy { try await folder.forgetOld() }
    return result(arguments, role, took: TimeSpan(milliseconds: Int64(began.duration(to: .now) / .milliseconds(1))))
  }

  // MARK: Before

  private func primary(
    _ arguments: PostgreSQLRebuildReplica.Arguments, _ source: ServerAddress, isToBeCopied: Bool, _ context: PerformingContext
  ) async throws(StepFailure) -> ServerRole {
    switch try await Knocking(address: source, application: context.mark.applicationName).knock() {
    case .refused(let failure), .silent(let failure): throw failure
    case .open(let connection, let throughDoor):
      let role = try await translating("looking at \(source.server)") { try await ServerRole.look(connection) }
      guard role.isPrimary, !throughDoor else {
        await connection.close()
        throw StepFailure(
          "no-primary", "`\(arguments.from.server)` is \(throughDoor ? "fenced" : "no primary"): nothing can be a replica of it",
          helps: ["name the new primary as `from`, and let the step that promotes it come before: `needs: […]`"])
      }
      // Until its first checkpoint its control file is of the old timeline, and a rewind would find nothing to do.
      if isToBeCopied { try await translating("asking \(source.server) for a checkpoint") { _ = try await connection.query("CHECKPOINT") } }
      await connection.close()
      return role
    }
  }

  private func check(
    _ arguments: PostgreSQLRebuildReplica.Arguments, _ folder: ServerFolder, _ answer: Answer, _ primary: ServerRole, _ target: Knocking
  ) async throws(StepFailure) {
    let server = arguments.server.server
    let isThere = try await folder.exists(arguments.folder)
    let identifier = isThere ? try await folder.systemIdentifier() : nil
    if isThere || arguments.method == .rewind, identifier != primary.systemIdentifier {
      throw StepFailure(
        "folder-unrelated", "\(arguments.folder) holds no cluster of the same family as `\(arguments.from.server)`",
        details: [identifier.map { "its system identifier is \($0), not \(primary.systemIdentifier)" } ?? "pg_controldata finds none there"],
        helps: ["write the data directory of `\(server)` as `folder`; this step overwrites nothing else"])
    }
    switch answer {
    case .silent: return
    case .refused(let failure): throw failure.adding(details: ["it answers, and cannot be looked at: it may be taking writes"])
    case .open(_, let throughDoor):
      // The session is closed; asked anew, so that what is true now is checked.
      let (role, sessions, directory) = try await translating("looking at \(target.address.server)") {
        let connection = throughDoor ? try await target.byDoor() : try await target.byURL()
        let seen = (
          try await ServerRole.look(connection), try await SessionSweep.count(connection),
          try await connection.query("SELECT pg_catalog.current_setting('data_directory')").value
        )
        await connection.close()
        return seen
      }
      guard directory == arguments.folder else {
        throw StepFailure(
          "folder-another", "the data directory of `\(server)` is \(directory ?? "not told to this user"), not \(arguments.folder)",
          helps: ["correct `folder`, or the URL in the secret `\(arguments.server.url.name)`, whose user must be a superuser"])
      }
      guard role.isPrimary, !throughDoor || sessions > 0 else { return }
      throw StepFailure(
        "primary-not-fenced", "`\(server)` is a primary that takes connections: what is written there now would be lost",
        details: ["other sessions there: \(sessions)"],
        helps: ["fence it first: `fence: { postgresql.fence: { server: \(server) } }`, and `needs: [fence]` at this step"])
    }
  }

  private func stop(_ arguments: PostgreSQLRebuildReplica.Arguments, _ folder: ServerFolder, _ context: PerformingContext) async throws(StepFailure) {
    guard try await folder.isRunning() else { return }
    context.report(StepProgress(phase: "stopping the server"))
    try await StepProgram(host: host, words: arguments.stop).run(context)
    let isStopped = try await translating("waiting for the server to stop") {
      try await polled(within: min(.seconds(30), context.timeout.duration / 4), every: .milliseconds(250)) { () -> Bool? in
        try await folder.isRunning() ? nil : true
      }
    }
    guard isStopped == true else {
      throw StepFailure(
        "not-stopped", "`\(arguments.stop.joined(separator: " "))` ended well, and a server still runs in \(arguments.folder)",
        helps: ["stop it by hand, and correct `stop`; then resume"])
    }
  }

  // MARK: Afterwards

  private func catchUp(
    _ arguments: PostgreSQLRebuildReplica.Arguments, _ target: Knocking, _ primary: ServerRole, _ context: PerformingContext
  ) async throws(StepFailure) -> ServerRole {
    let wanted = primary.primary?.position
    var last: String?
    let followed = try await translating("waiting for \(target.address.server)") {
      try await polled(within: context.timeout.duration / 2, every: .milliseconds(250)) { () -> ServerRole? in
        guard case .open(let connection, _) = try await target.knock() else { last = "it does not let us in yet"; return nil }
        let role = try await ServerRole.look(connection)
        await connection.close()
        guard !role.isPrimary else {
          try await StepProgram(host: host, words: arguments.stop).run(context)
          throw StepFailure(
            "second-primary", "`\(arguments.server.server)` came up as a primary, and was stopped at once",
            details: ["something has removed its standby.signal"],
            helps: ["look what `start` does, before anything else is done"])
        }
        guard role.isFollowing(primary), let standby = role.standby else { last = "it is a standby, and no log comes in"; return nil }
        guard let wanted, (standby.received ?? WALPosition(offset: 0)) < wanted else { return role }
        last = "it has received up to \(standby.received.map { "\($0)" } ?? "nothing") of \(wanted)"
        return nil
      }
    }
    guard let followed else {
      throw StepFailure(
        "not-following", "`\(arguments.server.server)` does not follow `\(arguments.from.server)`: \(last ?? "it says nothing")",
        details: ["what it lacks may be gone from the primary already, or the primary does not let it in for replication"],
        helps: ["look into its log; then resume, with `method: copy` if the log says that WAL is missing"], transient: true)
    }
    try await open(target)
    return followed
  }

  /// A replica needs no fence: by whichever step it came, it goes, and people may read again.
  private func open(_ target: Knocking) async throws(StepFailure) {
    try await translating("opening \(target.address.server) again") {
      guard case .open(let connection, true) = try await target.knock() else { return }
      let rules = AccessRules(connection: connection, server: target.address.server)
      if try await ServerRole.look(connection).standby != nil, let fence = try await rules.fence() { try await rules.lift(fence) }
      await connection.close()
    }
  }

  private func result(_ arguments: PostgreSQLRebuildReplica.Arguments, _ role: ServerRole, took: TimeSpan?) -> StepResult {
    let place = role.standby?.received.map { "\($0)" } ?? "an unknown position"
    var measurements = role.measurements
    measurements["method"] = .string(arguments.method.rawValue)
    measurements["took"] = took.map { .string($0.description) }
    return StepResult(
      summary: "`\(arguments.server.server)` is a replica of `\(arguments.from.server)`, on its timeline, and has received up to \(place)",
      measurements: measurements)
  }

  public func settle(_ arguments: PostgreSQLRebuildReplica.Arguments, in context: PerformingContext) async -> Settlement {
    do {
      let primary = try await primary(arguments, try await context.secrets.address(of: arguments.from), isToBeCopied: false, context)
      let target = Knocking(address: try await context.secrets.address(of: arguments.server), application: context.mark.applicationName)
      // Anything but a replica is begun again: what was moved is put back first.
      guard case .open(let connection, false) = try await target.knock() else { return .notDone }
      let role = try await translating("looking at \(target.address.server)") { try await ServerRole.look(connection) }
      await connection.close()
      return role.isFollowing(primary) ? .done(result(arguments, role, took: nil)) : .notDone
    } catch {
      return .unknown("whether `\(arguments.server.server)` follows `\(arguments.from.server)` cannot be told: \(error.message)")
    }
  }

  /// What it alone had is gone.
  public func undo(_: PostgreSQLRebuildReplica.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}

extension ServerRole {
  /// `15.20 (Debian …)`.
  var major: Int { Int(version.prefix(while: \.isNumber)) ?? 0 }

  /// Whether it is a replica that is being sent the log of `primary`, on its timeline.
  func isFollowing(_ other: ServerRole) -> Bool {
    guard systemIdentifier == other.systemIdentifier, let receiver = standby?.receiver, let primary = other.primary else { return false }
    return receiver.isStreaming && receiver.timeline == primary.timeline
  }
}
