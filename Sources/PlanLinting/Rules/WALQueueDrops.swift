internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let walQueueDrops = LintRule(
    "wal-queue-drops", .warning, "WAL is dropped when its queue is full, and the loss after that is above the target.",
    explanation: """
      An archiver with a limit tells PostgreSQL that a segment is safe and drops it when too many are waiting, so that the disk does not fill. From the
      dropped segment on nothing can be restored until the next base backup is complete. `queueLimit` says that there is such a limit; `break: true` says that
      the target already allows for it.
      """,
    formula: "RPO after a drop = (missed base backups + 1) · base interval + late start + base backup + upload",
    example: """
      `wal: { base: 1d, timeout: 60s, queueLimit: 10GB }` and a store that does not answer for an hour: the queue is full, WAL is dropped, and up to
      1d 40m are lost with a target of 1h.
      """,
    source: "pgBackRest reference, `archive-push-queue-max`: \"PITR will not be possible\" until a new backup",
    fix: "Make base backups as often as the target asks for, remove the limit and watch the disk instead, or write `break: true` and a target that allows for it."
  ) { context in
    context.plan.dataClasses.flatMap { dataClass -> [Diagnostic] in
      guard let target = dataClass.objectives.rpo ?? context.plan.objectives.rpo else { return [] }
      return dataClass.continuous.compactMap { protection in
        guard case .wal(var archiving) = protection.method, let limit = archiving.queueLimit, archiving.allowsBreak == nil else { return nil }
        archiving.allowsBreak = Located(true, at: limit.span)
        let archive = WALArchive(protection.name.value, archiving, of: dataClass)
        guard let store = archive.places.first, let figure = archive.loss(from: store.value, .lost), figure.total > target.value else { return nil }
        return Diagnostic(
          "wal-queue-drops", .warning, "WAL of `\(dataClass.name.value)` is dropped when its queue is full, and then more is lost than the target allows", at: limit.span,
          label: "past this, segments are dropped", related: [.init(span: target.span, label: "the target")],
          notes: ["\(figure.total.rounded) = \(figure.sum)"],
          helps: ["make base backups more often, remove the limit and watch the disk, or write `break: true` and a target that allows for it"])
      }
    }
  }
}
