internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let retentionTooShort = LintRule(
    "retention-too-short", .error, "Points are gone before a late-noticed corruption has been repaired.",
    explanation: """
      When data is corrupted and that is noticed later, the last good point must still be there and stay until the restore has read it.
      A protection without `keep` keeps everything.
      """,
    formula: "keep ≥ noticed within + the age of the last point before the fault + recovery",
    example: """
      noticed within 7d, points every 1d, recovery 4h: 8d 4h at least. With `keep: { for: 7d }` the last good point has gone when it is
      wanted.
      """,
    source: """
      docs/language.md, "A scenario": `corrupts`
      """,
    fix: "Keep points longer than it can take to notice, plus an interval, plus the recovery."
  ) { context in
    context.assessment.scenarios.flatMap { scenario in
      scenario.classes.flatMap { data -> [Diagnostic] in
        guard case .corrupted(let corruption) = data.cause else { return [] }
        let reaction = scenario.recovery.map { [Term("recovery", $0.guaranteed, .plan(scenario.scenario.name.span))] } ?? []
        func needed(_ protection: any ProtectionModel) -> Figure? {
          protection.retentionNeeded(noticedWithin: corruption.noticedWithin, reaction: reaction)
        }
        // One protection that keeps its points long enough is enough.
        guard data.protections.allSatisfy({ protection in needed(protection).map { !protection.isKept(for: $0.total) } ?? true }) else { return [] }
        return data.protections.compactMap { protection in
          guard let keep = protection.keep, let needed = needed(protection) else { return nil }
          return Diagnostic(
            "retention-too-short",
            "points of `\(data.dataClass.name.value)` are kept \(keep.value.rounded), `\(scenario.scenario.name.value)` needs \(needed.total.rounded)",
            at: keep.span, label: "the last good point may be gone", related: [.init(span: corruption.noticedWithin.span, label: "noticed this late")],
            notes: [needed.sum], helps: ["keep them for \(needed.total.rounded) or longer"])
        }
      }
    }
  }
}
