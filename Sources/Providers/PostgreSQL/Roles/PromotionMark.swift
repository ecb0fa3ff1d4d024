internal import CanonicalJSON
internal import PlanModel
internal import PostgreSQLClient
internal import ProviderInterface
internal import Units

/// A small file in the data directory of a replica that is being promoted: by which step, and how it stood before. A replica's tables cannot be
/// written, and afterwards nobody could tell any more whose promotion it was.
struct PromotionMark: Codable, Hashable, Sendable {
  var run: RunID
  var step: String
  var at: Timestamp
  var received: String?
  var replayed: String?
  var replayedUntil: Timestamp?
  /// Where it had replayed all that it had received: the number of the next transaction as it is there.
  var nextTransaction: Int64?
  var lastTold: String?
  var endPosition: String?
  var endTransaction: Int64?
  var endAt: Timestamp?

  private static let path = "pg_catalog.current_setting('data_directory') || '/sie-dr-promotion.json'"

  init(_ mark: StepMark, _ standby: ServerRole.Standby, end: PromotionLoss.End?, at: Timestamp) {
    run = mark.run; step = mark.step.rawValue; self.at = at
    received = standby.received.map { "\($0)" }
    replayed = standby.replayed.map { "\($0)" }
    replayedUntil = standby.replayedUntil
    nextTransaction = standby.replayLag == .zero ? standby.nextTransaction : nil
    lastTold = standby.receiver?.lastTold.map { "\($0)" }
    endPosition = end.map { "\($0.position)" }
    endTransaction = end?.nextTransaction
    endAt = end?.at
  }

  func isOf(_ mark: StepMark) -> Bool { run == mark.run && step == mark.step.rawValue }

  var end: PromotionLoss.End? { WALPosition(endPosition).map { PromotionLoss.End(position: $0, nextTransaction: endTransaction, at: endAt) } }

  static func read(_ connection: PostgreSQLConnection) async throws -> PromotionMark? {
    guard let text = try await connection.query("SELECT pg_catalog.pg_read_file(\(path), 0, 100000, true)").value else { return nil }
    return try? CanonicalJSON.decode(PromotionMark.self, from: text.utf8)
  }

  func write(_ connection: PostgreSQLConnection) async throws {
    let text = try CanonicalJSON.text(self)
    let path = try await connection.query("SELECT \(Self.path)").value ?? ""
    try await connection.execute(
      "COPY (SELECT \(SQL.literal(text))) TO \(SQL.literal(path)) WITH (FORMAT csv, QUOTE E'\\x01', ESCAPE E'\\x01', DELIMITER E'\\x02', ENCODING 'UTF8')")
  }
}
