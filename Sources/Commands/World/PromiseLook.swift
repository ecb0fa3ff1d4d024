internal import ChangePlanning
internal import PlanModel
internal import ProviderInterface
internal import RDSProvider
internal import Reporting
internal import Units

/// What was seen of a protection that somebody else makes.
struct PromiseLook {
  let check: TypedCheck
  /// Nil: nothing could be seen; `problem` says why.
  let seen: PromiseSeen?
  let problem: String?

  init(_ check: TypedCheck, _ observation: Observation?, at now: Timestamp) {
    self.check = check
    let arguments = try? check.step.specification.arguments.decoded(as: RDSCheck.Arguments.self)
    seen = arguments.flatMap { arguments in observation.flatMap { PromiseSeen(arguments, $0, at: now) } }
    if case .unreachable(let reason) = observation?.reach { problem = reason } else { problem = seen == nil ? "nobody looked" : nil }
  }

  /// Looks at all of them, several at once.
  static func all(of typed: TypedPlan, _ world: ReadOnlyWorld, timeout: TimeSpan, now: Timestamp) async -> [PromiseLook] {
    guard !typed.checks.isEmpty else { return [] }
    let seen = await world.observers.observeAll(typed.checks.map(\.step.specification), in: world.context(timeout: timeout, now: now))
    return typed.checks.map { PromiseLook($0, seen[$0.step.specification.name], at: now) }
  }

  private var subject: String { "\(check.dataClass.name.value)/\(check.protection.name.value)" }

  /// For a record; nil where nothing is less than promised.
  var recorded: RecordedObservations.Promise? {
    guard let seen, !seen.broken.isEmpty else { return nil }
    return RecordedObservations.Promise(broken: seen.broken, every: seen.worse.every, granularity: seen.worse.granularity, window: seen.worse.window)
  }

  var status: PlanStatus.Promised { PlanStatus.Promised(subject: subject, broken: seen?.broken ?? [], every: seen?.worse.every, granularity: seen?.worse.granularity, problem: problem) }
}
