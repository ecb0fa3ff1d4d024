public import ChangePlanning
public import PlanModel
public import Units
internal import Journaling
internal import ProviderInterface

/// What an incident teaches, as far as a journal knows it: how long steps really take, and what did not go as it should.
public struct Lessons: Sendable, Encodable {
  /// A duration that can take the place of what the plan believes.
  public struct Measured: Sendable, Encodable {
    public var step: StepName
    /// Where the step stands in a choice.
    public var choice: StepName?
    public var branch: BranchName?
    public var predicted: TimeSpan
    public var source: PredictedDuration.Source
    public var took: TimeSpan
  }
  /// Something that wants a hand, each worth a ticket.
  public struct Ticket: Sendable, Encodable {
    /// For the name of a file.
    public var slug: String
    public var title: String
    public var facts: [String]
  }
  public var measured: [Measured] = []
  public var tickets: [Ticket] = []

  init(_ state: RunState, _ course: Course, _ objectives: [MeasuredObjective], byHand: [String], _ messages: [ToldMessage]) {
    for index in 0..<state.count {
      let planned = state.changeset.steps[index]
      let step = planned.specification
      // A question's time is a person's.
      guard step.question == nil, state[index].status == .done, let took = course.took[step.name] else { continue }
      measured.append(
        Measured(
          step: step.name, choice: step.branch?.choice, branch: step.branch?.branch, predicted: planned.duration.amount, source: planned.duration.source,
          took: max(took, .milliseconds(1))))
    }
    for objective in objectives where objective.verdict == .missed || objective.isAsComputed == false { tickets.append(Self.of(objective)) }
    for index in 0..<state.count { tickets += Self.of(index, in: state, course) }
    for lesson in measured where lesson.source != .timeout && lesson.took > lesson.predicted && lesson.took - lesson.predicted >= .seconds(1) {
      tickets.append(
        Ticket(
          slug: "slow-\(lesson.step)", title: "`\(lesson.step)` took \(lesson.took.rounded), predicted were \(lesson.predicted.rounded)",
          facts: ["the prediction was \(lesson.source == .measured ? "measured before" : "an estimate")", "the draft of changes states what was measured"]))
    }
    if !byHand.isEmpty { tickets.append(Ticket(slug: "by-hand", title: "What the rollback could not take back", facts: byHand)) }
    if course.idle >= .minutes(1) {
      tickets.append(Ticket(slug: "waiting", title: "The run stood still for \(course.idle.rounded) and waited for a person", facts: ["the timeline says when, and why"]))
    }
    let silent = messages.filter { !$0.isSent }
    if !silent.isEmpty {
      tickets.append(
        Ticket(
          slug: "messages", title: "\(silent.count) of \(messages.count) messages reached nobody for certain", facts: silent.map { "`\($0.name)`: \($0.outcome)" }))
    }
  }

  private static func of(_ objective: MeasuredObjective) -> Ticket {
    let name = "\(objective.kind.rawValue.uppercased()) of \(objective.dataClass.map { "`\($0)`" } ?? "the service")"
    let measured = objective.measured.map { (objective.isAtMost ? "at most " : "") + $0.rounded } ?? "unknown"
    let what = objective.verdict == .missed ? "missed its target of \(objective.target?.rounded ?? "none")" : "was worse than computed"
    return Ticket(
      slug: "\(objective.kind.rawValue)-\(objective.dataClass?.rawValue ?? "service")", title: "The \(name) \(what)",
      facts: ["measured: \(measured); computed: \(objective.computed?.rounded ?? "unbounded"); target: \(objective.target?.rounded ?? "none")", objective.how])
  }

  private static func of(_ index: Int, in state: RunState, _ course: Course) -> [Ticket] {
    let name = state.specification(index).name
    let record = state[index]
    var tickets: [Ticket] = []
    let failures = course.failures.filter { $0.step == name }
    if let last = failures.last {
      let how = failures.allSatisfy(\.isTimeout) ? "timed out" : "failed"
      tickets.append(
        Ticket(
          slug: "failed-\(name)", title: "`\(name)` \(how)\(failures.count > 1 ? " \(failures.count) times" : "")",
          facts: ["in the end it was \(state.state(index).rawValue)", "\(last.failure.message) [\(last.failure.code)]"] + last.failure.details + last.failure.helps.map { "help: \($0)" }))
    }
    if let skipped = record.skipped {
      tickets.append(
        Ticket(slug: "skipped-\(name)", title: "`\(name)` was left out", facts: ["by \(skipped.by)" + (skipped.reason.isEmpty ? ", without a reason" : ": \(skipped.reason)")]))
    }
    if record.status == .inDoubt {
      tickets.append(Ticket(slug: "in-doubt-\(name)", title: "Nobody knows what became of `\(name)`", facts: [record.doubt ?? "look at its target"]))
    }
    if record.moved != nil {
      tickets.append(Ticket(slug: "moved-\(name)", title: "What `\(name)` rests on was another than planned", facts: ["the timeline says what"]))
    }
    return tickets
  }
}
