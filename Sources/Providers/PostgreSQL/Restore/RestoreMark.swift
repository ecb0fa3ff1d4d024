internal import CanonicalJSON
internal import Hashing
internal import PlanModel
internal import ProviderInterface

/// What the comment of a database says while a run makes it, and afterwards: whose it is, so that resume and undo find it again and touch
/// nothing else. The comment that the point has for the database is kept inside.
struct RestoreMark: Codable, Hashable, Sendable {
  enum State: String, Codable, Hashable, Sendable {
    /// Being filled.
    case working
    /// In place, verified.
    case done
    /// The empty database that stood where the restored one stands now.
    case replaced
    /// On its way out, by an undo.
    case undone
  }
  /// The mark of the step that owns it.
  struct Owner: Codable, Hashable, Sendable {
    var run: RunID
    var step: String
    var attempt: Int
    init(_ mark: StepMark) { run = mark.run; step = mark.step.rawValue; attempt = mark.attempt }
    func isSameStep(as other: Owner) -> Bool { run == other.run && step == other.step }
  }
  /// What undo must bring back.
  struct Replaced: Codable, Hashable, Sendable {
    var properties: DatabaseProperties
  }

  var owner: Owner
  var state: State
  var point: String
  /// The name that the database has, or had, or will have, outside of restores.
  var database: String
  /// Its own comment.
  var comment: String?
  /// Roles that the run made.
  var roles: [String]
  var replaced: Replaced?
  var tables: Int
  var rows: Int64

  private struct Wrapped: Codable {
    var mark: RestoreMark
    enum CodingKeys: String, CodingKey { case mark = "sie-dr" }
  }

  /// As a comment: one JSON object with the key `sie-dr`.
  var text: String { (try? CanonicalJSON.text(Wrapped(mark: self))) ?? "" }

  init(
    owner: Owner, state: State, point: String, database: String, comment: String? = nil, roles: [String] = [], replaced: Replaced? = nil,
    tables: Int = 0, rows: Int64 = 0
  ) {
    self.owner = owner; self.state = state; self.point = point; self.database = database; self.comment = comment
    self.roles = roles; self.replaced = replaced; self.tables = tables; self.rows = rows
  }

  /// Nil for a comment that is not one of these.
  init?(comment: String?) {
    guard let comment, comment.hasPrefix("{"), let wrapped = try? CanonicalJSON.decode(Wrapped.self, from: comment.utf8) else { return nil }
    self = wrapped.mark
  }
}

/// Names of the databases that a restore makes beside its target.
enum RestoreNames {
  static func working(_ database: String, _ mark: StepMark) -> String { name(database, "restore", mark) }
  static func replaced(_ database: String, _ mark: StepMark) -> String { name(database, "old", mark) }
  static func undone(_ database: String, _ mark: StepMark) -> String { name(database, "undone", mark) }

  /// `shop__restore_1f2e3d4c5b6a`: at most 63 bytes, the last part a digest of the attempt's mark.
  private static func name(_ database: String, _ word: String, _ mark: StepMark) -> String {
    let suffix = "__\(word)_" + SHA256Digest.of(mark.description.utf8).short
    var stem = database
    while stem.utf8.count + suffix.utf8.count > 63 { stem.removeLast() }
    return stem + suffix
  }
}
