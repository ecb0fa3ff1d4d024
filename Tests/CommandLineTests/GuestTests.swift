import TestSupport
import Testing

/// A backup never blocks the production longer than it says.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct GuestTests {
  @Test("while a backup runs, ALTER TABLE gets its lock within yieldAfter, and the backup says why it gave way")
  func givesWay() async throws {
    // Texts that the server must make one by one: one worker reads for a few seconds, however fast the disk is.
    let times = "(SELECT array_agg(timestamptz 'epoch' + i * interval '1.000001 s') FROM generate_series(1, 200) i)"
    let scene = try Scene(
      "CREATE TABLE big AS SELECT n, \(times) AS t FROM generate_series(1, 80000) n; CREATE TABLE small (a int)",
      plan: PlanText(logical: "{ workers: 1, yieldAfter: 1s }"))
    let program = try scene.start("apply", "--yes", "plan.yaml")
    // The migration itself waits for its worst moment, in the server, and says how many milliseconds it waited for its lock.
    let answer = try scene.source.psql(Self.migration, database: scene.database)
    let end = try await program.end()
    let waited = try #require(Int(answer.split(separator: "\n").last ?? ""), "\(answer)")
    #expect(waited > 200, "the backup was not in the way")
    #expect(waited < 3_000, "yieldAfter is a second, and a second or two is for a machine under load")
    #expect(end.status == 1, "\(end.output)\(end.errors)")
    for words in ["gave way", "ALTER TABLE", "big", "yieldAfter"] { #expect((end.output + end.errors).contains(words), "\(words) in: \(end.errors)") }
    #expect(try await scene.points() == [])
    #expect(try files(below: "\(scene.folder)/near").isEmpty)
    #expect(try scene.source.psql("SELECT count(added) FROM big", database: scene.database) == "0\n")
  }

  private static let migration = """
    DO $$ BEGIN
      FOR i IN 1..3000 LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%big%' AND state = 'active');
        PERFORM pg_sleep(0.01);
      END LOOP;
    END $$;
    SELECT clock_timestamp() AS began \\gset
    ALTER TABLE big ADD COLUMN added int; ALTER TABLE small ADD COLUMN added int;
    SELECT (extract(epoch FROM clock_timestamp() - :'began'::timestamptz) * 1000)::int;
    """
}
