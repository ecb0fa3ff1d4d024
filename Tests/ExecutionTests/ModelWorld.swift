import CanonicalJSON
import ChangePlanning
import ExecutionCore
import Journaling
import PlanModel
import ProviderInterface
import Scheduling
import TestSupport
import Units

/// A world that a random changeset works on, with the failures that the seed planned for it. It outlives crashes of the tool.
struct ModelWorld {
  /// What one step is like.
  struct Nature {
    /// So many attempts fail before one succeeds; they do not come back after a crash.
    var failuresLeft = 0
    /// So many attempts never end by themselves.
    var hangsLeft = 0
    var failsForGood = false
    var undoFailsForGood = false
    var undoFailuresLeft = 0
    /// Whether the kind can tell what became of an attempt.
    var canBeSettled = true
  }

  var changeset: Changeset
  var natures: [Nature]
  /// The effect is there.
  var applied: Set<Int> = []
  /// Attempts have left something that is not the effect.
  var remains: Set<Int> = []
  var everApplied: Set<Int> = []
  /// What was found to be wrong, in the order it happened.
  var violations: [String] = []
  var confirmed: Set<Int> = []
  /// What people have said, as files that outlive crashes; and what they are about to say.
  var people = ModelPeople()
  var inbox: [Spoken] = []
  var unsaid: [String: (at: Timestamp, spoken: Spoken)] = [:]

  /// At most one step fails for good, so that the end of a run does not depend on which of two failed first.
  init(seed: Int) throws {
    var random = SplitMix64(seed: "world \(seed)")
    func chance(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &random) == 0 }
    let count = Int.random(in: 1...8, using: &random)
    let policy = FailurePolicy.allCases.randomElement(using: &random) ?? .pause
    let loser = chance(2) ? Int.random(in: 0..<count, using: &random) : -1
    natures = []
    var shares = SplitMix64(seed: "shares \(seed)")
    let turns = Int.random(in: 1...3, using: &shares)
    var steps: [SampleStep] = []
    for index in 0..<count {
      var step = SampleStep(StepName(rawValue: "s\(index)"))
      step.needs = (0..<index).filter { _ in chance(3) }.map { StepName(rawValue: "s\($0)") }
      step.retries = Int.random(in: 0...2, using: &random)
      step.onFailure = policy
      step.priority = Int.random(in: 0...2, using: &random)
      step.timeout = .seconds(120)
      var nature = Nature(failuresLeft: 0)
      switch Int.random(in: 0..<8, using: &random) {
      case 0: step.undo = .nothingToUndo; step.action = .check
      case 1, 2: step.undo = .step(.init(kind: "sample.reset", arguments: StepArguments([:]), timeout: .seconds(60), retries: 1))
      case 3 where index != loser: step.action = .none
      case 4 where index != loser: step.question = "go on?"; step.undo = .nothingToUndo; step.action = .check
      default: break
      }
      if Bool.random(using: &shares) {
        step.uses = [LimitUse(limit: "gate", amount: .turns(Int.random(in: 1...turns, using: &shares)), capacity: .turns(turns))]
      }
      if chance(3) { step.basis = .facts(["step": .int(Int64(index))]) }
      if step.retries > 0, chance(2) {
        if chance(2) { nature.failuresLeft = 1 } else { nature.hangsLeft = 1 }
      }
      nature.failsForGood = index == loser
      nature.undoFailuresLeft = step.undo != .nothingToUndo && step.retries > 0 && chance(3) ? 1 : 0
      natures.append(nature)
      steps.append(step)
    }
    changeset = try .sample(
      steps, parallelism: Int.random(in: 1...3, using: &random), before: chance(3) ? SampleStep("tell") : nil,
      after: chance(3) ? SampleStep("told") : nil)
  }

  init(_ changeset: Changeset, _ natures: [Nature]) { self.changeset = changeset; self.natures = natures }

  func index(_ step: StepName) -> Int? { changeset.steps.firstIndex { $0.specification.name == step } }
  func specification(_ index: Int) -> StepSpecification { changeset.steps[index].specification }
  func place(_ step: StepName) -> BranchPlace? { index(step).flatMap { specification($0).branch } }

  private func holds(_ index: Int) -> Bool {
    applied.contains(index) || confirmed.contains(index) || changeset.steps[index].change.action == .none
  }

  /// The effect of an attempt: clears away what earlier ones left, then reaches the goal.
  mutating func perform(_ index: Int) {
    for need in specification(index).needs.compactMap({ self.index($0) }) where !holds(need) {
      violations.append("s\(index) acted before s\(need) was done")
    }
    remains.remove(index)
    applied.insert(index)
    everApplied.insert(index)
  }

  mutating func leaveRemains(_ index: Int) {
    // A written undo belongs to a step that does all or nothing.
    if case .byKind = specification(index).undo { remains.insert(index) }
  }

  mutating func undo(_ index: Int) {
    let dependents = changeset.steps.indices.filter { specification($0).needs.contains(specification(index).name) }
    for dependent in dependents where applied.contains(dependent) && specification(dependent).undo != .nothingToUndo {
      violations.append("s\(index) was undone before s\(dependent)")
    }
    if case .step = specification(index).undo, !everApplied.contains(index) {
      violations.append("the undo of s\(index) ran over something that was never done")
    }
    applied.remove(index)
    remains.remove(index)
  }

  /// Steps whose effect a rollback would have to take back.
  var notTakenBack: [Int] { applied.union(remains).filter { specification($0).undo != .nothingToUndo }.sorted() }
}
