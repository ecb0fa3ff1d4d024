internal import CanonicalJSON
internal import Hashing
internal import ProviderInterface

/// What the comment of a database says that gave its name away: whose doing it was, so that resume finds out what it did, and undo what was there.
/// It comes and goes in the transaction that renames, so it is there exactly where the swap is done.
struct SwapMark: Codable, Hashable, Sendable {
  var owner: RestoreMark.Owner
  /// The name that it gave away.
  var database: String
  /// What the database that has it now was called, and its number, by which it is known again.
  var by: String
  var byID: Int64
  /// The comment that the former database had.
  var comment: String?

  private struct Wrapped: Codable {
    var mark: SwapMark
    enum CodingKeys: String, CodingKey { case mark = "sie-dr-swap" }
  }

  var text: String { (try? CanonicalJSON.text(Wrapped(mark: self))) ?? "" }

  init(owner: RestoreMark.Owner, database: String, by: String, byID: Int64, comment: String?) {
    self.owner = owner; self.database = database; self.by = by; self.byID = byID; self.comment = comment
  }

  /// Nil for a comment that is none of these.
  init?(comment: String?) {
    guard let comment, comment.hasPrefix("{"), let wrapped = try? CanonicalJSON.decode(Wrapped.self, from: comment.utf8) else { return nil }
    self = wrapped.mark
  }

  /// The name for the former database where the plan gives none: the same in each attempt of a step.
  static func keptName(_ database: String, _ mark: StepMark) -> String {
    let suffix = "__kept_" + SHA256Digest.of("\(mark.run).\(mark.step)".utf8).short
    var stem = database
    while stem.utf8.count + suffix.utf8.count > 63 { stem.removeLast() }
    return stem + suffix
  }
}
