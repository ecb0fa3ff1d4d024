public import PlanModel
public import Units

/// Which steps of a list come directly before which, as places in the list, with its choices: what a schedule, a run and a journal agree on.
///
/// A branch of a choice comes after those that are preferred to it, and who needs the choice needs the ends of all its branches. A `needs` that
/// names nothing in the list is left out: it has been reported.
public struct StepOrder: Sendable {
  public let index: [StepName: Int]
  public let needs: [[Int]]
  /// By name.
  public let choices: [BranchedSteps]

  public init(_ steps: [StepSpecification]) {
    let index = Dictionary(steps.indices.lazy.map { (steps[$0].name, $0) }) { first, _ in first }
    var choices = BranchedSteps.all(in: steps)
    let ends = Dictionary(choices.map { ($0.choice, $0.branches.flatMap(\.last)) }) { first, _ in first }
    func places(_ names: [StepName]) -> [Int] { names.flatMap { name in index[name].map { [$0] } ?? ends[name] ?? [] } }
    var needs = steps.indices.map { places(steps[$0].needs) }
    for at in choices.indices {
      choices[at].needs = places(choices[at].branches.first?.steps.first.flatMap { steps[$0].branch?.needs } ?? [])
      for (number, branch) in choices[at].branches.enumerated() {
        // After all of them: one that is not tried is out of the question from the beginning.
        let before = choices[at].needs + choices[at].branches[..<number].flatMap(\.last)
        for first in branch.first { needs[first] += before }
      }
    }
    (self.index, self.needs, self.choices) = (index, needs, choices)
  }
}

/// The steps of one choice, by branch.
public struct BranchedSteps: Sendable {
  public struct Branch: Sendable {
    public var name: BranchName
    public var steps: [Int]
    public var until: TimeSpan?
    /// What a step of it needs is gone: it is not tried.
    public var isLost: Bool
    /// Those that need no other, and those that no other needs, in the branch.
    var first: [Int], last: [Int]
  }
  public let choice: StepName
  /// Done before the first branch begins.
  public fileprivate(set) var needs: [Int] = []
  /// By preference.
  public let branches: [Branch]

  fileprivate static func all(in steps: [StepSpecification]) -> [BranchedSteps] {
    guard steps.indices.contains(where: { steps[$0].branch != nil }) else { return [] }
    let members = Dictionary(grouping: steps.indices.filter { steps[$0].branch != nil }) { steps[$0].branch?.choice ?? "" }
    return members.keys.sorted().map { BranchedSteps($0, members[$0] ?? [], steps) }
  }

  private init(_ choice: StepName, _ members: [Int], _ steps: [StepSpecification]) {
    self.choice = choice
    let byNumber = Dictionary(grouping: members) { steps[$0].branch?.number ?? 0 }
    branches = byNumber.keys.sorted().map { number in
      let inner = byNumber[number] ?? []
      let names = Set(inner.map { steps[$0].name })
      let needed = Set(inner.flatMap { steps[$0].needs })
      let place = inner.first.flatMap { steps[$0].branch }
      return Branch(
        name: place?.branch ?? "", steps: inner, until: place?.until, isLost: place?.isLost ?? false,
        first: inner.filter { names.isDisjoint(with: steps[$0].needs) }, last: inner.filter { !needed.contains(steps[$0].name) })
    }
  }
}
