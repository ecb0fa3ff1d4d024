public import Units

/// Steps in branches of which one is done: each is given up at its deadline, and the next begins. The graph lets a branch come after those before it.
public struct Alternatives: Sendable, Equatable {
  public struct Branch: Sendable, Equatable {
    public var steps: [Int]
    /// From its beginning; nil for the last that can be tried.
    public var deadline: TimeSpan?
    public init(steps: [Int], deadline: TimeSpan?) { self.steps = steps; self.deadline = deadline }
  }
  /// Done before the first branch begins.
  public var needs: [Int]
  /// Those that can be tried, by preference.
  public var branches: [Branch]
  /// Steps of branches that are never begun, as far as time decides.
  public var never: [Int]
  /// Those of them that something keeps from being begun at all.
  public var lost: [Int]
  public init(needs: [Int], branches: [Branch], never: [Int], lost: [Int] = []) { self.needs = needs; self.branches = branches; self.never = never; self.lost = lost }
}

/// Which branch of each choice is under way while time passes.
struct BranchProgress {
  /// - `done`: so many of the first steps of the branch are known to be done.
  private struct Course { var current = -1; var began = TimeSpan.zero; var isOver = false; var done = 0 }
  private let alternatives: [Alternatives]
  private var courses: [Course]

  init(_ alternatives: [Alternatives]) {
    self.alternatives = alternatives
    courses = Array(repeating: Course(), count: alternatives.count)
  }

  /// What becomes of a step that is not done.
  enum End {
    /// The branch began when one of `after` had ended.
    case givenUp(began: TimeSpan, after: [Int])
    case notTaken
  }

  /// When the next branch is given up, unless it is done by then.
  var nextDeadline: TimeSpan? { alternatives.indices.compactMap(deadline).min() }

  private func deadline(of choice: Int) -> TimeSpan? {
    guard !courses[choice].isOver, courses[choice].current >= 0 else { return nil }
    return alternatives[choice].branches[courses[choice].current].deadline.map { courses[choice].began + $0 }
  }

  /// What ends now without being done: `isDone` tells of steps, `end` takes them out.
  mutating func settle(at now: TimeSpan, isDone: (Int) -> Bool, end: (Int, End) -> Void) {
    var isSettled = false
    while !isSettled {
      isSettled = true
      for choice in alternatives.indices where !courses[choice].isOver {
        let all = alternatives[choice]
        if courses[choice].current < 0 {
          guard all.needs.allSatisfy(isDone) else { continue }
          all.never.forEach { end($0, .notTaken) }
          courses[choice] = Course(current: 0, began: now)
          isSettled = false
        }
        let current = courses[choice].current
        let steps = all.branches[current].steps
        while courses[choice].done < steps.count, isDone(steps[courses[choice].done]) { courses[choice].done += 1 }
        if courses[choice].done == steps.count {
          courses[choice].isOver = true
          all.branches[(current + 1)...].flatMap(\.steps).forEach { end($0, .notTaken) }
          isSettled = false
        } else if let deadline = deadline(of: choice), deadline <= now {
          let after = current == 0 ? all.needs : all.branches[current - 1].steps
          for step in all.branches[current].steps where !isDone(step) { end(step, .givenUp(began: courses[choice].began, after: after)) }
          courses[choice] = Course(current: current + 1, began: now)
          isSettled = false
        }
      }
    }
  }
}
