/// What stands under `protect`: backups in runs, and what goes on all the time.
extension PlanKeys {
  static let protections: [[PlanKey]] = [
    protection,
    [PlanKey("wal", .object(wal), required: true, "Base backups and every WAL segment after them."), to, window],
    [PlanKey("replica", .object(replica), required: true, "A server that follows the primary.")],
  ]

  private static let to = PlanKey("to", .names, required: true, "The stores that it is written to.")
  private static let window = PlanKey(
    "keep", .object([PlanKey("for", .timeSpan, required: true, "How far one can go back."), PlanKey("atLeast", .integer(1...10_000), "So many base backups always stay.")]),
    "How far one can go back; for ever if not given.")
  private static let wal = [
    PlanKey("base", .timeSpan, required: true, "How often a base backup is made."), PlanKey("jitter", .timeSpan, "How late a base backup may start."),
    PlanKey("misses", .integer(0...100), "How many base backups in a row may be missed; 0 if not given."),
    PlanKey("timeout", .timeSpan, required: true, "PostgreSQL's `archive_timeout`: how long a segment that holds something stays open."),
    PlanKey("break", .bool, "Whether the target still allows for a segment that is lost: nothing after it can be restored until the next base backup is there."),
  ]
  private static let replica = [
    PlanKey("server", .text, required: true, "Which server follows; one of `on`."), PlanKey("maxLag", .timeSpan, required: true, "How far what it has received can be behind."),
  ]
}
