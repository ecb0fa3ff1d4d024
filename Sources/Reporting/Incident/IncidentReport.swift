public import ChangePlanning
public import Journaling
public import PlanModel
public import ProviderInterface
public import Units
internal import CanonicalJSON

/// All that a run's journal and its outbox say of an incident. Pure: the same files give the same report.
public struct IncidentReport: Sendable, Encodable {
  public struct Moment: Sendable, Encodable {
    public enum Kind: String, Sendable, Encodable, CaseIterable { case run, step, failure, decision, undo, message }
    public var at: Timestamp
    public var sinceStart: TimeSpan
    public var kind: Kind
    /// Who ran the tool, and where; of a message: nobody.
    public var who, host: String?
    public var text: String
  }
  public struct Step: Sendable, Encodable {
    public var step: StepName
    public var kind: StepKindName
    public var state: StepState
    public var attempts: Int
    /// Of the attempt that was done, without what the run waited before.
    public var took: TimeSpan?
    public var predicted: TimeSpan
    public var source: PredictedDuration.Source
    /// What it left, or why it failed.
    public var detail: String
  }

  public var formatVersion = 1
  public var run: RunID
  public var plan: PlanIdentity
  /// Nil: protection.
  public var scenario: ScenarioName?
  public var toolVersion: String
  /// `done`, `paused` and so on; `unfinished` where no process has ended it.
  public var result: String
  /// When it happened, if a person said so.
  public var disaster: Timestamp?
  public var started, ended: Timestamp
  /// How long it took, and how long it was predicted to take.
  public var took, predicted: TimeSpan
  public var objectives: [MeasuredObjective]
  public var steps: [Step]
  public var timeline: [Moment]
  public var decisions: [Moment]
  public var undo: [Moment]
  /// What no rollback could take back, and what a person has to do.
  public var byHand: [String]
  public var messages: [ToldMessage]
  public var duties: [DutyState]
  public var lessons: Lessons

  /// - Parameters:
  ///   - records: at least the first, as `RunState(replaying:)` takes them.
  ///   - disaster: when it happened, if a person says so.
  /// - Throws: `JournalDamage` where the records say what cannot have happened.
  public init(_ records: [JournalRecord], messages: [ToldMessage], done: [DutyRecord], disaster: Timestamp?) throws(JournalDamage) {
    let state = try RunState(replaying: records)
    let changeset = state.changeset
    run = state.run; plan = changeset.plan; scenario = changeset.scenario; toolVersion = changeset.toolVersion
    result = word(state); self.disaster = disaster
    started = state.startedAt; ended = state.lastAt; took = state.lastAt - state.startedAt; predicted = changeset.prediction.duration
    objectives = MeasuredObjective.all(of: state, disaster: disaster)
    let course = try Course(records)
    steps = (0..<state.count).map { index in Self.step(state, index, course) }
    let told = messages.map { message in
      Moment(at: message.posted, sinceStart: message.posted - state.startedAt, kind: .message, text: "message `\(message.name)`: \(message.outcome)")
    }
    // Stable: what is of one moment keeps the order of the journal, messages behind it.
    timeline = (course.moments + told).enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    decisions = course.moments.filter { $0.kind == .decision }
    undo = course.moments.filter { $0.kind == .undo }
    byHand = Reporting.byHand(state)
    self.messages = messages
    let end = Self.end(of: state)
    duties = (changeset.duties ?? []).map { DutyState($0, end: end, done: done) }
    lessons = Lessons(state, course, objectives, byHand: byHand, messages)
  }

  /// Of the incident: nothing is left to be done with the run. Nil while somebody can still go on with it.
  static func end(of state: RunState) -> Timestamp? {
    switch state.result {
    case .done, .rolledBack, .failed, .rollbackIncomplete: state.lastAt
    case .paused, .interrupted, nil: nil
    }
  }

  private static func step(_ state: RunState, _ index: Int, _ course: Course) -> Step {
    let planned = state.changeset.steps[index]
    let record = state[index]
    let word = state.state(index)
    return Step(
      step: planned.specification.name, kind: planned.specification.kind, state: word, attempts: record.attempts, took: course.took[planned.specification.name],
      predicted: planned.duration.amount, source: planned.duration.source,
      detail: word == .done ? record.result?.summary ?? "" : record.failure?.message ?? record.doubt ?? "")
  }
}

/// The records of a journal as moments, and how long the attempts took.
struct Course {
  var moments: [IncidentReport.Moment] = []
  /// Of the attempt that was done: from its intent to its outcome.
  var took: [StepName: TimeSpan] = [:]
  /// Of every attempt at a step that failed or timed out, the oldest first.
  var failures: [(step: StepName, failure: StepFailure, isTimeout: Bool)] = []
  /// How long nobody was at work on the run.
  var idle = TimeSpan.zero

  init(_ records: [JournalRecord]) throws(JournalDamage) {
    let lines = RunLines(TextStyle())
    var state: RunState?
    var begun: [Job: Timestamp] = [:]
    for record in records {
      if case .runStarted(let start) = record.event {
        state = RunState(start, at: record.at)
      } else {
        let last = state?.lastAt
        do { try state?.apply(record.event, at: record.at) } catch { throw JournalDamage(record: record.seq, kind: .illegal(error.why)) }
        if case .resumed = record.event, let last { idle += record.at - last }
      }
      guard let state else { throw JournalDamage(record: record.seq, kind: .illegal("the first record is not the start of a run")) }
      switch record.event {
      case .intent(let job): begun[job] = record.at
      case .outcome(let outcome): end(outcome, begun[outcome.job], record.at)
      default: break
      }
      guard let text = lines.text(record.event, state) ?? Self.ending(record.event) else { continue }
      moments.append(
        .init(at: record.at, sinceStart: record.at - state.startedAt, kind: Self.kind(record.event), who: record.who, host: record.host, text: text))
    }
  }

  private mutating func end(_ outcome: Outcome, _ began: Timestamp?, _ at: Timestamp) {
    guard outcome.job.activity == .perform else { return }
    switch outcome.ending {
    case .done: took[outcome.job.step] = began.map { at - $0 }
    case .failed(let failure): failures.append((outcome.job.step, failure, false))
    case .timedOut(let failure): failures.append((outcome.job.step, failure, true))
    case .unchanged, .cancelled: break
    }
  }

  private static func ending(_ event: Event) -> String? {
    guard case .finished(let result) = event else { return nil }
    return switch result {
    case .done: "the run is done"
    case .failed: "the run has failed"
    case .paused(let reason): "the run waits for a person: \(RunLines.words(reason))"
    case .rolledBack: "the run is rolled back"
    case .rollbackIncomplete: "the rollback is incomplete"
    case .interrupted: "the run was interrupted in good order"
    }
  }

  /// Whatever is neither the run's own course nor a step's was somebody's decision.
  private static func kind(_ event: Event) -> IncidentReport.Moment.Kind {
    switch event {
    case .runStarted, .paused, .finished: .run
    case .intent(let job): job.activity == .undo ? .undo : .step
    case .outcome(let outcome):
      switch outcome.ending {
      case .failed, .timedOut, .cancelled: .failure
      case .done, .unchanged: outcome.job.activity == .undo ? .undo : .step
      }
    case .moved: .failure
    case .settled(let settled): settled.by == nil ? .step : .decision
    default: .decision
    }
  }
}
