internal import PostgreSQLClient
internal import ProviderInterface
internal import Units

/// The first bad record, as one of the plan's queries gives it. Pure.
struct FirstBadRecord: Hashable, Sendable {
  var time: Timestamp
  var record: String
  /// Which query gave it, counted from 1.
  var query: Int

  /// What a query must answer: a time and perhaps what record it is.
  private static let form = "each query gives one row: `select TIMESTAMPTZ, KEY from … order by 1 limit 1`"
  /// More of a record would only fill the journal.
  private static let recordLimit = 200

  /// Nil where nothing is bad. The session writes times in UTC with their offset, so one without has no time zone.
  ///
  /// - Parameter now: the server's clock.
  init?(_ answer: QueryResult, query: Int, now: Timestamp) throws(StepFailure) {
    func wrong(_ code: String, _ what: String, _ help: String = FirstBadRecord.form) -> StepFailure {
      StepFailure(code, "query \(query) \(what)", details: ["without the time of the first bad record no point can be chosen"], helps: [help])
    }
    guard (1...2).contains(answer.columns.count) else { throw wrong("unexpected-answer", "gives \(answer.columns.count) columns, not one or two") }
    guard answer.rows.count < 2 else { throw wrong("unexpected-answer", "gives more than one row: which is the first?") }
    guard let row = answer.rows.first else { return nil }
    record = String((row.count > 1 ? row[1] ?? "" : "").prefix(Self.recordLimit))
    self.query = query
    guard let text = row[0] else {
      guard row.count < 2 || row[1] == nil else {
        throw wrong("time-unknown", "gives the bad record `\(record)` without a time", "let the query give a time that is certainly before it became bad")
      }
      return nil
    }
    guard text.hasSuffix("+00") else {
      throw wrong("time-unreadable", "gives `\(text.prefix(60))`, which is no time with a time zone", "cast it: `at at time zone 'UTC'`, or whatever zone the column is in")
    }
    // PostgreSQL writes microseconds, and what is cut off makes it earlier.
    guard let time = Timestamp(text) else { throw wrong("time-unreadable", "gives `\(text.prefix(60))`, which is no time that a point could be from before") }
    guard time <= now else {
      throw wrong(
        "time-in-future", "says that the first bad record is of \(time), and the server's clock shows \(now)",
        "find out whose clock was wrong, and let the query give a time that is certainly before the bad record was written")
    }
    self.time = time
  }

  /// The earliest; of equals the one that was asked for first.
  static func first(of all: [FirstBadRecord]) -> FirstBadRecord? { all.min { ($0.time, $0.query) < ($1.time, $1.query) } }
}
