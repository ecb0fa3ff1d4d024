import CanonicalJSON
import ChangePlanning
import Hashing
import Journaling
import PlanModel
@testable import PostgreSQLProvider
import ProviderInterface
import RecoveryPoints
import TestSupport
import Units

/// Real documents in which everything that can be written is written, and everything that can be left out is left out somewhere.
enum Documents {
  // MARK: Changesets

  static func changesets() throws -> [Changeset] {
    let footprint = Footprint(
      reads: [.server("pg-east")], writes: [.points(of: "orders", in: "near")], requires: Set(Requirement.every), recovers: "orders", recoversDatabase: "shop",
      verifies: [.probe("ready")])
    let varied = Changeset.sampleSteps(undo: StepSpecification.Undo.every, basis: PlannedStep.Basis.every, actions: Change.Action.allCases)
    var full = try Changeset.sample(varied, before: SampleStep("rollback-before") { $0.question = "go?" }, after: SampleStep("rollback-after"))
    full.observedAt = .sample
    full.provisional = Provisional(duration: .minutes(30), ending: .commit)
    full.approval = ApprovalRule(by: ["sre-lead", "owner"], atLeast: 2, within: .minutes(15), breakGlass: .init(by: ["on-call"], within: .minutes(5)))
    full.signers = ["sre-lead ssh-ed25519 AAAA"]
    full.steps[3].specification.approval = ApprovalRule(by: ["owner"], atLeast: 1, within: .minutes(15))
    full.plan.environment = "staging"
    full.communication = [
      AudienceSpecification(
        name: "engineering",
        ways: [
          .init(by: .email, to: .text("all@shop.example"), key: nil, from: "dr@shop.example"), .init(by: .statusPage, to: .output(step: "restore", name: "url"), key: nil, from: nil),
        ] + SecretSource.every.map { source in
          .init(by: .slack, to: .secret(SecretReference(name: "hook", source: source)), key: SecretReference(name: "hook", source: source), from: nil)
        },
        updates: .every(.minutes(15)), isPublic: false, template: "{news}", ending: "It is up."),
      AudienceSpecification(name: "customers", ways: [], updates: .on(.majorChanges), isPublic: true, template: nil, ending: nil),
    ]
    full.duties = [PostIncident.Duty(kind: .report, within: .hours(24), by: "commander", place: "wiki"), PostIncident.Duty(kind: .runbook)]
    full.steps[0].specification.footprint = footprint
    full.steps[0].measurements = ["size": "12GB", "rows": 7]
    full.steps[0].change = Change(.update, reason: "it is old", before: ["age": "42m"], after: ["age": "0s"], losses: ["every row since"])
    full.steps[1].specification.uses = [LimitUse(limit: "wan", amount: .rate(ByteRate(perSecond: ByteCount(bytes: 100_000_000))), capacity: .rate(ByteRate(perSecond: ByteCount(bytes: 300_000_000))))]
    full.steps[1].specification.branch = BranchPlace(choice: "recover", branch: "replica", number: 0, until: .minutes(10), needs: ["fence"])
    full.steps[2].specification.branch = BranchPlace(choice: "recover", branch: "backup", number: 1, until: nil, needs: [])
    full.steps[1].duration = PredictedDuration(amount: .longest, source: .timeout)
    full.prediction.criticalPath = ["step-0"]
    full.prediction.objectives = [
      PredictedObjective(kind: .rpo, dataClass: "orders", target: .hours(1), computed: .minutes(41)),
      PredictedObjective(kind: .rto, dataClass: nil, target: nil, computed: nil),
    ]
    var protection = try Changeset.sample([SampleStep("backup-orders-half-hourly", needs: [])])
    protection.scenario = nil
    protection.plannedAt = .sample + .milliseconds(250)
    return [full, protection]
  }

  // MARK: Observations

  static func observations() -> RecordedObservations {
    RecordedObservations(
      toolVersion: "1.0.0", plan: "shop", observedAt: .sample,
      steps: Observation.Reach.every.map {
        .init(kind: "postgresql.backup", arguments: ["server": "pg"], observation: Observation($0, facts: ["role": "primary"], measurements: ["size": "1kB"]))
      }, measured: ["orders": .init(size: ByteCount(bytes: 1_000), dump: .minutes(9)), "invoices": .init()],
      promises: ["orders": ["provider": .init(broken: ["kept for 3d"], every: .days(2), granularity: .minutes(9), window: .days(3)), "other": .init(broken: ["off"])]])
  }

