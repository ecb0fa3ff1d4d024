internal import Diagnostics
internal import Objectives
internal import PlanModel
internal import Units

extension LintRule {
  static let walOutpacesPush = LintRule(
    "wal-outpaces-push", .error, "WAL is written faster than it can be brought into its stores.",
    explanation: """
      As long as the load lasts, the segments that wait become more, and so does what is lost with the server; when its disk is full, the database
      stops. A base backup is of no help: it needs the WAL up to its end, which waits behind all the rest.
      """,
    formula: "growth of what is lost = time · (1 − push rate / rate of writing)",
    example: "20MB/s are written, 15MB/s are pushed: after an hour 18GB wait, and the newest quarter of an hour is nowhere else.",
    source: "pgbackrest.org/configuration.html, archive-push-queue-max: what is given up when the queue is full",
    fix: "Push several segments at once, compress them, or write less: `estimate: { walRate, walPush }` says what there is."
  ) { context in
    context.plan.dataClasses.flatMap { dataClass in
      dataClass.continuous.compactMap { protection -> Diagnostic? in
        guard case .wal(let archiving) = protection.method else { return nil }
        let archive = WALArchive(protection.name.value, archiving, of: dataClass)
        guard archive.isOutpaced, let load = archive.load else { return nil }
        let (written, pushed) = (load.written.value.perSecond.bytes, load.pushed.value.perSecond.bytes)
        let behind = TimeSpan.milliseconds((TimeSpan.hours(1) * (written - pushed)).milliseconds / max(1, written))
        return Diagnostic(
          "wal-outpaces-push", "`\(dataClass.name.value)` writes \(load.written.value) of WAL and pushes \(load.pushed.value)", at: load.pushed.span,
          label: "slower than it is written", related: [.init(span: load.written.span, label: "written while the load lasts")],
          notes: ["after an hour \(ByteCount(bytes: (TimeSpan.milliseconds(3_600) * (written - pushed)).milliseconds).rounded) wait, and the last \(behind.rounded) are nowhere else: nothing limits what is lost"],
          helps: ["push several segments at once or compress them, and state what that brings"])
      }
    }
  }
}
