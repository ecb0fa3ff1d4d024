internal import CanonicalJSON
internal import PlanModel
internal import ProviderInterface
internal import Units

/// Whose fence a server is behind, and what its log ended with.
struct FenceMark: Codable, Hashable, Sendable {
  var run: RunID
  var step: String
  var attempt: Int
  var at: Timestamp
  /// Where everything that anybody was told is committed ends; nil while that is not known yet.
  var position: String?
  /// The number that the next transaction would have.
  var nextTransaction: Int64?

  init(_ mark: StepMark, at: Timestamp) { run = mark.run; step = mark.step.rawValue; attempt = mark.attempt; self.at = at }

  func isOf(_ mark: StepMark) -> Bool { run == mark.run && step == mark.step.rawValue }
}

/// A `pg_hba.conf` that lets nobody in but replicas and whoever lifts it again. The rules that were there before stand in it as comments, so that
/// it is undone from nothing but itself, by a person as well.
struct FencedRules: Hashable, Sendable {
  var mark: FenceMark
  var rules: [String]
  /// The whole file as it was.
  var original: String

  private static let first = "# sie-dr fence "
  private static let separator = "# The rules as they were:"
  private static let prefix = "#|"

  var text: String {
    let kept = original.split(separator: "\n", omittingEmptySubsequences: false).map { Self.prefix + $0 }
    let lines = [
      Self.first + ((try? CanonicalJSON.text(mark)) ?? ""),
      "# Only replicas and the administrator's way in are let through. To lift this by hand, when no other server has become the primary:",
      "# delete everything down to and including the line that says how the rules were, delete the \"\(Self.prefix)\" before the lines after it,",
      "# and run SELECT pg_reload_conf().",
    ]
    return (lines + rules + ["local all all reject", "host all all all reject", Self.separator] + kept).joined(separator: "\n") + "\n"
  }

  init(mark: FenceMark, rules: [String], original: String) { self.mark = mark; self.rules = rules; self.original = original }

  /// Nil for a file that is none of these.
  init?(text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let head = lines.first, head.hasPrefix(Self.first), let mark = try? CanonicalJSON.decode(FenceMark.self, from: head.dropFirst(Self.first.count).utf8),
      let end = lines.firstIndex(where: { $0 == Self.separator })
    else { return nil }
    self.mark = mark
    rules = lines[..<end].dropFirst().filter { !$0.hasPrefix("#") }.dropLast(2).map(String.init)
    original = lines[lines.index(after: end)...].filter { $0.hasPrefix(Self.prefix) }.map { String($0.dropFirst(Self.prefix.count)) }.joined(separator: "\n")
  }
}
