internal import CanonicalJSON
internal import ChangePlanning
internal import PlanModel
internal import ProviderInterface
internal import Units

extension Changeset {
  /// `recovery from database-failure` or `protection`.
  var purpose: String { scenario.map { "recovery from `\($0)`" } ?? "protection" }

  /// `3 to create, 1 to update, 2 to run, 1 to check; 4 unchanged`.
  var counts: String {
    let words: [(Change.Action, String)] = [
      (.create, "to create"), (.update, "to update"), (.delete, "to delete"), (.run, "to run"), (.check, "to check"), (.unknown, "known when they run"),
    ]
    var counts: [Change.Action: Int] = [:]
    for step in steps { counts[step.change.action, default: 0] += 1 }
    let parts = words.compactMap { action, word in counts[action].map { "\($0) \(word)" } }
    let unchanged = counts[.none] ?? 0
    let shown = parts.isEmpty ? "nothing to do" : parts.joined(separator: ", ")
    return unchanged == 0 ? shown : shown + "; \(unchanged) unchanged"
  }

  /// `facts recorded 3h before, at …`: nil where they were looked at.
  var recorded: String? { observedAt.map { "facts recorded \(max(.zero, plannedAt - $0).rounded) before, at \($0); `apply` looks again before each step" } }

  /// What a reviewer must know before anything else: at the top, not at the bottom.
  var risks: [String] {
    let changes = changes
    var risks = changes.flatMap { step in step.change.losses.map { "`\(step.specification.name)`: \($0)" } }
    risks += changes.compactMap { step in
      if case .irreversible(let reason) = step.specification.undo { "`\(step.specification.name)` cannot be undone: \(reason)" } else { nil }
    }
    risks += changes.compactMap { step in
      if case .unknown = step.specification.undo { "nobody said how `\(step.specification.name)` is undone" } else { nil }
    }
    risks += steps.compactMap { step in
      if case .unreachable(let reason) = step.basis { "`\(step.specification.name)` could not be observed: \(reason)" } else { nil }
    }
    risks += changes.compactMap { step in step.specification.question.map { "`\(step.specification.name)` waits for a person: \($0)" } }
    if let approval { risks.append("it waits for the approval of \(approval.text)") }
    risks += changes.compactMap { step in step.specification.approval.map { "`\(step.specification.name)` waits, before it acts, for the approval of \($0.text)" } }
    risks += unsignable.map { $0.problem }
    if let provisional {
      risks.append("it is provisional for \(provisional.duration.rounded), then \(provisional.ending.rawValue): what is written meanwhile is lost by a rollback")
    }
    if prediction.objectives.contains(where: { objective in objective.computed.map { computed in objective.target.map { computed > $0 } ?? false } ?? (objective.target != nil) }) {
      risks.insert("an objective is breached: see the objectives", at: 0)
    }
    return risks
  }
}

extension ApprovalRule {
  /// `2 of a, b, c, within 15m; then d alone, within 5m`.
  var text: String {
    "\(atLeast) of \(by.joined(separator: ", ")), within \(within.rounded)" + (breakGlass.map { "; then \($0.by.joined(separator: " or ")) alone, within \($0.within.rounded)" } ?? "")
  }
}

extension StepSpecification {
  var undoText: String {
    switch undo {
    case .nothingToUndo: "nothing to undo"
    case .byKind(let how): how
    case .step(let step): "runs a `\(step.kind)` step"
    case .irreversible(let reason): "cannot be undone: \(reason)"
    case .unknown: "nobody said how"
    }
  }
}

extension Change {
  /// `database: absent → created`, one line for each value that is told.
  var differences: [String] {
    Set(before.keys).union(after.keys).sorted().compactMap { key in
      switch (before[key], after[key]) {
      case (let old?, let new?): old == new ? nil : "\(key): \(old) → \(new)"
      case (nil, let new?): "\(key): → \(new)"
      case (let old?, nil): "\(key): \(old) →"
      case (nil, nil): nil
      }
    }
  }
}

extension PlannedStep {
  /// In the predicted course; a step of a branch need not be.
  var isTaken: Bool { specification.branch == nil || starts < ends || duration.amount == .zero }
  var measured: String? {
    measurements.isEmpty ? nil : measurements.keys.sorted().map { "\($0) \(measurements[$0]?.description ?? "")" }.joined(separator: ", ")
  }
}

func objectivesTable(_ changeset: Changeset) -> Table {
  var table = Table(("objective", .left), ("target", .right), ("computed", .right))
  for objective in changeset.prediction.objectives {
    table.rows.append([
      "\(objective.kind.rawValue.uppercased()) of \(objective.dataClass?.rawValue ?? "the service")", objective.target?.rounded ?? "none",
      objective.computed?.rounded ?? "unbounded",
    ])
  }
  return table
}

func timelineTable(_ changeset: Changeset) -> Table {
  var table = Table(("step", .left), ("starts", .right), ("ends", .right), ("takes", .right), ("", .left))
  let critical = Set(changeset.prediction.criticalPath)
  for step in changeset.changes.sorted(by: { ($0.starts, $0.ends) < ($1.starts, $1.ends) }) {
    let source =
      switch step.duration.source {
      case .estimate: "estimate"
      case .measured: "measured"
      case .timeout: "time-out counted"
      }
    let path = critical.contains(step.specification.name) ? ", critical path" : ""
    guard step.isTaken else {
      table.rows.append([step.specification.name.rawValue, "", "", step.duration.amount.rounded, "\(source), only if the branches before it are given up"])
      continue
    }
    table.rows.append([step.specification.name.rawValue, "+" + step.starts.rounded, "+" + step.ends.rounded, step.duration.amount.rounded, source + path])
  }
  return table
}