  // MARK: Journals

  static func events() throws -> [Event] {
    let job = Job(step: "restore", activity: .perform, attempt: 1)
    return [.runStarted(RunStarted(run: .sample, toolVersion: "1.0.0", parallelism: 2, changeset: try changesets()[0]))]
      + [.resumed(Resumed(toolVersion: "1.0.0", parallelism: 2, tornBytes: 17))]
      + Job.Activity.allCases.map { .intent(Job(step: "restore", activity: $0, attempt: 2)) }
      + Outcome.Ending.every.map { .outcome(Outcome(job: job, ending: $0)) } + [.outcome(Outcome(job: job, ending: .done(nil)))]
      + OutputValue.every.map { .outcome(Outcome(job: job, ending: .done(StepResult(summary: "set", outputs: ["url": $0])))) }
      + SecretSource.every.map { .outcome(Outcome(job: job, ending: .done(StepResult(summary: "set", outputs: ["url": .secret(.init(name: "a", source: $0))])))) }
      + Observation.Reach.every.map {
        .moved(Moved(step: "restore", planned: ["target": "absent"], found: Observation($0, facts: ["target": "empty"], measurements: ["size": "1kB"])))
      }
      + Settlement.every.map { .settled(Settled(job: job, settlement: $0)) } + [.settled(Settled(job: job, settlement: .notDone, by: "ada"))]
      + [.confirmed(Confirmed(job: job, by: "ada")), .skipped(Skipped(step: "restore", by: "ada", reason: "done by hand"))]
      + [.stepFailed("restore"), .deadline(.minutes(10))].map { .branchGivenUp(BranchGivenUp(choice: "recover", branch: "replica", reason: $0)) }
      + Interruption.allCases.map { .interrupted($0) } + PauseReason.every.map { .paused($0) } + RollbackReason.every.map { .rollbackStarted($0) }
      + spoken()
      + RunResult.every.map { .finished($0) } + PauseReason.every.map { .finished(.paused($0)) }
  }

  private static func spoken() -> [Event] {
    var events: [Event] = [.awaited(Gate()), .awaited(Gate(step: "promote")), .gateOpened(GateOpened(Gate(step: "promote"), by: ["ada"], glassBroken: true))]
    for order in orders { events.append(.said(Said(word(order), key: "SHA256:abc"))) }
    for order in orders { events.append(.wordRefused(WordRefused(word(order), code: "nothing-to-commit", why: "it is not on trial"))) }
    events.append(.said(Said(word(.commit))))
    for ending in Provisional.Ending.allCases { events += [.trialBegan(Trial(until: .sample, then: ending)), .trialOver(ending)] }
    return events + [.paused(.unapproved(Gate(step: "promote")))]
  }

  private static func word(_ order: Word.Order) -> Word { Word(id: "20261124t081534z-ab12", by: "ada", host: "ops-1", at: .sample, reason: "it is time", order: order) }
  private static var orders: [Word.Order] {
    let runs: [RunID?] = [nil, .sample]
    let approvals = runs.map { run -> Word.Order in
      let statement = ApprovalStatement(
        digest: SHA256Digest.of([]).hex, run: run, gate: Gate(step: run == nil ? nil : "promote"), name: "sre-lead", at: .sample, until: .sample + .hours(1), reason: "",
        breaksGlass: run == nil)
      return .approve(SignedApproval(statement, signature: "-----BEGIN SSH SIGNATURE-----"))
    }
    return approvals + [.skip("restore"), .retry("restore"), .commit, .rollback]
  }

  static func records() throws -> [JournalRecord] {
    try events().enumerated().map { index, event in
      JournalRecord(seq: index + 1, prev: SHA256Digest.of([UInt8(index)]), at: .sample, who: "ada", host: "ops-1", event: event)
    }
  }

  // MARK: Recovery points

  static func manifests() throws -> [PointManifest] {
    let logical = try point(content: CanonicalJSON.value(content), method: "logical", sigma: .sample, suspect: "half as large as the one before",
      encryption: PointEncryption(recipients: ["age1…", "ssh-ed25519 AAAA…"]))
    let bare = try point(content: CanonicalJSON.value(bareContent), method: "logical", sigma: nil, suspect: nil)
    let other = try point(content: ["anything": ["goes"]], method: "another", sigma: nil, suspect: nil)
    return [logical, bare, other]
  }

