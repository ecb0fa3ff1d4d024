import TestSupport
import Testing

/// A backup never blocks the production longer than it says.
@Suite(.timeLimit(.minutes(2)))
struct GuestTests {
  @Test("while a backup runs, ALTER TABLE gets its lock within yieldAfter, and the backup says why it gave way")
  func givesWay() async throws {
    // Many rows of random text with one worker take several seconds to read and to compress.
    let scene = try Scene(
      """
      CREATE TABLE big AS SELECT n, (SELECT string_agg(md5((n * 31 + k)::text), '') FROM generate_series(1, 12) k) AS t FROM generate_series(1, 250000) n;
      CREATE TABLE small (a int)
      """, plan: PlanText(logical: "{ workers: 1, yieldAfter: 1s }"))
    let program = try scene.start("apply", "--yes", "plan.yaml")
    try await until("rows of the large table are being read") {
      try scene.source.psql(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(scene.database)' AND query LIKE 'COPY%big%' AND state = 'active'") != "0\n"
    }
    let began = ContinuousClock.now
    try scene.source.psql("SET lock_timeout = '20s'; ALTER TABLE big ADD COLUMN added int; ALTER TABLE small ADD COLUMN added int", database: scene.database)
    let waited = began.duration(to: .now)
    #expect(program.isRunning || waited > .milliseconds(500), "the backup was over before it could be in the way")
    let end = try await program.end()
    #expect(waited < .seconds(5), "the lock came after \(waited)")
    #expect(end.status == 1, "\(end.output)\(end.errors)")
    for words in ["gave way", "ALTER TABLE", "public.big", "yieldAfter"] { #expect((end.output + end.errors).contains(words), "\(words) in: \(end.output)\(end.errors)") }
    #expect(try await scene.points() == [])
    #expect(try files(below: "\(scene.folder)/near").isEmpty)
    print("guest: ALTER TABLE waited \(waited) with yieldAfter 1s")
  }
}
