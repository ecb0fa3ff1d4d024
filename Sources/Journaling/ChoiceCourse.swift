internal import PlanModel
public import ProviderInterface
public import Units

/// Which branch of a choice a run is at.
public struct ChoiceCourse: Sendable {
  public let choice: BranchedSteps
  /// The branch under way, or the one that was taken; nil before what the choice needs is done.
  public fileprivate(set) var current: Int?
  /// When it began: from then on its time is counted, whether or not there was a place for its steps.
  public fileprivate(set) var began: Timestamp?
  /// The branch is done, so that the choice is.
  public fileprivate(set) var isOver = false
  /// The branch was given up, and the next has not begun yet.
  public fileprivate(set) var isGivenUp = false

  init(_ choice: BranchedSteps) { self.choice = choice }

  public var branch: BranchedSteps.Branch? { current.map { choice.branches[$0] } }
  /// Of the branch under way.
  public var steps: [Int] { branch?.steps ?? [] }
  /// The branch that is tried after this one; nil: this one is the last.
  public var next: Int? { choice.branches.indices.first { $0 > (current ?? -1) && !choice.branches[$0].isLost } }
  /// When the branch under way is given up if it is not done by then. The last one is not.
  public var deadline: Timestamp? {
    guard !isOver, !isGivenUp, next != nil, let began, let until = branch?.until else { return nil }
    return began + until
  }
}

extension RunState {
  /// The choice of whose branch under way this is a step.
  public func course(of step: Int) -> ChoiceCourse? { courses.first { !$0.isOver && $0.steps.contains(step) } }

  /// Steps that nobody waits for any more: of branches that were given up, and of which nothing runs, that are lost or not needed.
  public var passedOver: [Int] {
    courses.flatMap { course in
      course.choice.branches.indices.filter { number in
        course.choice.branches[number].isLost || course.current.map { number < $0 || (course.isOver && number > $0) } ?? false
      }.flatMap { course.choice.branches[$0].steps }
    }
  }

  mutating func giveUp(_ given: BranchGivenUp) throws(IllegalTransition) {
    try require(direction == .forward, "a rollback takes no branch")
    guard let at = courses.firstIndex(where: { $0.choice.choice == given.choice && $0.branch?.name == given.branch }) else {
      throw IllegalTransition(why: "the branch `\(given.branch)` of `\(given.choice)` was not under way")
    }
    try require(!courses[at].isOver && !courses[at].isGivenUp, "the branch `\(given.branch)` of `\(given.choice)` was over")
    try require(courses[at].next != nil, "there is no other branch of `\(given.choice)`")
    courses[at].isGivenUp = true
    passOver(courses[at].steps)
  }

  private mutating func passOver(_ steps: [Int]) { for step in steps { records[step].isPassedOver = true } }

  /// What follows for the choices from what has just happened. The same in the living run and in the replay of its journal.
  mutating func moveCourses(at now: Timestamp) {
    guard direction == .forward else { return }
    var isSettled = false
    while !isSettled {
      isSettled = true
      for at in courses.indices where !courses[at].isOver {
        let course = courses[at]
        let isBeginning = course.current == nil && course.choice.needs.allSatisfy { records[$0].isSatisfied }
        // Nothing of the next may begin while something of this one can still act.
        let isLeft = course.isGivenUp && course.steps.allSatisfy { records[$0].isSatisfied }
        if isBeginning || isLeft, let next = course.next {
          if isBeginning { passOver(course.choice.branches.filter(\.isLost).flatMap(\.steps)) }
          (courses[at].current, courses[at].began, courses[at].isGivenUp) = (next, now, false)
          isSettled = false
        } else if course.current != nil, !course.isGivenUp, course.steps.allSatisfy({ records[$0].isSatisfied }) {
          courses[at].isOver = true
          passOver(course.choice.branches[((course.current ?? 0) + 1)...].flatMap(\.steps))
          isSettled = false
        }
      }
    }
  }
}
