import CanonicalJSON
import Glibc
import Journaling
import Scheduling
import TestSupport
import Testing

/// What can be wrong with the state directory: damaged journals, a full disk, two runs at once.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct StateFaultTests {
  static let plan = PlanText(
    steps: PlanText.command("first", "[sh, -c, 'echo first >> log.txt']") + PlanText.command("gate", "[test, -e, open.txt]", needs: "first")
      + PlanText.command("last", "[sh, -c, 'echo last >> log.txt']", needs: "gate"))

  /// A run that has paused at its second step.
  func paused() async throws -> (scene: Scene, run: String) {
    let scene = try Scene(plan: Self.plan)
    let applied = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost")
    #expect(applied.status == 6, "\(applied.output)\(applied.errors)")
    try writeFile("\(scene.folder)/open.txt", "")
    return (scene, try scene.lastRun())
  }

  @Test("a torn last record is kept beside the journal, and the run goes on", arguments: [1, 40, 200])
  func torn(_ bytes: Int) async throws {
    let (scene, run) = try await paused()
    let whole = try readBytes(scene.journalPath(run))
    let (lastLine, before) = (whole.dropLast().lastIndex(of: 0x0A).map { whole.count - $0 - 1 } ?? 0, try scene.journal(run).count)
    let cut = min(bytes, lastLine - 1)
    try writeBytes(scene.journalPath(run), Array(whole.dropLast(cut)))
    let resumed = try await scene.run("resume", run)
    // The cut record may have been the intent of a step that nobody can look at: then a person is asked.
    #expect(resumed.status == 0 || resumed.status == 6, "\(resumed.output)\(resumed.errors)")
    let kept = names(in: "\(scene.state)/runs/\(run)").filter { $0.hasSuffix(".torn") }
    #expect(kept.count == 1)
    #expect(try readBytes("\(scene.state)/runs/\(run)/\(kept.first ?? "")") == Array(whole.suffix(lastLine).dropLast(cut)))
    #expect(try scene.journal(run).count >= before)
    if resumed.status == 6 {
      #expect(resumed.output.contains("--not-done gate"), "\(resumed.output)")
      #expect(try await scene.run("resume", run, "--not-done", "gate").status == 0)
    }
    #expect(try readFile("\(scene.folder)/log.txt") == "first\nlast\n")
  }

  @Test("one flipped bit anywhere in a record that others follow: the journal is refused with the record's number, nothing is done")
  func flipped() async throws {
    let (scene, run) = try await paused()
    let path = scene.journalPath(run)
    let whole = try readBytes(path)
    let ends = whole.indices.filter { whole[$0] == 0x0A }
    let log = try readFile("\(scene.folder)/log.txt")
    var random = SplitMix64(seed: "flipped")
    for (number, end) in ends.dropLast().enumerated() {
      let start = number == 0 ? 0 : ends[number - 1] + 1
      var changed = whole
      let place = Int.random(in: start...end, using: &random)
      changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try writeBytes(path, changed)
      let refused = try await scene.run("resume", run)
      #expect(refused.status == 1, "byte \(place) of record \(number + 1): \(refused.output)")
      #expect(refused.errors.contains("journal-damaged") && refused.errors.contains("record \(number + 1)"), "byte \(place): \(refused.errors)")
      #expect(refused.errors.contains(path) && refused.errors.contains("help"))
      #expect(try readBytes(path) == changed)
      let listed = try await scene.run("runs", "plan.yaml")
      #expect(listed.status == 1 && listed.errors.contains("journal-damaged"))
    }
    #expect(try readFile("\(scene.folder)/log.txt") == log)
    try writeBytes(path, whole)
    #expect(try await scene.run("resume", run).status == 0)
  }

  @Test("two runs at once on one state directory: the second ends with 7 and names the holder to the second, then it may")
  func locked() async throws {
    let scene = try Scene(plan: InterruptTests.plan)
    let first = try scene.start("apply", "--yes", "plan.yaml", "--scenario", "lost")
    try await until("the step is at work") { names(in: scene.folder).contains("log.txt") }
    let run = try scene.lastRun()
    // A rollback of this very run is a word to it.
    for arguments in [["apply", "--yes", "plan.yaml", "--scenario", "lost"], ["resume", run]] {
      let second = try await scene.start(arguments).end()
      #expect(second.status == 7, "\(second.output)\(second.errors)")
      for words in ["another run is at work", run, "tester", "process \(first.pid)", "kill -INT \(first.pid)"] { #expect(second.errors.contains(words), "\(words)") }
      // The second in which it began, and for how long it has been at work.
      let since = try #require(scene.json(try readFile("\(scene.state)/lock"))["since"]?.string)
      #expect(second.errors.contains("since \(since), for "), "\(since) in \(second.errors)")
    }
    #expect(scene.runs() == [run])
    // Only looking needs no lock.
    #expect(try await scene.run("runs", "plan.yaml").status == 0)
    #expect(try await scene.run("plan", "plan.yaml").status == 0)
    // A killed holder holds nothing.
    first.send(SIGKILL)
    _ = try await first.end()
    try writeFile("\(scene.folder)/go.txt", "")
    #expect(try await scene.run("resume", run, "--not-done", "slow").status == 0)
  }

  @Test("a full disk under the journal: no further effect, the step that ran is in doubt, and the run is resumed once there is room")
  func journalFull() async throws {
    guard let disk = try SmallDisk(kilobytes: 256) else { return }
    let scene = try Scene(
      plan: PlanText(
        // Its output goes into the outcome, which is then larger than what is left of the journal's last page.
        steps: "      first: { command.run: { run: [sh, -c, 'echo first >> log.txt; head -c 300000 /dev/zero > \(disk.path)/fill 2>/dev/null; printf %09000d 1'], "
          + "undo: [\"true\"], captureLine: true }, timeout: 1m, estimate: 1s }\n"
          + PlanText.command("last", "[sh, -c, 'echo last >> log.txt']", needs: "first")))
    let full = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost", "--state", disk.path)
    #expect(full.status == 1 || full.status == 6, "\(full.output)\(full.errors)")
    for words in ["the journal cannot be written any more", "No space left on device", "in doubt"] { #expect(full.output.contains(words), "\(full.output)") }
    #expect(try readFile("\(scene.folder)/log.txt") == "first\n")
    let run = try #require(names(in: "\(disk.path)/runs").last)
    #expect(full.output.contains("sie-dr resume \(run)"))
    try runProgram(["rm", "\(disk.path)/fill"])
    let resumed = try await scene.run("resume", run, "--state", disk.path, "--done", "first")
    #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
    #expect(try readFile("\(scene.folder)/log.txt") == "first\nlast\n")
  }

  @Test("a full disk from the beginning, or a state directory that cannot be: the run does not begin")
  func noState() async throws {
    let scene = try Scene(plan: Self.plan)
    try writeFile("\(scene.folder)/file", "")
    let impossible = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost", "--state", "file/state")
    #expect(impossible.status == 1 && impossible.errors.contains("state-unusable") && impossible.errors.contains("--state"), "\(impossible.errors)")
    #expect(!names(in: scene.folder).contains("log.txt"))
    guard let disk = try SmallDisk(kilobytes: 64) else { return }
    _ = try runProgram(["sh", "-c", "head -c 300000 /dev/zero > \(disk.path)/fill"], mayFail: true)
    let full = try await scene.run("apply", "--yes", "plan.yaml", "--scenario", "lost", "--state", disk.path)
    #expect(full.status == 1 && full.errors.contains("No space left on device"), "\(full.errors)\(full.output)")
    #expect(!names(in: scene.folder).contains("log.txt"))
  }

  @Test("a full disk under the store: the backup fails and says where, leaves nothing, and a later one succeeds")
  func storeFull() async throws {
    guard let disk = try SmallDisk(kilobytes: 512) else { return }
    let scene = try Scene(
      "CREATE TABLE t AS SELECT n, (SELECT string_agg(md5((n * 31 + k)::text), '') FROM generate_series(1, 4) k) AS m FROM generate_series(1, 20000) n",
      plan: PlanText(near: disk.path))
    let full = try await scene.run("apply", "--yes", "plan.yaml")
    #expect(full.status == 1)
    for words in ["store-full", "near", disk.path, "help"] { #expect((full.output + full.errors).contains(words), "\(words) in: \(full.errors)") }
    #expect(try files(below: disk.path).isEmpty)
    #expect(try await scene.points() == [])
    try scene.source.psql("DELETE FROM t WHERE n > 1000; VACUUM FULL t", database: scene.database)
    #expect(try await scene.run("apply", "--yes", "plan.yaml").status == 0)
    #expect(try await scene.points().count == 1)
  }
}
