internal import CanonicalJSON
internal import Units

/// What a promotion loses: what the old primary had written and the replica was not sent. Measured where the old primary was fenced and tells where
/// its log ended; else nobody knows, and the last that was heard is told.
struct PromotionLoss: Hashable, Sendable {
  /// Nil where nobody knows.
  var bytes: ByteCount?
  /// At most: each number given out counts, whether its transaction was committed or not.
  var transactions: Int64?
  /// At most: from the last transaction that is there until the end.
  var seconds: TimeSpan?
  /// At least.
  var toldMissing: ByteCount?

  /// The old primary's end.
  struct End: Hashable, Sendable {
    var position: WALPosition
    var nextTransaction: Int64?
    var at: Timestamp?
  }

  /// `position` and `nextTransaction`: where the replica stands once everything it has is replayed.
  init(position: WALPosition, nextTransaction: Int64, replayedUntil: Timestamp?, end: End?, lastTold: WALPosition?, now: Timestamp) {
    if let end {
      let missing = position.distance(to: end.position)
      bytes = missing
      transactions = missing == .zero ? 0 : end.nextTransaction.map { max(0, $0 - nextTransaction) }
      seconds = missing == .zero ? .zero : replayedUntil.map { max(.zero, (end.at ?? now) - $0) }
    } else {
      seconds = replayedUntil.map { max(.zero, now - $0) }
      toldMissing = lastTold.map { position.distance(to: $0) }
    }
  }

  /// For people.
  var words: String {
    guard let bytes else {
      let told = toldMissing.map { $0 == .zero ? "it had received all that it was told of" : "at least \($0.rounded) that it was told of are missing" }
      return "how much is lost nobody knows: the old primary says nothing; \(told ?? "it was told of no end")" + (seconds.map { "; its last transaction is \($0.rounded) old" } ?? "")
    }
    guard bytes > .zero else { return "nothing is lost: it has received everything up to the end of the old primary's log" }
    return "\(bytes.rounded) of the old primary's log are lost" + (transactions.map { ", at most \($0) transaction\($0 == 1 ? "" : "s")" } ?? "")
      + (seconds.map { ", at most the last \($0.rounded)" } ?? "")
  }

  var measurements: [String: JSONValue] {
    var shown: [String: JSONValue] = [:]
    shown["lostBytes"] = bytes.map { .string($0.description) } ?? "unknown"
    shown["lostTransactionsAtMost"] = transactions.map { .int($0) } ?? "unknown"
    shown["lostSpanAtMost"] = seconds.map { .string($0.description) } ?? "unknown"
    shown["lostBytesAtLeast"] = toldMissing.map { .string($0.description) }
    return shown
  }
}
