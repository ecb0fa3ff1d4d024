public import Journaling
public import Objectives
public import PlanModel
public import ProviderInterface
public import RecoveryPoints
public import Units
internal import ChangePlanning
internal import ObjectStore

/// If disaster struck now: what would be lost, from which point, how long recovery would take; and what is overdue, open or held meanwhile.
public struct PlanStatus: Sendable, Encodable {
  /// One data class in one scenario.
  public struct Loss: Sendable, Encodable {
    /// On what the figure rests.
    public enum Basis: String, Sendable, Encodable, CaseIterable {
      /// A point that was found.
      case point
      /// What the plan says of something that goes on all the time, or that somebody else makes: nobody looked.
      case stated
      /// It is made anew from another class.
      case rebuilt
      /// It may be lost.
      case exempt
      /// There is nothing to bring it back from.
      case nothing
      /// A store that might hold something does not answer.
      case unknown
    }
    public var dataClass: DataClassName
    public var basis: Basis
    public var point: PointID?
    public var protection: ProtectionName?
    /// Those of the stores that hold it and survive the scenario.
    public var stores: [String] = []
    public var consistentAt: Timestamp?
    /// Nil: no figure.
    public var loss: TimeSpan?
    public var target: TimeSpan?
    /// The worst case, as lint computes it; nil: unbounded or exempt.
    public var computed: TimeSpan?
    public var verdict: MeasuredObjective.Verdict?
    public var note: String
  }
  public struct Recovery: Sendable, Encodable {
    /// From the disaster on, as expected and however long each step takes.
    public var expected, guaranteed: TimeSpan
    public var target: TimeSpan?
    public var verdict: MeasuredObjective.Verdict?
  }
  public struct Disaster: Sendable, Encodable {
    public var scenario: ScenarioName
    public var losses: [Loss]
    /// Nil: the scenario has no steps.
    public var recovery: Recovery?
  }
  public struct Overdue: Sendable, Encodable {
    public enum Kind: String, Sendable, Encodable, CaseIterable { case backup, copy, drill, duty, promise }
    public var kind: Kind
    public var subject: String
    /// Nil: nobody said by when, and it was never done.
    public var since: Timestamp?
    public var text: String
  }
  public struct OpenRun: Sendable, Encodable {
    public var run: RunID
    public var purpose, result: String
    public var started, lastRecord: Timestamp
  }
  /// Who works on the state directory.
  public struct Lock: Sendable, Encodable {
    public enum State: String, Sendable, Encodable, CaseIterable { case free, held, unknown }
    public var state: State
    public var who, host: String?
    public var run: RunID?
    public var since: Timestamp?
    public init(_ state: State, who: String? = nil, host: String? = nil, run: RunID? = nil, since: Timestamp? = nil) {
      self.state = state; self.who = who; self.host = host; self.run = run; self.since = since
    }
  }
  /// What was seen of a protection that somebody else makes.
  public struct Promised: Sendable {
    /// `CLASS/PROTECTION`.
    public var subject: String
    /// What is less than promised, each with its figure.
    public var broken: [String]
    /// How old the newest snapshot and the latest moment that can be restored are, where that is worse than promised.
    public var every, granularity: TimeSpan?
    /// Why nothing was seen; nil: it was.
    public var problem: String?
    public init(subject: String, broken: [String], every: TimeSpan? = nil, granularity: TimeSpan? = nil, problem: String?) {
      self.subject = subject; self.broken = broken; self.every = every; self.granularity = granularity; self.problem = problem
    }
  }
  /// What is owed after a run, and not overdue yet.
  public struct Owed: Sendable, Encodable {
    public var run: RunID
    public var duty: DutyState
  }

  public var formatVersion = 1
  public var plan: String
  public var at: Timestamp
  public var disasters: [Disaster]
  public var overdue: [Overdue]
  public var owed: [Owed]
  public var openRuns: [OpenRun]
  public var lock: Lock
  /// Stores that did not answer, and what a provider would have to tell.
  public var unreachable: [String]
  /// Protections that nobody here makes or looks at: they count as the plan states them.
  public var unseen: [String]

