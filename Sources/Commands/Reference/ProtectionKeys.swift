internal import Calendar

/// What stands under `protect`: backups in runs, and what goes on all the time.
extension PlanKeys {
  static let protections: PlanKey.Shape = .oneOf([
    .objectWithOne(of: ["logical", "dump", "snapshot", "command"].flatMap { [[$0, "every"], [$0, "cron", "zone"]] }, runs + times + periodic),
    .object([PlanKey("wal", .object(wal), required: true, "Base backups and every WAL segment after them."), to, window]),
    .object([PlanKey("replica", .object(replica), required: true, "A server that follows the primary.")]),
    .object([PlanKey("managed", .object(managed), required: true, "What the provider of a managed database promises."), window]),
  ])

  private static let runs = [
    logical, PlanKey("dump", .object([]), "What a search server writes of itself as a dump: any version reads it."),
    PlanKey("snapshot", .object([]), "A snapshot of a Redis server, or of a search server: of the latter only its own version reads it."),
    PlanKey("command", .object([PlanKey("run", .argumentList, required: true, "The program and its arguments.")]), "A script of your own that cron runs: computed with and linted, not run."),
    PlanKey("overlap", .choice(Overlap.allCases.map(\.rawValue)), "What becomes of a `command` that is due while the last run is at work; `queue` if not given."),
  ]
  private static let times = [
    PlanKey("every", .timeSpan, "How long after one run the next is due."), PlanKey("cron", .text, "When runs are due: minute, hour, day of month, month, day of week."),
    PlanKey("zone", .text, "By which clock: a name of tzdata, such as `Europe/Berlin`, or `UTC`."),
    PlanKey(
      "clockChange",
      .object([
        PlanKey("gap", .choice(CalendarSchedule.Gap.allCases.map(\.rawValue)), "A time that the clock leaves out; `run`, at its end, if not given."),
        PlanKey("repeat", .choice(CalendarSchedule.Repeat.allCases.map(\.rawValue)), "A time that the clock shows twice; `once` if not given."),
      ]), "What becomes of a run when the clock is changed; with `*` for the hour, `skip` and `twice` if not given."),
  ]

  /// How long, where it is not `forever`.
  static let retention = [
    PlanKey("for", .timeSpan, required: true, "Nothing younger goes."), PlanKey("atLeast", .integer(1...10_000), "So many good points always stay; 1 if not given."),
  ]
  private static let to = PlanKey("to", .names, required: true, "The stores that it is written to.")
  private static let window = PlanKey("keep", .retention, "How far one can go back; for ever if not given.")
  private static let wal = [
    PlanKey("base", .timeSpan, required: true, "How often a base backup is made."), PlanKey("jitter", .timeSpan, "How late a base backup may start."),
    PlanKey("misses", .integer(0...100), "How many base backups in a row may be missed; 0 if not given."),
    PlanKey("timeout", .timeSpan, required: true, "PostgreSQL's `archive_timeout`: how long a segment that holds something stays open."),
    PlanKey("break", .bool, "Whether the target still allows for a segment that is lost: nothing after it can be restored until the next base backup is there."),
    PlanKey("queueLimit", .size, "The archiver drops WAL when more than this waits, as pgBackRest's `archive-push-queue-max`; it drops none if not given."),
  ]
  private static let replica = [
    PlanKey("server", .text, required: true, "Which server follows; one of `on`."), PlanKey("maxLag", .timeSpan, required: true, "How far what it has received can be behind."),
  ]
  private static let managed = [
    PlanKey("server", .text, "The RDS instance that the promise is of: it is then looked at."),
    PlanKey("every", .timeSpan, required: true, "The newest of its backups is never older than this."), PlanKey("sites", .names, required: true, "Where the backups are."),
    PlanKey(
      "pitr",
      .object([
        PlanKey("granularity", .timeSpan, required: true, "Any moment can be restored up to so long ago."),
        PlanKey("window", .timeSpan, required: true, "How far back that reaches."),
      ]), "Any moment can be restored, and not only its backups."),
  ]
}

/// Data that comes back in another way than from a backup.
extension PlanKeys {
  static let origins = [
    PlanKey("derivedFrom", .text, "The data class that it is made from."),
    PlanKey("rebuild", .object([PlanKey("estimate", .pace, required: true, "How long that takes.")]), "It is made anew when its source is back."),
    PlanKey(
      "ephemeral",
      .object([
        PlanKey(
          "onLoss",
          .oneOf([
            .object([PlanKey("requeueFrom", .text, required: true, "What was under way is queued again, from this data class.")]),
            .object([PlanKey("accepted", .text, required: true, "Why it may be lost.")]),
          ]), "What becomes of what is lost.")
      ]), "It may be lost."),
  ]

  private static let remote = PlanKey("remote", .text, required: true, "The repository's address, without a password.")
  static let git = PlanKey(
    "git",
    .object([
      remote, PlanKey("site", .text, "Where its host is; no disaster takes it along if not given."),
      PlanKey(
        "mirrors",
        .map(
          .object([
            remote, PlanKey("site", .text, "Where the mirror is."), PlanKey("maxLag", .timeSpan, required: true, "How far it can be behind."),
          ])), "Where else everything that was pushed is."),
    ]), required: true, "It lives in Git: its history is its backup.")
}
