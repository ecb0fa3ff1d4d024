import CanonicalJSON
@testable import Commands
import Diagnostics
import Hashing
import Journaling
import ObjectStore
import Objectives
import PlanLinting
import PlanModel
import ProviderInterface
@testable import RecoveryPoints
@testable import Reporting
@testable import ExecutionShell
import TestSupport
import Testing
import Units
import YAMLReading

@Suite("Status") struct StatusTests {
  private static let now = Timestamp.sample
  private static let plan = samplePlan.replacing("metrics: textfile\n", with: "postIncident: { report: { within: 24h } }\n").replacing(
    "\nscenarios:\n",
    with: "\nscenarios:\n  rot:\n    corrupts: { data: [orders], noticedWithin: 6h }\n    detect: { noticedWithin: 10m }\n"
      + "    steps: { back: { postgresql.restore: { data: orders, server: pg-west }, timeout: 90m } }\n")

  private static func point(_ minutes: Int64, in stores: [String] = ["near", "far"], suspect: String? = nil) throws -> RecoveryPoint {
    let taken = now - .minutes(minutes)
    return RecoveryPoint(
      manifest: try PointManifest(
        id: PointID(started: taken, mark: "r.s.1"), dataClass: "orders", protection: "regular", method: "logical", sigma: taken, started: taken, available: taken + .minutes(9),
        plan: "sample", planDigest: "d", mark: "r.s.1", toolVersion: "1", objects: [], rawBytes: ByteCount(bytes: 5), rows: 7, suspect: suspect, content: .null), stores: stores)
  }

