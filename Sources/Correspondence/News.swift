internal import ChangePlanning
internal import PlanModel
internal import ProviderInterface

/// What there is to be told, in a sentence.
enum News: Hashable, Sendable {
  case started, goesOn, resumed
  /// The data class.
  case recovered(String)
  case branchGivenUp(StepName, BranchName)
  case rollback
  /// The step that failed, if that is why.
  case paused(StepName?)
  case done, rolledBack, failed

  /// For those who run the service.
  func words(_ changeset: Changeset) -> String {
    let what = "Recovery from `\(changeset.scenario?.rawValue ?? "")` of `\(changeset.plan.name)`"
    return switch self {
    case .started: "\(what) has begun."
    case .goesOn: "\(what) goes on."
    case .resumed: "\(what) has been taken up again."
    case .recovered(let data): "`\(data)` is back."
    case .branchGivenUp(let choice, let branch): "`\(branch)` of `\(choice)` is given up; the next way is tried."
    case .rollback: "\(what) is being taken back."
    case .paused(let step): "\(what) waits for a person" + (step.map { ": `\($0)` failed." } ?? ".")
    case .done: "\(what) is done."
    case .rolledBack: "\(what) was rolled back: the service is where it was."
    case .failed: "\(what) has ended and is not complete: people go on by hand."
    }
  }

  /// For everybody: no name of anything, and no promise.
  var publicWords: String {
    switch self {
    case .started: "We are restoring the service."
    case .goesOn, .resumed, .paused: "We are still restoring the service."
    case .recovered: "Data has been restored. We are still working on the service."
    case .branchGivenUp: "Restoring the service takes longer than we thought. We are working on it in another way."
    case .rollback: "An attempt to restore the service did not work. We are working on another one."
    case .done: "The service is available again."
    case .rolledBack, .failed: "The service is not fully available yet. We are working on it."
    }
  }
}
