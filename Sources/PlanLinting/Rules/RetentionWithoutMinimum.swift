internal import Diagnostics
internal import PlanModel
internal import Units

extension LintRule {
  static let retentionWithoutMinimum = LintRule(
    "retention-without-minimum", .warning, "Points go by age alone, and so soon that a failure over a holiday leaves one.",
    explanation: """
      Where backups fail and nobody notices, time goes on and takes the points with it. The newest usable one always stays, but only that: if it
      is bad, nothing is left. `atLeast` keeps so many however old they are. What keeps points for a week or longer is not reported: a failure
      that nobody notices for a week is another problem.
      """,
    formula: "keep for < 7d, and at least = 1",
    example: """
      every 6h, `keep: { for: 3d }`: the backup fails from Thursday evening on. On Monday one point is left.
      """,
    source: "eduardolat/pgbackweb issue 121, Skyfay/DBackup issue 154",
    fix: "Add a number: `keep: { for: 3d, atLeast: 3 }`."
  ) { context in
    context.plan.dataClasses.flatMap { dataClass in
      dataClass.protections.compactMap { protection in
        guard let keep = protection.keep, keep.atLeast < 2, keep.duration.value < .days(7) else { return nil }
        return Diagnostic(
          "retention-without-minimum", .warning, "points of `\(dataClass.name.value)` go after \(keep.duration.value.rounded), however few are left", at: keep.duration.span,
          label: "all but the newest", helps: ["write `keep: { for: \(keep.duration.value), atLeast: 3 }`"]
        ).fixed(by: fix(keep.duration.span, context.lines))
      }
    }
  }

  /// Behind the duration, in its own style. That more is kept than before harms nobody.
  private static func fix(_ duration: SourceSpan, _ lines: SourceLines) -> Diagnostic.Fix? {
    guard let line = lines[duration.end.line], duration.start.line == duration.end.line else { return nil }
    let end = SourceSpan(path: duration.path, start: duration.end, end: duration.end)
    let behind = SourceLines.text(line, afterScalars: duration.end.column - 1).drop { $0 == 0x20 }
    if behind.first == UInt8(ascii: "}") || behind.first == UInt8(ascii: ",") { return Diagnostic.Fix(end, ", atLeast: 3", isSafe: true) }
    let before = String(decoding: line, as: UTF8.self).prefix { $0 == " " }
    guard behind.isEmpty, String(decoding: line, as: UTF8.self).dropFirst(before.count).hasPrefix("for:") else { return nil }
    return Diagnostic.Fix(end, "\n\(before)atLeast: 3", isSafe: true)
  }
}
