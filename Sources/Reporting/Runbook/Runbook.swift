internal import Diagnostics
public import Objectives
internal import PlanModel
public import ProviderInterface
internal import Units

/// The plan as a document for people, in Markdown. Only what the plan says or what follows from it: nothing is invented, no secret's value is
/// known here, and the same plan gives the same bytes.
public func runbook(_ typed: TypedPlan, _ assessment: Assessment) -> String {
  Runbook(typed: typed, assessment: assessment).text
}

struct Runbook {
  let typed: TypedPlan
  let assessment: Assessment
  var plan: Plan { typed.plan }
  var path: String { plan.file.path }

  var text: String {
    ([head, objectives, dataClassification, backupProcedures, places] + [scenarios] + people + [byHand]).joined(separator: "\n")
  }

  private var head: String {
    var text = "<!-- Written by `sie-dr runbook \(path)`: change the plan, not this page. -->\n\n# Disaster recovery of \(Markdown.line(plan.metadata.name))\n"
    if let description = plan.metadata.description { text += "\n\(Markdown.line(description))\n" }
    if let owner = plan.metadata.owner { text += "\nOwner: \(Markdown.line(owner))\n" }
    return text
  }

  private var objectives: String {
    var targets = Table(("objective", .left), ("target", .left), ("means", .left))
    targets.rows = [
      ["**RTO**", plan.objectives.rto?.value.rounded ?? "none", "time to restore service"],
      ["**RPO**", plan.objectives.rpo?.value.rounded ?? "none", "most data that may be lost"],
    ]
    for data in plan.dataClasses {
      for (name, target) in [("RTO", data.objectives.rto), ("RPO", data.objectives.rpo)] {
        if let target { targets.rows.append(["**\(name)** of `\(data.name.value)`", target.value.rounded, "stricter than the service's"]) }
      }
    }
    var text = "## Recovery objectives\n\n" + targets.markdown()
    guard !assessment.scenarios.isEmpty else { return text }
    var computed = Table(("scenario", .left), ("objective", .left), ("target", .right), ("computed", .right), ("guaranteed", .right), ("sum", .left))
    for row in matrixRows(assessment, serviceTarget: plan.objectives.rto?.value) {
      computed.rows.append([
        "`\(row.scenario)`", "\(row.objective) of \(row.subject)", row.target?.rounded ?? "none", row.computedText + (row.isBreached ? ", **breached**" : ""),
        row.guaranteed?.rounded ?? "", row.sum,
      ])
    }
    text += """

      What the plan can do at worst, as sums of what takes the time. *Computed* counts a step with its estimate, else with its time-out and all retries;
      *guaranteed* holds however long each step takes up to that.


      """
    return text + computed.markdown()
  }

  private var dataClassification: String {
    var table = Table(("data", .left), ("lives on", .left), ("backup frequency", .left), ("retention", .left), ("priority", .left), ("kept in", .left))
    for data in plan.dataClasses {
      let servers = data.servers.map { "`\($0.value)`" }.joined(separator: ", ")
      let rows = data.protections.map { protection in
        ["every \(protection.every.value.rounded)", protection.keep.map(Self.retention) ?? "for ever", ([protection.store] + protection.copies).map { "`\($0.value)`" }.joined(separator: ", ")]
      } + data.otherRows
      for row in rows.isEmpty ? [["none", "", "nowhere"]] : rows {
        table.rows.append(["`\(data.name.value)`", servers, row[0], row[1], data.priority.rawValue, row[2]])
      }
    }
    return "## Data classification\n\n" + table.markdown()
  }

  static func retention(_ keep: Retention) -> String {
    keep.duration.value.rounded + (keep.atLeast > 0 ? ", at least \(keep.atLeast) points" : "")
  }

  private var byHand: String {
    """
    ## Restoring by hand

    Each recovery point holds a `RESTORE.md` with the commands of stock tools that restore it without sie-dr. While sie-dr is at hand, it prints them with those
    that fetch the point from its store:

    ```console
    $ sie-dr points list \(path)
    $ sie-dr points show \(path) latest --commands
    ```

    """
  }
}

enum Markdown {
  /// An author's text on one line.
  static func line(_ text: String) -> String { text.split(whereSeparator: \.isNewline).map { String($0).trimmingEnd() }.joined(separator: " ") }

  /// As it is, whatever backticks it holds.
  static func code(_ text: String) -> String {
    let runs = text.split(whereSeparator: { $0 != "`" }).map(\.count)
    let fence = String(repeating: "`", count: (1...).first { !runs.contains($0) } ?? 1)
    let padding = text.hasPrefix("`") || text.hasSuffix("`") ? " " : ""
    return fence + padding + text + padding + fence
  }
}
