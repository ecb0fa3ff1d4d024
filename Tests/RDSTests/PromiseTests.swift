import AWSClient
import CanonicalJSON
import ProviderInterface
@testable import RDSProvider
import TestSupport
import Testing
import Units

/// What RDS keeps against what a plan counts on.
@Suite("Promises of RDS", .timeLimit(.minutes(2))) struct PromiseTests {
  private static let now = Timestamp(milliseconds: 1_795_500_000_000)

  private func seen(_ change: (inout SeenBackups) -> Void = { _ in }) -> SeenBackups {
    var seen = SeenBackups("orders", nil, [], [])
    seen.exists = true
    seen.retention = 7
    seen.created = Self.now - .days(40)
    seen.window = RestoreWindow(first: Self.now - .days(7), last: Self.now - .minutes(3))
    seen.newestSnapshot = Self.now - .hours(20)
    seen.snapshots = 7
    change(&seen)
    return seen
  }

  private static let promise = ManagedPromise(every: .days(1), granularity: .minutes(5), window: .days(7))
  private func broken(_ promise: ManagedPromise = promise, _ change: (inout SeenBackups) -> Void = { _ in }) -> [String] {
    promise.broken(by: seen(change), at: Self.now).map { "\($0.part.rawValue) \($0.seen?.description ?? "-"): \($0.text)" }
  }

  @Test("nothing is broken where all is as promised, to the very figure") func kept() {
    #expect(broken() == [])
    #expect(broken { $0.window?.last = Self.now - .minutes(5); $0.newestSnapshot = Self.now - .days(1) } == [])
    #expect(ManagedPromise().broken(by: seen { $0.retention = 0; $0.window = nil }, at: Self.now) == [])
  }

  @Test("each figure that breaks is said with what was promised") func breaks() {
    #expect(broken { $0.retention = 3 } == ["window 3d: automated backups are kept for 3d, and the plan counts on 7d"])
    #expect(broken { $0.retention = 0; $0.window = nil } == ["backups -: automated backups are switched off (retention 0 days)"])
    #expect(broken { $0.window?.last = Self.now - .minutes(42) } == ["granularity 42m: the latest moment that can be restored is \(Self.now - .minutes(42)), 42m ago, and the plan counts on 5m"])
    #expect(broken { $0.newestSnapshot = Self.now - .hours(49) } == ["every 2d1h: the newest snapshot is of \(Self.now - .hours(49)), 2d 1h ago, and the plan counts on one every 1d"])
    #expect(broken { $0.newestSnapshot = nil } == ["every -: there is no finished snapshot, and the plan counts on one every 1d"])
    #expect(broken { $0.window = nil }.map { $0.prefix { $0 != ":" } } == ["window -", "granularity -"])
    #expect(broken { $0.exists = false; $0.window = nil; $0.newestSnapshot = nil } == ["instance -: there is no instance `orders`, and no automated backup of it"])
  }

  @Test("a window that reaches back less than it must is broken, unless there was nothing before") func young() {
    #expect(broken { $0.window?.first = Self.now - .days(2) } == ["window 2d: the first moment that can be restored is \(Self.now - .days(2)), 2d ago, and the plan counts on 7d"])
    #expect(broken { $0.window?.first = Self.now - .days(2); $0.created = Self.now - .days(2) } == [])
    // The first moment moves on by a whole backup.
    #expect(broken { $0.window?.first = Self.now - .days(6) } == [] && broken { $0.window?.first = Self.now - .days(6) + .seconds(1) }.count == 1)
  }

  @Test("what was seen comes through an observation unchanged; what moves by itself is no fact") func observed() {
    let one = seen { $0.engine = "postgres 16.4"; $0.isMultiAZ = true; $0.status = "available"; $0.storage = 200 }
    #expect(SeenBackups(one.observation) == one)
    var later = one
    later.window?.last = Self.now
    later.newestSnapshot = Self.now
    later.status = "modifying"
    #expect(later.observation.facts == one.observation.facts && later.observation != one.observation)
    #expect(SeenBackups(.unreachable("silent")) == nil && SeenBackups(.nothing) == nil)
  }

  @Test("a step says what is less than promised, and so does a plan of it") func step() async throws {
    let world = try await World.make()
    let result = try await world.check(Self.promise)
    #expect(result.summary.contains("`orders` is available (postgres 16.4, Multi-AZ)") && result.outputs["latest"] != nil, "\(result)")
    #expect(await world.look(Self.promise).reason.contains("any moment from 20"))
    try await world.set(#"{"instances":{"orders":\#(RDSServer.instance(retention: 3, lag: 3600))},"snapshots":[\#(RDSServer.snapshot("a", age: 300_000)),\#(RDSServer.snapshot("b", age: 5, status: "creating"))]}"#)
    let change = await world.look(Self.promise)
    #expect(change.action == .check && change.reason.hasPrefix("LESS THAN PROMISED: automated backups are kept for 3d"), "\(change.reason)")
    let failure = await caught { _ = try await world.check(Self.promise) }
    #expect(failure?.code == "less-than-promised" && failure?.details.count == 4, "\(failure?.text ?? "")")
    #expect(failure?.helps.first?.contains("--backup-retention-period 7") == true)
    let actions = Set(try await world.actions())
    #expect(actions == ["DescribeDBInstances", "DescribeDBInstanceAutomatedBackups", "DescribeDBSnapshots"])
  }

  @Test("snapshots are read page by page, and the newest counts wherever it stands") func pages() async throws {
    let world = try await World.make()
    let all = (1...64).map { RDSServer.snapshot("s\($0)", age: $0 == 50 ? 60 : 100_000 + $0, type: $0 % 2 == 0 ? "manual" : "automated") }
    try await world.set(#"{"pageSize":20,"snapshots":[\#(all.joined(separator: ","))]}"#)
    let result = try await world.check(ManagedPromise(every: .minutes(5)))
    #expect(result.summary.contains("the newest of 64 snapshots is 1m"), "\(result.summary)")
    #expect(try await world.actions().count { $0 == "DescribeDBSnapshots" } == 4)
  }

  @Test("what the API says is read strictly, and amounts to what it says") func reading() throws {
    #expect(InstanceState("available") == .available && InstanceState("backing-up") == .underWay && InstanceState("deleting") == .leaving && InstanceState("something-new") == .underWay)
    let element = try XMLElement.read(Array("""
      <DBInstance><DBInstanceIdentifier>orders</DBInstanceIdentifier><DBInstanceStatus>available</DBInstanceStatus><BackupRetentionPeriod>7</BackupRetentionPeriod>
      <InstanceCreateTime>2026-11-20T00:00:00Z</InstanceCreateTime><LatestRestorableTime>2026-11-24T08:00:00Z</LatestRestorableTime></DBInstance>
      """.utf8))
    let instance = try #require(DatabaseInstance(element))
    let window = SeenBackups("orders", instance, [], []).window
    #expect(window?.first == Timestamp("2026-11-20T00:00:00Z") && window?.last == Timestamp("2026-11-24T08:00:00Z") && instance.tags.isEmpty && instance.address == nil)
    #expect(DatabaseInstance(XMLElement("DBInstance", [XMLElement("DBInstanceIdentifier", text: "orders")])) == nil)
    #expect(RestoreMark.allowed("a plan: é §\"<x>\u{1}") == "a plan: é ---x--")
    #expect(KnownMoment(time: Timestamp("2026-11-24T08:15:34.250Z")).written == "2026-11-24T08:15:34Z")
    #expect(ChosenMoment.before(.text("2026-11-24T08:15:34.000Z")).resolved?.written == "2026-11-24T08:15:33Z")
    #expect(ChosenMoment.before(.text("2026-11-24T08:15:34.001Z")).resolved?.written == "2026-11-24T08:15:34Z")
  }
}
