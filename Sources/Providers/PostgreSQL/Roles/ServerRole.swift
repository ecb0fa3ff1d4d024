internal import CanonicalJSON
internal import PostgreSQLClient
internal import Units

/// What a server is at this moment: as it says itself, never as somebody remembers it.
struct ServerRole: Hashable, Sendable {
  /// Of the whole family: a replica has its primary's.
  var systemIdentifier: String
  var version: String
  var isSuperuser: Bool
  var state: State

  enum State: Hashable, Sendable {
    case primary(Primary)
    case standby(Standby)
  }

  struct Primary: Hashable, Sendable {
    var timeline: Int
    /// Up to where it has written.
    var position: WALPosition?
    /// The number that the next transaction will have.
    var nextTransaction: Int64
  }

  /// What a replica has been sent, and what of it it has replayed, are two things: only what it was not sent can be lost.
  struct Standby: Hashable, Sendable {
    /// Where it would stand as a primary: what it was sent, and of what came from an archive what it has replayed.
    var received: WALPosition?
    var replayed: WALPosition?
    /// When the last transaction that it has replayed was committed.
    var replayedUntil: Timestamp?
    var isPaused: Bool
    var receiver: Receiver?
    var nextTransaction: Int64

    var replayLag: ByteCount? { received.flatMap { received in replayed.map { $0.distance(to: received) } } }
    /// As far as it knows.
    var receiveLag: ByteCount? { receiver?.lastTold.flatMap { told in received.map { $0.distance(to: told) } } }
  }

  /// The connection by which a replica is sent the log.
  struct Receiver: Hashable, Sendable {
    var isStreaming: Bool
    /// On which timeline.
    var timeline: Int
    /// `HOST:PORT` of whoever sends.
    var sender: String
    /// The end of the log there, as it was last told.
    var lastTold: WALPosition?
    var toldAt: Timestamp?
  }

  var isPrimary: Bool { if case .primary = state { true } else { false } }
  var standby: Standby? { if case .standby(let standby) = state { standby } else { nil } }
  var primary: Primary? { if case .primary(let primary) = state { primary } else { nil } }

  private static func utc(_ expression: String) -> String {
    "pg_catalog.to_char(\(expression) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
  }

  static func look(_ database: some Asking) async throws(PostgreSQLError) -> ServerRole {
    // One row: as of one moment.
    let row = try await database.ask(
      """
      SELECT pg_catalog.pg_is_in_recovery(), c.system_identifier, pg_catalog.current_setting('server_version'),
        pg_catalog.current_setting('is_superuser') = 'on',
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_current_wal_insert_lsn() END,
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()) END,
        pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()),
        pg_catalog.pg_last_wal_receive_lsn(), pg_catalog.pg_last_wal_replay_lsn(), \(utc("pg_catalog.pg_last_xact_replay_timestamp()")),
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_is_wal_replay_paused() END,
        r.status, COALESCE(r.sender_host, '') || ':' || COALESCE(r.sender_port::text, ''), r.latest_end_lsn, \(utc("r.latest_end_time")),
        r.received_tli
      FROM pg_catalog.pg_control_system() AS c LEFT JOIN pg_catalog.pg_stat_wal_receiver AS r ON true
      """
    ).rows.first ?? []
    let receiver = row.text(11).isEmpty ? nil
      : Receiver(
        isStreaming: row.text(11) == "streaming", timeline: Int(row.int(15)), sender: row.text(12), lastTold: WALPosition(row.text(13)),
        toldAt: Timestamp(row.text(14)))
    let state: State =
      row.bool(0)
      ? .standby(
        Standby(
          // A connection that is new counts from the beginning of its segment.
          received: [WALPosition(row.text(7)), WALPosition(row.text(8))].compactMap { $0 }.max(), replayed: WALPosition(row.text(8)),
          replayedUntil: Timestamp(row.text(9)), isPaused: row.bool(10), receiver: receiver, nextTransaction: row.int(6)))
      : .primary(
        Primary(timeline: Int(row.text(5).prefix(8), radix: 16) ?? 0, position: WALPosition(row.text(4)), nextTransaction: row.int(6)))
    return ServerRole(systemIdentifier: row.text(1), version: row.text(2), isSuperuser: row.bool(3), state: state)
  }

  /// For `plan`: shown, never compared.
  var measurements: [String: JSONValue] {
    switch state {
    case .primary(let primary): return ["position": primary.position.map { .string("\($0)") } ?? .null, "timeline": .int(Int64(primary.timeline))]
    case .standby(let standby):
      var shown: [String: JSONValue] = [:]
      shown["received"] = standby.received.map { .string("\($0)") }
      shown["replayed"] = standby.replayed.map { .string("\($0)") }
      shown["replayedUntil"] = standby.replayedUntil.map { .string("\($0)") }
      shown["receiveLag"] = standby.receiveLag.map { .string("\($0)") }
      shown["replayLag"] = standby.replayLag.map { .string("\($0)") }
      shown["replayPaused"] = standby.isPaused ? .bool(true) : nil
      shown["primary"] = standby.receiver.map { .string($0.sender) } ?? "not connected"
      return shown
    }
  }
}
