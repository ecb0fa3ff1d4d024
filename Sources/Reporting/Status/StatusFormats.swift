internal import CanonicalJSON
internal import PlanModel
internal import ProviderInterface
internal import RecoveryPoints
internal import Units

/// What `status` says.
public func statusReport(_ status: PlanStatus, as format: OutputFormat, _ style: TextStyle) throws -> String {
  switch format {
  case .text: status.text(style)
  case .json: try CanonicalJSON.prettyText(status)
  case .markdown: status.markdown
  }
}

extension PlanStatus {
  private var lossTable: Table {
    var table = Table(("scenario", .left), ("data", .left), ("newest usable", .left), ("in", .left), ("would be lost", .right), ("target", .right), ("", .left), ("", .left))
    for disaster in disasters {
      table.rows += disaster.losses.map { loss in
        [
          disaster.scenario.rawValue, loss.dataClass.rawValue, loss.point?.text ?? loss.basis.rawValue, loss.stores.joined(separator: ", "), loss.lossText,
          loss.target?.rounded ?? "none", loss.verdict?.rawValue ?? "", loss.note,
        ]
      }
    }
    return table
  }

  private var timeTable: Table {
    var table = Table(("scenario", .left), ("recovery expected", .right), ("at the longest", .right), ("target", .right), ("", .left))
    table.rows = disasters.map { disaster in
      guard let recovery = disaster.recovery else { return [disaster.scenario.rawValue, "no steps", "", "", ""] }
      return [disaster.scenario.rawValue, recovery.expected.rounded, recovery.guaranteed.rounded, recovery.target?.rounded ?? "none", recovery.verdict?.rawValue ?? ""]
    }
    return table
  }

  private var openTable: Table {
    var table = Table(("run", .left), ("purpose", .left), ("result", .left), ("began", .left), ("last record", .right))
    table.rows = openRuns.map { [$0.run.rawValue, $0.purpose, $0.result, $0.started.description, (at - $0.lastRecord).rounded + " ago"] }
    return table
  }

  private var lockText: String {
    let holder = "\(lock.who ?? "somebody")" + (lock.host.map { " on \($0)" } ?? "") + (lock.run.map { ", run \($0)" } ?? "") + (lock.since.map { ", for \((at - $0).rounded)" } ?? "")
    return switch lock.state {
    case .free: "nobody holds the lock"
    case .held: "the lock is held by \(holder)"
    case .unknown: "the lock was last taken by \(holder); from here nobody can see whether it is still held"
    }
  }

  private var head: String { "If disaster struck now, \(at)" }
  private var owedLines: [String] { owed.map { "the \($0.duty.kind.words) of run \($0.run) is " + $0.duty.words(at: at) } }

  fileprivate func text(_ style: TextStyle) -> String {
    var parts = [style.paint(head, .bold) + "\n" + (disasters.isEmpty ? "  the plan has no scenarios\n" : lossTable.text(style) + "\n" + timeTable.text(style))]
    func list(_ title: String, _ lines: [String], _ paint: TextStyle.Paint) { if !lines.isEmpty { parts.append(style.paint(title, paint) + "\n" + lines.map { "  \($0)\n" }.joined()) } }
    list("Overdue", overdue.map(\.text), .red)
    list("Owed", owedLines, .yellow)
    if !openRuns.isEmpty { parts.append(style.paint("Open runs", .yellow) + "\n" + openTable.text(style)) }
    list("Not reached", unreachable, .red)
    list("Not looked at, counted as the plan states it", unseen, .dim)
    parts.append(lockText + "\n")
    return parts.joined(separator: "\n")
  }

  fileprivate var markdown: String {
    var text = "### \(head): `\(plan)`\n\n" + (disasters.isEmpty ? "The plan has no scenarios.\n" : lossTable.markdown() + "\n" + timeTable.markdown())
    func list(_ title: String, _ lines: [String]) { if !lines.isEmpty { text += "\n**\(title)**\n\n" + lines.map { "- \($0)\n" }.joined() } }
    list("Overdue", overdue.map(\.text))
    list("Owed", owedLines)
    if !openRuns.isEmpty { text += "\n**Open runs**\n\n" + openTable.markdown() }
    list("Not reached", unreachable)
    list("Not looked at, counted as the plan states it", unseen.map { "`\($0)`" })
    return text + "\n\(lockText)\n"
  }
}

extension PlanStatus.Loss {
  fileprivate var lossText: String {
    switch basis {
    case .point: loss?.rounded ?? ""
    case .stated, .rebuilt: loss.map { "≤ " + $0.rounded } ?? ""
    case .exempt: "may be lost"
    case .nothing: "everything"
    case .unknown: "unknown"
    }
  }
}
