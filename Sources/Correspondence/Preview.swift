public import ChangePlanning
internal import Journaling
public import Units
internal import PlanModel
public import ProviderInterface

extension Correspondence {
  /// Every message of a run that goes as predicted, and those of runs that do not: in the order in which they would be told.
  public static func preview(_ changeset: Changeset, from start: Timestamp, run: RunID) -> (asPredicted: [Message], otherwise: [(what: String, messages: [Message])]) {
    var live = Correspondence(changeset)
    var messages = live.take(Entry(at: start, event: .runStarted(RunStarted(run: run, toolVersion: changeset.toolVersion, parallelism: changeset.parallelism, changeset: changeset))))
    let beginning = live
    // A step of a branch that is not taken in the predicted course takes no time there.
    let taken = changeset.steps.filter { $0.specification.branch == nil || $0.ends > $0.starts }
    let moments = taken.map { (at: $0.starts, step: $0.specification.name, isEnd: false) } + taken.map { (at: $0.ends, step: $0.specification.name, isEnd: true) }
    for moment in moments.enumerated().sorted(by: { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }).map(\.element) {
      messages += live.ticks(until: start + moment.at)
      let job = Job(step: moment.step, activity: .perform, attempt: 1)
      messages += live.take(Entry(at: start + moment.at, event: moment.isEnd ? .outcome(Outcome(job: job, ending: .done(nil))) : .intent(job)))
    }
    let end = start + changeset.prediction.duration
    messages += live.ticks(until: end)
    messages += live.take(Entry(at: end, event: .finished(.done)))
    func after(_ what: String, _ events: [Event]) -> (String, [Message]) {
      var other = beginning
      return (what, events.flatMap { other.take(Entry(at: start, event: $0)) })
    }
    var otherwise: [(String, [Message])] = []
    if let step = changeset.changes.first?.specification.name {
      otherwise.append(after("if a step fails and a person must decide", [.finished(.paused(.stepFailed(step)))]))
    }
    if let place = changeset.steps.compactMap(\.specification.branch).first {
      otherwise.append(after("if a way is given up", [.branchGivenUp(BranchGivenUp(choice: place.choice, branch: place.branch, reason: .deadline(place.until ?? .zero)))]))
    }
    otherwise.append(after("if it is rolled back", [.rollbackStarted(.requested(by: "somebody")), .finished(.rolledBack)]))
    return (messages, otherwise.filter { !$0.1.isEmpty })
  }

  private mutating func ticks(until end: Timestamp) -> [Message] {
    var messages: [Message] = []
    // A run of weeks with news every second is not shown whole.
    while let next = nextTick, next < end, messages.count < 1_000 { messages += tick(at: next) }
    return messages
  }
}
