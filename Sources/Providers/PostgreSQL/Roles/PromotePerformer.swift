internal import CanonicalJSON
internal import PlanModel
internal import PostgreSQLClient
public import ProviderInterface
internal import Units

/// Makes a replica the primary.
public struct PromotePerformer: StepPerformer {
  public typealias Kind = PostgreSQLPromote

  public func perform(_ arguments: PostgreSQLPromote.Arguments, in context: PerformingContext) async throws(StepFailure) -> StepResult {
    let connection = try await open(arguments, context)
    let address = connection.address.server
    return try await translating("promoting \(address)") {
      let role = try await ServerRole.look(connection)
      guard role.isSuperuser else {
        throw StepFailure(
          "right-missing", "the URL's user is no superuser on \(address)", details: ["it must promote, and read where the logs ended"],
          helps: ["put the URL of a superuser into the secret"])
      }
      let others = try await others(arguments, role, context)
      if role.isPrimary {
        // An earlier attempt of this step may have been cut off after its work was done.
        guard let mark = try await PromotionMark.read(connection), mark.isOf(context.mark) else { throw noReplica(arguments, address) }
        return try await result(mark, arguments, others, connection, context)
      }
      try await refuseUnlessSafe(role, others, arguments, connection, context)
      context.report(StepProgress(phase: "waiting for what is still to come"))
      let before = try await received(arguments, OtherServer.end(others), connection, context)
      let mark = PromotionMark(context.mark, before, end: OtherServer.end(others), at: context.now())
      try await mark.write(connection)
      context.report(StepProgress(phase: "replaying and promoting"))
      try await promote(connection, context)
      return try await result(mark, arguments, try await self.others(arguments, role, context), connection, context)
    }
  }

  private func open(_ arguments: PostgreSQLPromote.Arguments, _ context: PerformingContext) async throws(StepFailure) -> PostgreSQLConnection {
    let address = try await context.secrets.address(of: arguments.server)
    switch try await Knocking(address: address, application: context.mark.applicationName).knock() {
    case .open(let connection, false): return connection
    case .open(_, true):
      throw StepFailure(
        "server-fenced", "`\(arguments.server.server)` is fenced itself: as a primary it would let nobody in",
        helps: ["name the replica as `server` of this step, not the server that was fenced"])
    case .refused(let failure), .silent(let failure): throw failure
    }
  }

  private func others(_ arguments: PostgreSQLPromote.Arguments, _ role: ServerRole, _ context: PerformingContext) async throws(StepFailure) -> [OtherServer] {
    var others: [OtherServer] = []
    for server in arguments.others {
      others.append(try await OtherServer.look(server, family: role.systemIdentifier, context.secrets, context.mark.applicationName))
    }
    return others
  }

  private func noReplica(_ arguments: PostgreSQLPromote.Arguments, _ address: String) -> StepFailure {
    StepFailure(
      "no-replica", "`\(arguments.server.server)` (\(address)) is no replica: it is a primary, and this run has not made it one",
      details: ["nobody knows whether it has the data that is wanted"], helps: ["look at it, then plan again: a server that is a primary needs no promotion"])
  }

  private func refuseUnlessSafe(
    _ role: ServerRole, _ others: [OtherServer], _ arguments: PostgreSQLPromote.Arguments, _ connection: PostgreSQLConnection, _ context: PerformingContext
  ) async throws {
    if let refusal = OtherServer.refusal(others, promoting: arguments.server.server) { throw refusal }
    guard let receiver = role.standby?.receiver, receiver.isStreaming else { return }
    let states = others.map(\.state)
    if states.contains(where: { switch $0 { case .fenced, .standby: true; default: false } }) { return }
    let isSilent = states.contains { if case .silent = $0 { true } else { false } }
    // Silent to us, and perhaps not to the replica: a line may be cut here and not there.
    if isSilent, try await goesSilent(connection, context) { return }
    throw StepFailure(
      "primary-not-fenced",
      "`\(arguments.server.server)` is being sent the log by \(receiver.sender), which \(isSilent ? "does not answer us" : "the plan does not know")",
      details: ["a primary that sends its log is alive, and may take writes"],
      helps: [
        isSilent ? "cut it off for good, from its clients too; then resume" : "name it under `servers` and in `on` of the data class, and fence it before this step"
      ])
  }

  /// Whether the replica hears nothing from its primary either. It asks by itself after half of its time-out, and hangs up after all of it.
  private func goesSilent(_ connection: PostgreSQLConnection, _ context: PerformingContext) async throws -> Bool {
    context.report(StepProgress(phase: "listening whether the old primary still sends"))
    let sql = "SELECT last_msg_receipt_time FROM pg_catalog.pg_stat_wal_receiver WHERE status = 'streaming'"
    let before = try await connection.query(sql).value
    let milliseconds = Int64(try await connection.query("SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_receiver_timeout'").value ?? "") ?? 0
    let patience = min(Duration.milliseconds(milliseconds) + .seconds(2), context.timeout.duration / 2)
    return try await polled(within: patience, every: .milliseconds(250)) { () -> Bool? in
      guard let last = try await connection.query(sql).value else { return true }
      return last == before ? nil : false
    } ?? false
  }

