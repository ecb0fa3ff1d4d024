internal import Diagnostics
internal import Units

extension PlanComparison {
  /// `1 worse, 2 better, 3 unchanged`.
  var counts: String {
    let parts = ObjectiveChange.Verdict.allCases.compactMap { verdict -> String? in
      let count = objectives.count { $0.verdict == verdict }
      return count == 0 ? nil : "\(count) \(verdict.rawValue)"
    }
    return parts.isEmpty ? "neither has objectives" : parts.joined(separator: ", ")
  }

  fileprivate var changed: [ObjectiveChange] { objectives.filter { $0.verdict != .unchanged } }
  fileprivate func title(_ name: (String) -> String = { $0 }) -> String {
    let suffix = environment.map { " (\($0))" } ?? ""
    return switch (path, base) {
    case (let path?, let base?): "\(name(path + suffix)) since \(name(base))"
    case (let path?, nil): "\(name(path + suffix)), which is new"
    case (nil, let base): "\(name((base ?? "") + suffix)), which is gone"
    }
  }

  fileprivate func table(bold: (String) -> String) -> Table {
    var table = Table(("change", .left), ("scenario", .left), ("objective", .left), ("target", .right), ("computed", .right), ("what moved", .left))
    table.rows = changed.map { change in
      [
        change.becameBreached || change.verdict == .worse ? bold(change.words) : change.words, change.scenario,
        "\(change.objective.uppercased()) of \(change.subject)", arrow(change.before.map(\.targetText), change.after.map(\.targetText)),
        arrow(change.before.map(\.computedText), change.after.map(\.computedText)), change.cause,
      ]
    }
    return table
  }
}

/// `LintText`'s part: a table of what has changed.
func comparisonText(_ comparison: PlanComparison, _ style: TextStyle) -> String {
  let head = style.paint("What changes in \(comparison.title())", .bold) + "  (\(comparison.counts))\n"
  return comparison.changed.isEmpty ? head : head + comparison.table { $0 }.text(style)
}

/// For a pull request: verdict, then the rows, each of which can be cut.
func comparisonSections(_ comparison: PlanComparison) -> [MarkdownPage.Section] {
  let opening = "\n**What changes** in \(comparison.title { "`\($0)`" }): \(comparison.counts)\n"
  guard !comparison.changed.isEmpty else { return [.init(opening: opening)] }
  return [comparison.table { "**\($0)**" }.section(opening: opening + "\n", noun: "changed objective")]
}

extension ObjectiveChange {
  /// `worse, now breached`.
  fileprivate var words: String { verdict.rawValue + (becameBreached ? ", now breached" : becameMet ? ", now met" : "") }

  /// `interval 30m → 1h; new: copy to west 5m`.
  fileprivate var cause: String {
    var parts = terms.map { "\($0.name) \(arrow($0.before?.rounded, $0.after?.rounded))" }
    if before?.guaranteed != after?.guaranteed, before?.guaranteed != nil || after?.guaranteed != nil {
      parts.append("guaranteed \(arrow(before?.guaranteed?.rounded, after?.guaranteed?.rounded))")
    }
    return before == nil || after == nil ? "" : parts.joined(separator: "; ")
  }
}

extension ObjectiveChange.Side {
  fileprivate var targetText: String { target?.rounded ?? "none" }
  fileprivate var computedText: String { (computed?.rounded ?? "unbounded") + (isBreached ? " !" : "") }
}

/// `30m → 1h`; one of them where they are the same, `–` where there is none.
private func arrow(_ before: String?, _ after: String?) -> String { before == after ? after ?? "" : "\(before ?? "–") → \(after ?? "–")" }

extension LintQuestion {
  /// How old the measurements are that the figures rest on.
  var recordedSentence: String? {
    recorded.map { recorded in
      let age = recorded.now.map { ", \(max(.zero, $0 - recorded.at).rounded) ago" } ?? "; their age is not judged without `--now`"
      return "computed with what was measured in `\(recorded.file.path)`, recorded at \(recorded.at)\(age)"
    }
  }

  /// What the figures are for, where values were replaced.
  var sentence: String? {
    let values = replaced + variables
    return values.isEmpty ? nil : (replaced.isEmpty ? "computed with " : "what if: computed with ") + values.map { "`\(String(decoding: $0.bytes, as: UTF8.self).visible)`" }.joined(separator: ", ")
  }
}