  private func status(
    _ points: [RecoveryPoint], unreachable: [StoreError] = [], runs: [RunState] = [], done: [RunID: [DutyRecord]] = [:], lock: PlanStatus.Lock = .init(.free),
    plan text: String = plan, after: TimeSpan = .zero
  ) throws -> PlanStatus {
    let (plan, reading) = readPlan(readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8))).document)
    #expect(reading.isEmpty, "\(reading)")
    let (typed, typing) = typecheck(try #require(plan), kinds: Providers.kinds, protection: Providers.protection)
    #expect(typing.isEmpty, "\(typing)")
    return PlanStatus(
      typed, assess(typed), catalogues: ["orders": Catalogue(points: points, findings: [], unreachable: unreachable)], runs: runs, done: done, lock: lock, now: Self.now + after)
  }

  private func losses(_ status: PlanStatus) -> [String] {
    status.disasters.flatMap { disaster in
      disaster.losses.map { "\(disaster.scenario) \($0.basis.rawValue) \($0.loss?.description ?? "-") \($0.verdict?.rawValue ?? "-") \($0.stores.joined(separator: ","))" }
    }
  }

  @Test("the newest usable point that survives, and before a corruption, decides what would be lost") func points() throws {
    let status = try status([try Self.point(10, suspect: "empty"), try Self.point(20, in: ["near"]), try Self.point(50), try Self.point(400)])
    // `near` burns with the site; the corruption is six hours old at worst.
    #expect(losses(status) == ["rot point 6h40m missed near,far", "lost point 50m met far"], "\(losses(status))")
    let lost = try #require(status.disasters.last?.losses.first)
    #expect(lost.point?.text.hasPrefix("20261124T072534Z-") == true && lost.consistentAt == Self.now - .minutes(50) && lost.target == .hours(1) && lost.computed == .minutes(41))
    #expect(status.isBreached && status.disasters.last?.recovery?.verdict == .met)
  }

  @Test("no data is a breach, and so is a store that does not answer") func nothing() throws {
    let none = try status([])
    #expect(losses(none) == ["rot nothing - missed ", "lost nothing - missed "] && none.isBreached)
    #expect(none.overdue.map(\.text) == ["`orders/regular` has never made a usable point"])
    let silent = StoreError(store: "far", .unreachable, "nobody answers")
    let unknown = try status([try Self.point(10, in: ["near"])], unreachable: [silent])
    #expect(losses(unknown) == ["rot unknown - not-known ", "lost unknown - not-known "] && unknown.isBreached && unknown.unreachable.count == 1, "\(losses(unknown))")
    #expect(!unknown.overdue.contains { $0.kind == .copy })
  }

  @Test("late is what is later than its interval and its own run; a copy is missed in its store", arguments: [
    (40, ["near", "far"], []), (41, ["near", "far"], []), (42, ["near", "far"], ["backup"]), (12, ["near"], ["copy"]), (10, ["near"], []),
  ] as [(Int64, [String], [String])]) func late(_ age: Int64, _ stores: [String], _ kinds: [String]) throws {
    #expect(try status([try Self.point(age, in: stores)]).overdue.map(\.kind.rawValue) == kinds)
  }

  @Test("drills by their days") func drills() throws {
    let good = [try Self.point(10)]
    func overdue(_ drill: String) throws -> [String] {
      try status(good, plan: Self.plan.replacing("every: 30d, first: 2099-01-01", with: drill)).overdue.map(\.text)
    }
    #expect(try overdue("every: 30d, first: 2099-01-01") == [])
    #expect(try overdue("every: 30d, first: 2026-11-01") == ["the drill `restore` was never held, and was due 2026-11-01"])
    #expect(try overdue("every: 30d") == ["the drill `restore` was never held"])
  }

  @Test("what is owed after a run, and when it is too late; open runs and the lock") func runs() throws {
    let over = try RunState(replaying: Sample.records(Sample.events()))
    let open = try RunState(replaying: Sample.records(Array(Sample.events().prefix(7))))
    let good = [try Self.point(10)]
    let before = try status(good, runs: [over], after: .minutes(25))
    #expect(before.owed.map(\.duty.kind) == [.report, .tickets] && !before.overdue.contains { $0.kind == .duty } && before.openRuns.isEmpty)
    let after = try status(good, runs: [over], after: .hours(25))
    #expect(after.overdue.filter { $0.kind == .duty }.map(\.text) == ["the incident report of run \(RunID.sample) (`fire`) is overdue since 2026-11-25T08:35:34Z, for 40m"])
    let word = [RunID.sample: [DutyRecord(kind: .report, at: Self.now, who: "ada", note: "")]]
    #expect(try status(good, runs: [over], done: word, after: .hours(25)).overdue.filter { $0.kind == .duty }.isEmpty)
    let paused = try status(good, runs: [open])
    #expect(paused.openRuns.map(\.result) == ["paused"] && paused.owed.isEmpty)
    #expect(try status(good, runs: [open], lock: .init(.held, who: "bob", host: "h", run: .sample, since: Self.now)).openRuns.map(\.result) == ["at work"])
  }

  @Test("each format is what the snapshot says", arguments: OutputFormat.allCases) func formats(_ format: OutputFormat) throws {
    let open = try RunState(replaying: Sample.records(Array(Sample.events().prefix(7))))
    let over = try RunState(replaying: Sample.records(Sample.events()))
    let status = try status([try Self.point(50)], runs: [open, over], lock: .init(.held, who: "bob", host: "ops-1", run: .sample, since: Self.now), after: .hours(25))
    try expectSnapshot(try statusReport(status, as: format, TextStyle()), "Tests/ReportingTests/Snapshots/status.\(format.rawValue).txt")
  }

  @Test("status.v1 describes every status, and nothing else") func schema() throws {
    let schema = try JSONSchema(StatusSchema.document)
    let open = try RunState(replaying: Sample.records(Array(Sample.events().prefix(7))))
    let over = try RunState(replaying: Sample.records(Sample.events()))
    let silent = StoreError(store: "far", .unreachable, "nobody answers")
    var touched: Set<String> = []
    for status in [
      try status([try Self.point(50)], runs: [open, over], lock: .init(.held, who: "bob", host: "ops-1", run: .sample, since: Self.now), after: .hours(25)),
      try status([], unreachable: [silent], runs: [over]),
    ] {
      var status = status
      status.unseen = ["a/b"]
      status.owed.append(.init(run: .sample, duty: DutyState(.init(kind: .runbook, within: .hours(1), by: "b", place: "p"), end: .sample, done: [.init(kind: .runbook, at: .sample, who: "w", note: "n")])))
      let verdict = schema.verdict(on: try CanonicalJSON.value(status))
      #expect(verdict.problems == [])
      touched.formUnion(verdict.touched)
    }
    #expect(schema.places.subtracting(touched) == [])
  }

  @Test("the kernel's table of locks is read: the holder, not those who wait, and no other file") func locks() {
    let table = """
      1: POSIX  ADVISORY  WRITE 22989 fe:00:5310542 1073741824 1073742335
      2: FLOCK  ADVISORY  WRITE 22989 fe:00:16220259 0 EOF
      3: -> FLOCK  ADVISORY  WRITE 23011 fe:00:77 0 EOF
      """
    #expect(LockTable.holds(inode: 16_220_259, table) && !LockTable.holds(inode: 5_310_542, table) && !LockTable.holds(inode: 77, table) && !LockTable.holds(inode: 259, table))
  }
}
