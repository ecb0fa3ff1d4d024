internal import Journaling
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import Units

// Choices: which branch goes on, and when the next one begins.

extension RunMachine {
  /// Lets those go on who waited for a branch that is over, and watches the time of those that have begun.
  mutating func moveBranches(_ now: Timestamp) {
    for step in state.passedOver { scheduler.finished(step) }
    for course in state.courses {
      guard let deadline = course.deadline, let number = course.current else { continue }
      let branch = BranchNumber(choice: course.choice.choice, number: number)
      guard !deadlines.values.contains(branch) else { continue }
      timersSet += 1
      let timer = TimerID(number: timersSet)
      deadlines[timer] = branch
      actions.append(.wake(timer, at: deadline))
    }
  }

  /// A run that stops anyway leaves the choice as it is: whoever resumes finds the time over, or not.
  mutating func deadlinePassed(_ branch: BranchNumber, _ now: Timestamp) {
    guard mode == .forward, let course = state.courses.first(where: { $0.choice.choice == branch.choice && $0.current == branch.number }),
      course.deadline != nil, let until = course.branch?.until
    else { return }
    giveUp(course, .deadline(until), now)
  }

  /// What runs is told to stop; the next branch begins when it has.
  mutating func giveUp(_ course: ChoiceCourse, _ reason: BranchGivenUp.Reason, _ now: Timestamp) {
    guard let branch = course.branch else { return }
    record(.branchGivenUp(BranchGivenUp(choice: course.choice.choice, branch: branch.name, reason: reason)), now)
    for step in branch.steps {
      dropIfWithoutEffect(step)
      if work[step] != nil, work[step]?.stop == nil { cancel(step, because: .branchGivenUp, now) }
    }
  }
}