  /// - Parameters:
  ///   - catalogues: of each data class that has points.
  ///   - promised: of each protection that somebody else makes and that can be looked at.
  ///   - runs: of this plan, in any order.
  ///   - done: what a person says has been done after a run.
  public init(
    _ typed: TypedPlan, _ assessment: Assessment, catalogues: [DataClassName: Catalogue], promised: [Promised] = [], runs: [RunState], done: [RunID: [DutyRecord]], lock: Lock,
    now: Timestamp
  ) {
    plan = typed.plan.metadata.name
    at = now
    self.lock = lock
    let seen = promised.filter { $0.problem == nil }
    let judge = LossJudge(
      catalogues: catalogues, unmade: Set(typed.protection.filter(\.steps.isEmpty).map { "\($0.dataClass.name.value)/\($0.protection.name.value)" }),
      promised: Dictionary(seen.map { ($0.subject, $0) }) { first, _ in first }, now: now)
    disasters = assessment.scenarios.map { scenario in
      let targets = scenario.classes.compactMap { $0.recoveryTarget?.value } + [typed.plan.objectives.rto?.value].compactMap { $0 }
      let recovery = scenario.recovery.map { found in
        Recovery(
          expected: found.expected.total, guaranteed: found.guaranteed, target: targets.min(), verdict: targets.min().map { found.expected.total <= $0 ? .met : .missed })
      }
      return Disaster(scenario: scenario.scenario.name.value, losses: judge.losses(scenario), recovery: recovery)
    }
    overdue = assessment.protections.flatMap { judge.overdue($0) } + Self.drills(typed.plan, now)
      + seen.flatMap { one in one.broken.map { Overdue(kind: .promise, subject: one.subject, since: nil, text: "`\(one.subject)` keeps less than the plan counts on: \($0)") } }
    owed = []
    for run in runs.sorted(by: { $0.startedAt < $1.startedAt }) {
      guard let scenario = run.changeset.scenario, let end = IncidentReport.end(of: run) else { continue }
      for duty in run.changeset.duties ?? typed.plan.postIncident?.duties ?? [] {
        let state = DutyState(duty, end: end, done: done[run.run] ?? [])
        guard state.done == nil else { continue }
        guard state.isOverdue(at: now) else { owed.append(Owed(run: run.run, duty: state)); continue }
        overdue.append(Overdue(kind: .duty, subject: run.run.rawValue, since: state.due, text: "the \(duty.kind.words) of run \(run.run) (`\(scenario)`) is \(state.words(at: now))"))
      }
    }
    openRuns = Self.open(runs, lock)
    unreachable = catalogues.sorted { $0.key < $1.key }.flatMap { $0.value.unreachable.map(\.description) }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    unreachable += promised.compactMap { one in one.problem.map { "`\(one.subject)`: \($0)" } }
    let stated = typed.plan.dataClasses.flatMap { dataClass in dataClass.continuous.map { "\(dataClass.name.value)/\($0.name.value)" } }
    unseen = judge.unmade.sorted() + stated.filter { judge.promised[$0] == nil }
  }

  /// Whether an objective would be missed, or nobody can tell.
  public var isBreached: Bool {
    disasters.contains { disaster in
      disaster.recovery?.verdict == .missed || disaster.losses.contains { $0.verdict == .missed || $0.verdict == .notKnown }
    }
  }

  private static func drills(_ plan: Plan, _ now: Timestamp) -> [Overdue] {
    plan.drills.compactMap { drill in
      let name = drill.name.value.rawValue
      guard let last = plan.passedRuns(of: drill.name.value).first else {
        if let first = drill.first?.value { return first > now ? nil : Overdue(kind: .drill, subject: name, since: first, text: "the drill `\(name)` was never held, and was due \(first.day)") }
        return Overdue(kind: .drill, subject: name, since: nil, text: "the drill `\(name)` was never held")
      }
      let due = last.date.value + drill.every.value
      return due > now ? nil : Overdue(kind: .drill, subject: name, since: due, text: "the drill `\(name)` was last passed \(last.date.value.day), and was due \(due.day)")
    }
  }

  /// Recoveries that somebody can go on with; of protection only the last run, since the next one does what it left.
  private static func open(_ runs: [RunState], _ lock: Lock) -> [OpenRun] {
    let newest = runs.filter { $0.changeset.scenario == nil }.max { $0.startedAt < $1.startedAt }?.run
    return runs.filter { run in
      guard run.result?.canBeResumed ?? true else { return false }
      return run.changeset.scenario != nil || run.run == newest
    }.sorted { $0.startedAt > $1.startedAt }.map { run in
      let isAtWork = lock.state == .held && lock.run == run.run
      return OpenRun(run: run.run, purpose: run.changeset.purpose, result: isAtWork ? "at work" : word(run), started: run.startedAt, lastRecord: run.lastAt)
    }
  }
}
