internal import CanonicalJSON
internal import PostgreSQLClient
internal import ProviderInterface
internal import Units

/// Fences a server that answers: shuts its door, ends all sessions, proves both, and says where its log ends.
struct Fencing: Sendable {
  let knocking: Knocking
  let connection: PostgreSQLConnection
  let mark: StepMark
  let report: @Sendable (StepProgress) -> Void
  let now: @Sendable () -> Timestamp

  private var server: String { knocking.address.server }
  private var rules: AccessRules { AccessRules(connection: connection, server: server) }

  /// What was seen and done, for the result.
  struct Proof: Sendable {
    var mark: FenceMark
    /// The server's own words.
    var refusal: String
    var swept: SessionSweep.Swept
    var position: WALPosition
    var nextTransaction: Int64
    /// How much was written to the log after that, by the server itself.
    var movedAfterwards: ByteCount
    var replicas: [Replica]
  }

  struct Replica: Hashable, Sendable {
    var name: String
    var behind: ByteCount
  }

  func run() async throws -> Proof {
    try await check()
    report(StepProgress(phase: "shutting the door"))
    var fence = try await shut()
    let (refusal, inside) = try await provedShut(fence)
    await connection.close()
    report(StepProgress(phase: "ending sessions"))
    let swept = try await SessionSweep(connection: inside, server: server).run()
    let (position, next) = try await end(inside)
    // The first one counts: what comes later is written by the server itself.
    if fence.mark.position == nil {
      fence.mark.position = "\(position)"
      fence.mark.nextTransaction = next
      let rules = AccessRules(connection: inside, server: server)
      try await rules.write(fence.text, to: try await rules.read().path)
    }
    report(StepProgress(phase: "waiting for replicas"))
    let replicas = try await self.replicas(inside, until: position)
    let moved = WALPosition(try await inside.query("SELECT pg_catalog.pg_current_wal_insert_lsn()").value).map { position.distance(to: $0) }
    await inside.close()
    return Proof(
      mark: fence.mark, refusal: refusal, swept: swept, position: WALPosition(fence.mark.position) ?? position,
      nextTransaction: fence.mark.nextTransaction ?? next, movedAfterwards: moved ?? .zero, replicas: replicas)
  }

  private func check() async throws {
    let role = try await ServerRole.look(connection)
    if let standby = role.standby {
      throw StepFailure(
        "no-primary", "\(server) is no primary: it takes no writes, and fencing it keeps nobody from writing elsewhere",
        details: [standby.receiver.map { "it is sent the log by \($0.sender)" } ?? "it is connected to no primary"],
        helps: ["name the primary as `server` of this step; `sie-dr plan` shows who it is"])
    }
    guard role.isSuperuser else {
      throw StepFailure(
        "right-missing", "the URL's user is no superuser on \(server), and only a superuser can shut it",
        helps: ["put the URL of a superuser into the secret, or fence by a program: `by: […]`, with a firewall or the power"])
    }
  }

  /// The fence that is there, else one of our own.
  private func shut() async throws -> FencedRules {
    let (path, text) = try await rules.read()
    if let fence = FencedRules(text: text) {
      _ = try await connection.query("SELECT pg_catalog.pg_reload_conf()")
      return fence
    }
    let user = try await connection.query("SELECT session_user").value ?? ""
    let kept = AccessRule.behindFence(try await rules.rules(), user: user, database: knocking.address.database, door: knocking.door)
    let fence = FencedRules(mark: FenceMark(mark, at: now()), rules: kept, original: text)
    try await rules.write(fence.text, to: path)
    return fence
  }

  /// Knocks as the applications do until that is refused, and by the administrator's way, which must stay open: else all is put back.
  private func provedShut(_ fence: FencedRules) async throws -> (refusal: String, inside: PostgreSQLConnection) {
    var last: PostgreSQLError?
    let proved = try await polled(within: .seconds(15)) { () -> (String, PostgreSQLConnection)? in
      let refusal: String
      do throws(PostgreSQLError) {
        await (try await knocking.byURL()).close()
        return nil
      } catch {
        last = error
        guard error.isByRule else { return nil }
        refusal = error.message
      }
      do throws(PostgreSQLError) { return (refusal, try await knocking.byDoor()) } catch { last = error; return nil }
    }
    if let proved { return proved }
    if fence.mark.isOf(mark) { try await rules.lift(fence) }
    throw StepFailure(
      "not-shut", "\(server) could not be shut so that its administrator still gets in: its pg_hba.conf is as it was",
      details: [last?.message ?? "it went on letting everybody in"],
      helps: ["let the URL's user into the database `\(knocking.door)` too, or fence by a program: `by: […]`"])
  }

  /// Everything that anybody was told is committed lies before this, and is on disk.
  private func end(_ inside: PostgreSQLConnection) async throws -> (WALPosition, Int64) {
    let name = String("sie-dr fence \(mark.run).\(mark.step)".prefix(63))
    let next = "pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())"
    let row: [String?]?
    do throws(PostgreSQLError) {
      row = try await inside.query("SELECT pg_catalog.pg_create_restore_point($1), \(next)", [name]).rows.first
    } catch {
      // With `wal_level = minimal` there are none; a checkpoint writes everything out too.
      guard error.state == .objectNotInPrerequisiteState else { throw error }
      _ = try await inside.query("CHECKPOINT")
      row = try await inside.query("SELECT pg_catalog.pg_current_wal_insert_lsn(), \(next)").rows.first
    }
    guard let row, let position = WALPosition(row.text(0)) else { throw StepFailure("unexpected", "\(server) does not say where its log ends") }
    return (position, row.int(1))
  }

  /// How far each replica is that is connected, once all have everything, or none gets on any more.
  private func replicas(_ inside: PostgreSQLConnection, until position: WALPosition) async throws -> [Replica] {
    var seen: [Replica] = []
    _ = try await polled(within: .seconds(15)) { () -> Bool? in
      seen = try await inside.query(
        """
        SELECT COALESCE(NULLIF(application_name, ''), 'a replica') || COALESCE(' at ' || pg_catalog.host(client_addr), ''), flush_lsn
        FROM pg_catalog.pg_stat_replication WHERE state IN ('streaming', 'catchup') ORDER BY 1
        """
      ).rows.map { row in
        Replica(name: row.text(0), behind: (WALPosition(row.text(1)) ?? WALPosition(offset: 0)).distance(to: position))
      }
      return seen.allSatisfy { $0.behind == .zero } ? true : nil
    }
    return seen
  }
}