  private static func point(content: JSONValue, method: String, sigma: Timestamp?, suspect: String?, encryption: PointEncryption? = nil) throws -> PointManifest {
    try PointManifest(
      id: PointID(started: .sample, mark: "run.backup.1"), dataClass: "orders", protection: "half-hourly", method: method, sigma: sigma, started: .sample,
      available: .sample + .minutes(2), plan: "shop", planDigest: SHA256Digest.of([]).hex, mark: "run.backup.1", toolVersion: "1.0.0",
      objects: [PointObject(path: "db/0/schema.dump", size: ByteCount(bytes: 1 << 20), sha256: SHA256Digest.of([]))], rawBytes: ByteCount(bytes: 1_500_000),
      rows: 12, suspect: suspect, content: content, encryption: encryption)
  }

  private static let piece = LogicalPoint.Piece(object: "db/0/data/000001.copy.zst", blocks: [nil, 128], rows: 12, raw: ByteCount(bytes: 4_096))

  private static let content = LogicalPoint(
    format: LogicalPoint.currentFormat, method: "logical", sigma: .sample, tools: ["pg_dump": "18.1"],
    server: .init(version: "18.1 (Debian)", major: 18, standby: true), globals: "globals.sql.zst", roles: "roles.json.zst",
    databases: [
      .init(
        name: "Orders 1", sigma: .sample, lsnBefore: "0/1A2B3C4D", lsnAfter: "0/1A2B3C4E",
        properties: DatabaseProperties(
          owner: "shop", encoding: "UTF8", provider: "icu", collate: "C", ctype: "C", icuLocale: "en", tablespace: "fast", connectionLimit: -1,
          comment: "the shop", privileges: [.init(grantee: "app", privilege: "CONNECT", grantable: true), .init(grantee: nil, privilege: "TEMPORARY", grantable: false)],
          settings: [.init(role: "app", name: "work_mem", value: "64MB"), .init(role: nil, name: "jit", value: "off")]),
        collationVersions: ["en-x-icu": "153.120"], extensions: ["hstore": "1.8"], tablespaces: ["fast"],
        tables: [
          .init(
            schema: "public", name: "t", columns: ["a", "b"], rows: 12, loadInto: QualifiedName(schema: "public", name: "root"), condition: "WHERE mine",
            format: .binary, pieces: [piece])
        ],
        sequences: [.init(schema: "public", name: "t_a_seq", last: -3, called: true)], largeObjects: .init(count: 1, bytes: 12, pieces: [piece]),
        archive: .init(object: "db/0/schema.dump", warnings: ["a warning"]), notValidated: ["public.t.check"], leftOut: [.init(what: "subscription", name: "s")])
    ])

  private static var bareContent: LogicalPoint {
    var bare = content
    bare.sigma = nil
    bare.databases[0].sigma = nil
    bare.databases[0].lsnBefore = nil
    bare.databases[0].lsnAfter = nil
    bare.databases[0].properties.icuLocale = nil
    bare.databases[0].properties.tablespace = nil
    bare.databases[0].properties.comment = nil
    bare.databases[0].properties.privileges = nil
    bare.databases[0].tables[0].loadInto = nil
    bare.databases[0].tables[0].condition = nil
    bare.databases[0].tables[0].format = nil
    bare.databases[0].tables[0].pieces[0].blocks = nil
    return bare
  }
}

extension Changeset {
  /// Steps that differ in every way there is.
  fileprivate static func sampleSteps(undo: [StepSpecification.Undo], basis: [PlannedStep.Basis], actions: [Change.Action]) -> [SampleStep] {
    (0..<max(undo.count, basis.count, actions.count)).map { index in
      SampleStep(StepName(rawValue: "step-\(index)"), needs: index == 0 ? [] : ["step-0"]) { step in
        step.undo = undo[index % undo.count]
        step.basis = basis[index % basis.count]
        step.action = actions[index % actions.count]
        step.onFailure = FailurePolicy.allCases[index % FailurePolicy.allCases.count]
      }
    }
  }
}
