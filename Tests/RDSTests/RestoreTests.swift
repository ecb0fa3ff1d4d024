import CanonicalJSON
import Concurrency
import PlanModel
import ProviderInterface
@testable import RDSProvider
import TestSupport
import Testing
import Units

/// A moment of one instance into another, over a stand-in that checks every signature.
@Suite("Restoring a moment of RDS", .timeLimit(.minutes(3))) struct RestoreTests {
  @Test("makes the instance that was asked for, marks it, waits for it, and says where it is") func restores() async throws {
    let world = try await World.make()
    let change = await world.plan()
    #expect(change.action == .create && change.losses.count == 1 && change.losses[0].hasPrefix("everything that `orders` committed after 20"), "\(change)")
    let result = try await world.restore()
    let made = try #require(try await world.instances()["orders-new"])
    #expect(made["status"] == "available" && made["class"] == "db.m6g.xlarge" && made["multiAZ"] == true && made["subnetGroup"] == "private" && made["groups"] == ["sg-1", "sg-2"])
    #expect(made["tags"]?["sie-dr:run"]?.string == world.run.rawValue && made["tags"]?["sie-dr:step"] == "restore" && made["tags"]?["sie-dr:plan"] == "shop")
    #expect(result.outputs["address"] == .text("orders-new.c9akciq32.us-east-1.rds.amazonaws.com") && result.outputs["port"] == .text("5432") && result.outputs["instance"] == .text("orders-new"))
    // The last moment that could be restored just before: the server chose a later one, or the same.
    guard case .text(let text)? = result.outputs["restoredTo"], let least = Timestamp(text), let chosen = made["restoredTo"]?.string.flatMap({ Timestamp($0) }) else {
      Issue.record("no moment in \(result)")
      return
    }
    #expect(least <= chosen && chosen - least < .seconds(10))
    let progress = world.progress.withLock { $0.map(\.phase) }
    #expect(progress.contains { $0.hasPrefix("`orders-new` is creating") }, "\(progress)")
  }

  @Test("restores the moment that is asked for, and the last whole second before one", arguments: [false, true]) func moment(isBefore: Bool) async throws {
    let wanted = Timestamp(milliseconds: (systemTime().milliseconds / 1_000 - 3_600) * 1_000)
    let world = try await World.make().with {
      $0.moment = isBefore ? .before(.output(step: "scope", name: "time")) : .at(wanted + .milliseconds(900))
      $0.outputs = ["scope": ["time": .text("\(wanted + .milliseconds(1))")]]
    }
    if isBefore {
      let change = await world.plan()
      #expect(change.action == .create && change.losses == ["everything that `orders` committed after that moment, which is known when `scope` has run, is lost"], "\(change)")
    }
    let result = try await world.restore()
    #expect(result.outputs["restoredTo"] == .text("\(wanted)"))
    #expect(try await world.instances()["orders-new"]?["restoredTo"]?.string.flatMap { Timestamp($0) } == wanted)
  }

  @Test("a moment that is not kept is refused by name before anything is touched, and so is a step before it", arguments: [8 * 86_400, 60, -60]) func notKept(ago: Int64) async throws {
    let world = try await World.make().with { $0.moment = .at(systemTime() - .seconds(ago)) }
    let change = await world.plan()
    #expect(change.action == .unknown && change.reason.contains("cannot be restored: of `orders` there is everything from 20"), "\(change.reason)")
    let failure = try #require(await world.failure())
    #expect(failure.code == "moment-not-kept" && failure.message.contains("there is everything from") && failure.details == ["nothing was touched"], "\(failure.text)")
    #expect(!(try await world.actions()).contains("RestoreDBInstanceToPointInTime"))
  }

  @Test("what another step gives must be a time") func noTime() async throws {
    let world = try await World.make().with { $0.moment = .before(.output(step: "scope", name: "time")); $0.outputs = ["scope": ["time": .text("soon")]] }
    #expect(await world.failure()?.code == "time-unreadable")
    #expect(try await world.instances().count == 1)
  }

  @Test("backups that are off are said so, by plan and by the step") func off() async throws {
    let world = try await World.make(RDSServer.instance(retention: 0))
    #expect(await world.plan().reason.contains("automated backups are off"))
    let failure = try #require(await world.failure())
    #expect(failure.code == "backups-off" && failure.helps.joined().contains("describe-db-snapshots"), "\(failure.text)")
    #expect(try await world.instances().count == 1)
  }

  @Test("an instance that is gone is restored from the backups that were kept of the last one of its name") func retained() async throws {
    let world = try await World.make()
    try await world.set(
      #"""
      {"instances":{},"retained":{"orders":{"resource":"db-KEPT","retention":7,"earliest":500000,"latest":900}}}
      """#)
    let change = await world.plan()
    #expect(change.action == .create && change.losses[0].contains("15m"), "\(change)")
    _ = try await world.restore()
    #expect(try await world.instances()["orders-new"]?["from"] == "db-KEPT")
  }

  @Test("neither instance nor backup: said with what to look at") func nothing() async throws {
    let world = try await World.make()
    try await world.set(#"{"instances":{}}"#)
    let failure = try #require(await world.failure())
    #expect(failure.code == "no-backups" && failure.helps.joined().contains("describe-db-instance-automated-backups"), "\(failure.text)")
  }

  @Test("an instance of that name that this run has not made is refused, and never touched", arguments: ["{}", #"{"sie-dr:run":"another","sie-dr:step":"restore","sie-dr:plan":"shop"}"#])
  func taken(tags: String) async throws {
    let world = try await World.make()
    try await world.set(#"{"instances":{"orders":\#(RDSServer.instance()),"orders-new":\#(RDSServer.instance(tags: tags))}}"#)
    let before = try await world.seen()
    let change = await world.plan()
    #expect(change.action == .unknown && change.reason.contains("there is an instance `orders-new` already"), "\(change)")
    let failure = try #require(await world.failure())
    #expect(failure.code == "target-exists" && failure.text.contains(tags == "{}" ? "no tag of sie-dr" : "the run another has made it"), "\(failure.text)")
    #expect(await world.settle() == .notDone)
    try await world.undo(nil)
    let actions = try await world.actions()
    #expect(!actions.contains("RestoreDBInstanceToPointInTime") && !actions.contains("DeleteDBInstance"))
    #expect(try await world.seen() == before)
    // The journal says that this run has made one: the one that is there is not it.
    let undone = await caught { try await world.undo(StepResult(summary: "", undoRecord: ["resource": "db-OURS"])) }
    #expect(undone?.code == "not-ours")
    #expect(try await world.seen() == before)
  }

  @Test("an instance that was made again under the same tags is not the one in the journal") func otherResource() async throws {
    let world = try await World.make()
    var result = try await world.restore()
    result.undoRecord = ["resource": "db-ANOTHER"]
    let failure = await caught { try await world.undo(result) }
    #expect(failure?.code == "not-ours")
    #expect(try await world.instances().count == 2)
  }

  @Test("deletion protection that somebody has switched on keeps it, and is said") func protected() async throws {
    let world = try await World.make()
    let result = try await world.restore()
    var made = try #require(try await world.instances()["orders-new"]?.object)
    made["protected"] = true
    try await world.set(CanonicalJSON.text(JSONValue.object(["instances": .object(["orders-new": .object(made)])])))
    let failure = await caught { try await world.undo(result) }
    #expect(failure?.code == "deletion-protected" && failure?.helps.joined().contains("--no-deletion-protection") == true)
    #expect(!(try await world.actions()).contains("DeleteDBInstance"))
    #expect(try await world.instances()["orders-new"]?["status"] == "available")
  }

  @Test("an undo in the midst of its making waits until it may be deleted, and until it is gone") func undoesHalf() async throws {
    let world = try await World.make()
    try await world.set(#"{"ends":"creating"}"#)
    let failure = try #require(await world.with { $0.timeout = .seconds(2) }.failure())
    #expect(failure.code == "not-in-time" && failure.isTransient)
    #expect(await world.settle() == .notDone)
    try await world.set(#"{"fail":{"DeleteDBInstance":[400,"InvalidDBInstanceState","Instance orders-new is not in a state that can be deleted",2]}}"#)
    try await world.undo(nil)
    #expect(try await world.seen().keys.sorted() == ["orders"])
    #expect(try await world.actions().count { $0 == "DeleteDBInstance" } == 3)
  }

  @Test("what a failed attempt of this run has left is cleared away first") func clearsAway() async throws {
    let world = try await World.make()
    try await world.set(#"{"ends":"incompatible-restore"}"#)
    let failure = try #require(await world.failure())
    #expect(failure.code == "restore-failed" && failure.text.contains("it is incompatible-restore") && failure.text.contains("write a larger `class`") && !failure.isTransient, "\(failure.text)")
    let first = try await world.instances()["orders-new"]?["resource"]
    try await world.set(#"{"ends":"available"}"#)
    let result = try await world.restore(attempt: 2)
    #expect(result.undoRecord["resource"] != first && result.outputs["address"] != nil)
    #expect(try await world.actions().count { $0 == "DeleteDBInstance" } == 1)
  }
}

@Suite("Conformance of the kinds of RDS", .timeLimit(.minutes(3))) struct ConformanceTests {
  private func conformance(_ kind: AnyStepKind, _ world: World, _ arguments: some Encodable) throws -> StepConformance<[String: String]> {
    StepConformance(kind, try CanonicalJSON.value(arguments), world.performers, world.context()) { try await world.seen() }
  }

  private func each(_ body: (StepConformance<[String: String]>) async throws -> Void) async throws {
    let world = try await World.make()
    try await body(conformance(AnyStepKind(RDSRestore.self), world, world.arguments))
    try await body(conformance(AnyStepKind(RDSCheck.self), world, world.checking(ManagedPromise(every: .days(1), window: .days(7)))))
  }

  @Test("performing twice is performing once") func performsTwice() async throws { try await each { try await $0.performsTwiceAsOnce() } }
  @Test("undoing brings the world back") func undoes() async throws { try await each { try await $0.undoes() } }
  @Test("settling tells done from not done") func settles() async throws {
    let world = try await World.make()
    try await conformance(AnyStepKind(RDSRestore.self), world, world.arguments).settles()
  }
  @Test("arguments survive a file; no reach, no certainty") func plans() async throws {
    let world = try await World.make()
    try conformance(AnyStepKind(RDSRestore.self), world, world.arguments).plansWithoutReach()
    try conformance(AnyStepKind(RDSCheck.self), world, world.checking(ManagedPromise(every: .days(1)))).plansWithoutReach()
  }
  @Test("a cancelled step changes nothing") func cancelled() async throws { try await each { try await $0.honoursCancellation() } }
}
