import CanonicalJSON
import ChangePlanning
@testable import Commands
import Diagnostics
import Objectives
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import Units
import YAMLReading

/// A plan with a restore that is verified, and the observations that a test gives it.
struct Planning {
  var text = samplePlan
  var folder = "/plans"
  var now = Timestamp(milliseconds: 1_800_000_000_000)
  var observations: [StepName: Observation] = [
    "restore": Observation(facts: ["target": "absent", "point": "20261124T080000Z-abcdef"], measurements: ["rows": 1_000])
  ]

  func changeset(_ scenario: String? = "lost") throws -> Changeset {
    let (document, _) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)))
    let plan = try #require(readPlan(document).plan)
    let typed = typecheck(plan, kinds: Providers.kinds, protection: Providers.protection).plan
    let purpose = try scenario.map { name in Purpose.recovery(try #require(typed.scenarios.first { $0.scenario.name.value.rawValue == name })) } ?? .protection
    return try planChanges(
      typed, assess(typed), for: purpose, observations: observations,
      PlanningRequest(toolVersion: "1.2.3", identity: PlanIdentity(name: "sample", file: "plan.yaml", folder: folder), now: now, parallelism: 4))
  }
}

@Suite("The digest of a changeset") struct PlannedDigestTests {
  private func digest(_ change: (inout Planning) -> Void = { _ in }) throws -> String {
    var planning = Planning()
    change(&planning)
    return try planning.changeset().digest
  }

  @Test("stays when only what is measured, when, where and in what words has changed") func kept() throws {
    let reviewed = try digest()
    #expect(try digest { $0.observations["restore"]?.measurements = ["rows": 2_000] } == reviewed)
    #expect(try digest { $0.now = $0.now + .hours(1) } == reviewed)
    #expect(try digest { $0.folder = "/elsewhere" } == reviewed)
    #expect(try digest { $0.text = "# a comment\n" + $0.text } == reviewed)
  }

  @Test("changes with a fact, a step and what is known") func changed() throws {
    let reviewed = try digest()
    #expect(try digest { $0.observations["restore"]?.facts["target"] = "empty" } != reviewed)
    #expect(try digest { $0.observations["restore"]?.facts["point"] = "20261124T083000Z-abcdef" } != reviewed)
    #expect(try digest { $0.text = $0.text.replacing("timeout: 90m", with: "timeout: 80m") } != reviewed)
    #expect(try digest { $0.observations["restore"] = .unreachable("no answer") } != reviewed)
  }

  @Test("covers the file that was reviewed: one that was altered does not fit") func altered() throws {
    var changeset = try Planning().changeset()
    #expect(try changeset.computedDigest() == changeset.digest)
    changeset.steps[0].specification.timeout = .hours(9)
    #expect(try changeset.computedDigest() != changeset.digest)
  }

  @Test("and every other byte is the same for the same input") func deterministic() throws {
    #expect(try CanonicalJSON.bytes(Planning().changeset()) == CanonicalJSON.bytes(Planning().changeset()))
  }
}

@Suite("Changes") struct ChangeTests {
  @Test("rest on facts, or are decided by earlier steps, or could not be observed") func basis() throws {
    var planning = Planning()
    #expect(try planning.changeset()["restore"]?.basis == .facts(["target": "absent", "point": "20261124T080000Z-abcdef"]))
    planning.observations["verify"] = Observation(facts: ["role": "primary"])
    let verify = try #require(try planning.changeset()["verify"])
    #expect(verify.basis == .decidedByEarlierSteps)
    #expect(verify.change.action == .check)
    planning.observations["restore"] = .unreachable("no answer within 5s")
    let restore = try #require(try planning.changeset()["restore"])
    #expect(restore.basis == .unreachable(reason: "no answer within 5s"))
    #expect(restore.change.action == .unknown)
  }

  @Test("carry prediction, critical path and objectives") func prediction() throws {
    let changeset = try Planning().changeset()
    #expect(changeset.prediction.criticalPath == ["restore", "verify"])
    #expect(changeset.prediction.duration == TimeSpan("1h1m"))
    #expect(changeset.prediction.beforeRun == .minutes(10))
    #expect(changeset.prediction.objectives == [
      PredictedObjective(kind: .rpo, dataClass: "orders", target: .hours(1), computed: .minutes(41)),
      PredictedObjective(kind: .rto, dataClass: nil, target: .hours(4), computed: TimeSpan("1h11m")),
    ])
    #expect(changeset["restore"]?.duration == PredictedDuration(amount: .hours(1), source: .estimate))
    #expect(changeset["verify"]?.duration == PredictedDuration(amount: .minutes(1), source: .timeout))
  }

  @Test("of protection are due when the newest point is as old as the interval, or a moment before", arguments: [
    (Int64(0), Change.Action.none), (1_200, .none), (1_769, .none), (1_770, .create), (1_800, .create), (36_000, .create),
  ]) func due(_ seconds: Int64, _ action: Change.Action) throws {
    var planning = Planning()
    planning.observations = [
      "backup-orders-regular": Observation(facts: ["newestPointConsistentAt": .string((planning.now - .seconds(seconds)).description)]),
      "copy-orders-regular-far": Observation(facts: ["missingPoints": []]),
      "expire-orders-regular-near": Observation(facts: ["expiredPoints": []]),
      "expire-orders-regular-far": Observation(facts: ["expiredPoints": []]),
    ]
    let changeset = try planning.changeset(nil)
    #expect(changeset["backup-orders-regular"]?.change.action == action)
    // What a backup adds is known to the copy only when it runs.
    #expect(changeset["copy-orders-regular-far"]?.change.action == (action == .none ? Change.Action.none : .unknown))
    #expect(changeset.changesTheWorld == (action != .none))
    #expect(changeset["backup-orders-regular"]?.duration.amount == (action == .none ? .zero : .minutes(9)))
  }
}
