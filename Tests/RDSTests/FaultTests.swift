import CanonicalJSON
import Concurrency
import PlanModel
import ProviderInterface
@testable import RDSProvider
import TestSupport
import Testing
import Units

/// The ways in which the API can lie, be slow, or be gone. In none of them is the canary said.
@Suite("Faults of RDS", .timeLimit(.minutes(3))) struct FaultTests {
  private func expect(_ failure: StepFailure?, _ code: String, says words: String..., transient: Bool? = nil, sourceLocation: SourceLocation = #_sourceLocation) {
    guard let failure else { Issue.record("it did not fail", sourceLocation: sourceLocation); return }
    #expect(failure.code == code, "\(failure.text)", sourceLocation: sourceLocation)
    for word in words { #expect(failure.text.contains(word), "\(failure.text)", sourceLocation: sourceLocation) }
    #expect(!failure.helps.isEmpty && !failure.text.contains("canary"), "\(failure.text)", sourceLocation: sourceLocation)
    if let transient { #expect(failure.isTransient == transient, sourceLocation: sourceLocation) }
  }

  @Test("a restore whose answer is lost is found again by its tags, and is not made twice", arguments: [1, 2]) func dropped(_ times: Int) async throws {
    let world = try await World.make()
    try await world.set(#"{"drop":{"RestoreDBInstanceToPointInTime":\#(times)}}"#)
    let result = try await world.restore()
    #expect(result.outputs["address"] != nil)
    #expect(try await world.instances().keys.sorted() == ["orders", "orders-new"])
    #expect(try await world.actions().count { $0 == "RestoreDBInstanceToPointInTime" } == times + 1)
  }

  @Test("a deletion whose answer is lost is not taken for a failure") func droppedDeletion() async throws {
    let world = try await World.make()
    let result = try await world.restore()
    try await world.set(#"{"drop":{"DeleteDBInstance":1},"deleting":1000}"#)
    try await world.undo(result)
    #expect(try await world.instances().keys.sorted() == ["orders"])
  }

  @Test("throttling and faults inside are asked again, and given up in the end", arguments: [(400, "Throttling", "rds-throttled"), (500, "InternalFailure", "rds-failing"), (503, "ServiceUnavailable", "rds-failing")])
  func again(status: Int, code: String, failure: String) async throws {
    let world = try await World.make()
    try await world.set(#"{"fail":{"DescribeDBInstances":[\#(status),"\#(code)","Rate exceeded",2]}}"#)
    _ = try await world.restore()
    try await world.set(#"{"fail":{"DescribeDBInstances":[\#(status),"\#(code)","Rate exceeded",1000]}}"#)
    expect(await world.failure(), failure, says: "DescribeDBInstances", "given up after 3 attempts", transient: true)
  }

  @Test("an API that falls silent while the instance is made makes nothing fail, if it comes back in time") func silentMeanwhile() async throws {
    let world = try await World.make()
    try await world.set(#"{"creating":1500}"#)
    async let result = world.restore()
    try await eventually("it is being made") { try await world.instances()["orders-new"] != nil }
    try await world.set(#"{"fail":{"DescribeDBInstances":[500,"InternalFailure","",12]}}"#)
    #expect(try await result.outputs["address"] != nil)
  }

  @Test("an instance that stays in creation is given up in time, and gone on with by the next attempt") func stuck() async throws {
    let world = try await World.make().with { $0.timeout = .seconds(2) }
    try await world.set(#"{"ends":"creating"}"#)
    expect(await world.failure(), "not-in-time", says: "it was creating last", "resume the run", transient: true)
    try await world.set(#"{"ends":"available"}"#)
    _ = try await world.with { $0.timeout = .seconds(60) }.restore(attempt: 2)
    #expect(try await world.actions().count { $0 == "RestoreDBInstanceToPointInTime" } == 1)
  }

  @Test("states that lead nowhere are failures, each with what to do", arguments: ["failed", "incompatible-restore", "incompatible-network", "incompatible-parameters", "insufficient-capacity", "inaccessible-encryption-credentials"])
  func nowhere(_ state: String) async throws {
    let world = try await World.make()
    try await world.set(#"{"ends":"\#(state)"}"#)
    expect(await world.failure(), "restore-failed", says: "it is \(state)", "describe-events", transient: false)
  }

  @Test("available without an address is not there") func noAddress() async throws {
    let world = try await World.make().with { $0.timeout = .seconds(2) }
    try await world.set(#"{"noAddress":true}"#)
    expect(await world.failure(), "not-in-time", says: "had no address")
    #expect(await world.settle() == .notDone)
  }

  @Test("tags that are taken and not kept are noticed: nobody could tell whose it is") func forgetsTags() async throws {
    let world = try await World.make()
    try await world.set(#"{"forgetsTags":true}"#)
    expect(await world.failure(), "mark-lost", says: "rds:AddTagsToResource")
  }

  @Test("an instance that somebody deletes meanwhile is said to be gone") func deletedMeanwhile() async throws {
    let world = try await World.make()
    try await world.set(#"{"ends":"creating"}"#)
    async let failure = world.failure()
    try await eventually("it is being made") { try await world.instances()["orders-new"] != nil }
    try await world.set(#"{"instances":{"orders":\#(RDSServer.instance())}}"#)
    expect(await failure, "instance-gone", says: "somebody has deleted it")
  }

  @Test("somebody who makes an instance of that name at the same moment wins, and is told of") func race() async throws {
    let world = try await World.make()
    try await world.set(#"{"fail":{"RestoreDBInstanceToPointInTime":[400,"DBInstanceAlreadyExists","DB Instance already exists",1]},"slow":{"RestoreDBInstanceToPointInTime":1000}}"#)
    async let failure = world.failure()
    try await eventually("it asks") { try await world.actions().contains("DescribeDBInstanceAutomatedBackups") }
    try await world.set(#"{"instances":{"orders":\#(RDSServer.instance()),"orders-new":\#(RDSServer.instance())}}"#)
    expect(await failure, "target-exists", says: "no tag of sie-dr")
    #expect(!(try await world.actions()).contains("DeleteDBInstance"))
  }

  @Test("what the API refuses is told in its words with what to do", arguments: [
    ("InstanceQuotaExceeded", "rds-quota"), ("InsufficientDBInstanceCapacity", "rds-capacity"), ("KMSKeyNotAccessibleFault", "rds-key-inaccessible"), ("InvalidSubnet", "rds-refused"),
    ("InvalidDBInstanceState", "rds-state"), ("InvalidRestoreFault", "moment-not-kept"), ("PointInTimeRestoreNotEnabled", "backups-off"),
  ]) func refused(code: String, failure: String) async throws {
    let world = try await World.make()
    try await world.set(#"{"fail":{"RestoreDBInstanceToPointInTime":[400,"\#(code)","it will not",1]}}"#)
    expect(await world.failure(), failure)
    #expect(try await world.instances().count == 1)
  }

  @Test("a group that is not there is refused with its name") func noGroup() async throws {
    let world = try await World.make()
    var arguments = world.arguments
    arguments.subnetGroup = "no-such-group"
    let failure = await caught { _ = try await RDSRestorePerformer(host: world.host).perform(arguments, in: world.context()) }
    expect(failure, "rds-refused", says: "DBSubnetGroupNotFoundFault")
  }

  @Test("a wrong key, a wrong secret key and none are told apart; a plan says so beforehand", arguments: [
    ("AKIDOTHER:canary-canary", "rds-key-refused", "does not know the access key"), ("AKIDRDSTEST:canary-canary", "rds-key-refused", "refuses the signature"),
    ("canary", "rds-key-missing", "the secret `aws`"),
  ]) func keys(key: String, code: String, words: String) async throws {
    let world = try await World.make().with { $0.key = key }
    expect(await world.failure(), code, says: words, transient: false)
    let change = await world.plan()
    #expect(change.action == .unknown && change.reason.contains(words) && !change.reason.contains("canary"), "\(change)")
  }

  @Test("what the key may not do is named", arguments: ["DescribeDBInstances", "DescribeDBInstanceAutomatedBackups", "RestoreDBInstanceToPointInTime"]) func denied(_ action: String) async throws {
    let world = try await World.make()
    try await world.set(#"{"denied":["\#(action)"]}"#)
    expect(await world.failure(), "rds-denied", says: "allow rds:\(action)", "rds:AddTagsToResource", transient: false)
  }

  @Test("a clock that is off is told from a wrong key") func clock() async throws {
    let world = try await World.make()
    try await world.set(#"{"skew":900}"#)
    expect(await world.failure(), "clock-differs", says: "chronyc", transient: false)
  }

  @Test("something else behind the address, and an answer for another instance, are not believed") func lies() async throws {
    let world = try await World.make()
    try await world.set(#"{"otherAnswer":true}"#)
    expect(await world.failure(), "rds-not-understood", says: "not of the instance that was asked for")
    try await world.set(#"{"otherAnswer":false,"garbage":{"DescribeDBInstances":true}}"#)
    expect(await world.failure(), "rds-not-understood", says: "is none of RDS")
    #expect(try await world.instances().count == 1)
  }

  @Test("a list that does not end is given up") func endless() async throws {
    let world = try await World.make()
    try await world.set(#"{"endlessPages":true}"#)
    let change = await world.plan()
    #expect(change.action == .unknown && change.reason.contains("does not end after 50 pages"), "\(change)")
  }

  @Test("nobody there, and nobody who answers") func gone() async throws {
    let port = try HTTPServer.closedPort()
    expect(try await World.make().with { $0.url = "http://127.0.0.1:\(port)" }.failure(), "rds-silent", says: "127.0.0.1:\(port)", transient: true)
    let world = try await World.make().with { $0.answer = .milliseconds(300) }
    try await world.set(#"{"slow":{"DescribeDBInstances":1000}}"#)
    expect(await world.failure(), "rds-silent", transient: true)
    expect(await world.with { $0.url = "https://" }.failure(), "wrong-endpoint")
  }

  @Test("no secret is in what a step says, gives, or leaves") func canary() async throws {
    let world = try await World.make()
    let change = await world.plan()
    let result = try await world.restore()
    let left = try await onThread { "\(try world.server.world())" }
    let said = "\(change) \(result) \(world.progress.withLock { "\($0)" }) \(try CanonicalJSON.text(world.arguments)) \(left)"
    #expect(said.contains("orders-new") && !said.contains("canary"))
  }
}