  /// Waits for what the fenced primary still sends; where nothing may be lost, for all of it.
  private func received(
    _ arguments: PostgreSQLPromote.Arguments, _ end: PromotionLoss.End?, _ connection: PostgreSQLConnection, _ context: PerformingContext
  ) async throws -> ServerRole.Standby {
    var wanted = end?.position
    var isNeeded = false
    if let upTo = arguments.upTo {
      let text = try await context.resolve(upTo).reveal()
      guard let position = WALPosition(text) else {
        throw StepFailure("position-unusable", "`upTo` is no WAL position", helps: ["take it from the step that fences: `upTo: { output: FENCE.position }`"])
      }
      (wanted, isNeeded) = (position, true)
    }
    var last: ServerRole.Standby?
    let patience = isNeeded ? context.timeout.duration / 2 : min(.seconds(10), context.timeout.duration / 5)
    let isThere = try await polled(within: patience) { () -> Bool? in
      guard let standby = try await ServerRole.look(connection).standby else { return false }
      last = standby
      guard let wanted, (standby.received ?? WALPosition(offset: 0)) < wanted else { return true }
      // Nothing more comes in by a line that is cut.
      return !isNeeded && standby.receiver?.isStreaming != true ? false : nil
    }
    guard let last else {
      throw StepFailure("no-replica", "somebody else has promoted \(connection.address.server) just now", helps: ["look who, before anything else is done"])
    }
    if isNeeded, isThere != true, let wanted {
      let missing = (last.received ?? WALPosition(offset: 0)).distance(to: wanted)
      throw StepFailure(
        "replica-behind", "`\(arguments.server.server)` has not received \(missing.rounded) of the log up to \(wanted), and nothing may be lost",
        details: [
          "it has received up to \(last.received.map { "\($0)" } ?? "nothing") and replayed up to \(last.replayed.map { "\($0)" } ?? "nothing")",
          last.receiver.map { $0.isStreaming ? "it is connected to \($0.sender)" : "its line to \($0.sender) is down" } ?? "it is connected to no primary",
        ],
        helps: ["let it catch up and resume; or take back the fence (sie-dr rollback) and hand over later; or promote without `upTo`, and lose that"],
        transient: true)
    }
    return last
  }

  private func promote(_ connection: PostgreSQLConnection, _ context: PerformingContext) async throws {
    let seconds = max(1, Int(context.timeout.duration.components.seconds))
    let answer = try await connection.query("SELECT pg_catalog.pg_promote(true, $1::int)", [String(seconds)], deadline: context.timeout.duration).value
    guard answer == "t", try await ServerRole.look(connection).isPrimary else {
      throw StepFailure(
        "not-promoted", "\(connection.address.server) has not become the primary in \(context.timeout.rounded)",
        details: ["it may still be replaying what it has received"],
        helps: ["look into its log; when it has caught up, resume: a promotion that came late is found"], transient: true)
    }
  }

  /// Verifies what was done, and says what it cost.
  private func result(
    _ mark: PromotionMark, _ arguments: PostgreSQLPromote.Arguments, _ others: [OtherServer], _ connection: PostgreSQLConnection, _ context: PerformingContext
  ) async throws -> StepResult {
    if let second = OtherServer.refusal(others, promoting: arguments.server.server) {
      throw StepFailure(
        "two-primaries", "`\(arguments.server.server)` is the primary now, and \(second.message)", details: second.details,
        helps: ["cut the other one off at once, then resume"])
    }
    let row = try await connection.query(
      """
      SELECT pg_catalog.pg_last_wal_replay_lsn(), pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()),
        pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn())
      """
    ).rows.first ?? []
    // After a restart it has forgotten; what was received is where it stood.
    let position = WALPosition(row.text(0)) ?? WALPosition(mark.received)
    // A number is given out, and so written, only where writes are taken.
    _ = try await connection.execute("BEGIN READ WRITE; SELECT pg_catalog.pg_current_xact_id(); COMMIT")
    await connection.close()
    let timeline = Int(row.text(2).prefix(8), radix: 16) ?? 0
    let loss = PromotionLoss(
      position: position ?? WALPosition(offset: 0), nextTransaction: mark.nextTransaction ?? row.int(1), replayedUntil: mark.replayedUntil, end: mark.end,
      lastTold: WALPosition(mark.lastTold), now: mark.at)
    let place = position.map { "\($0)" } ?? "an unknown position"
    var measurements = loss.measurements
    measurements["timeline"] = .int(Int64(timeline))
    measurements["position"] = .string(place)
    measurements["receivedBefore"] = mark.received.map { .string($0) }
    measurements["replayedBefore"] = mark.replayed.map { .string($0) }
    measurements["replayedUntil"] = mark.replayedUntil.map { .string("\($0)") }
    measurements["oldPrimaryEnd"] = mark.endPosition.map { .string($0) }
    return StepResult(
      summary: "`\(arguments.server.server)` is the primary since \(place), on timeline \(timeline), and takes writes; \(loss.words)",
      outputs: ["position": .text(place), "url": .secret(arguments.server.url)], measurements: measurements)
  }

  public func settle(_ arguments: PostgreSQLPromote.Arguments, in context: PerformingContext) async -> Settlement {
    do {
      let connection = try await open(arguments, context)
      return try await translating("looking at \(connection.address.server)") {
        let role = try await ServerRole.look(connection)
        guard let mark = role.isSuperuser ? try await PromotionMark.read(connection) : nil, mark.isOf(context.mark) else {
          return role.isPrimary ? .unknown("`\(arguments.server.server)` is a primary, and no mark says who has made it one") : .notDone
        }
        guard role.isPrimary else { return .notDone }
        return .done(try await result(mark, arguments, try await others(arguments, role, context), connection, context))
      }
    } catch {
      return .unknown("`\(arguments.server.server)` cannot be asked: \(error.message)")
    }
  }

  /// A primary does not become a replica again by itself: the author says what is done, `postgresql.rebuildReplica` above all.
  public func undo(_: PostgreSQLPromote.Arguments, result _: StepResult?, in _: PerformingContext) async throws(StepFailure) {}
}
