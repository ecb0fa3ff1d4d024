import Scheduling

extension BruteForcePlan {
  /// Some steps in a row, cut into branches.
  struct Choice {
    struct Branch { var steps: Range<Int>; var until: Int? }
    var needs: [Int]
    var branches: [Branch]
    /// A step of a branch that waits for one outside that the choice does not need.
    var waitsOutside = false
    var steps: Range<Int> { (branches.first?.steps.lowerBound ?? 0)..<(branches.last?.steps.upperBound ?? 0) }
    func branch(of step: Int) -> Int? { branches.firstIndex { $0.steps.contains(step) } }
  }

  mutating func addChoice(_ random: inout SplitMix64) {
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    var steps = scenario.steps
    let first = number(0...(steps.count - 2))
    let cuts = Set((0..<number(1...2)).map { _ in number((first + 1)...(steps.count - 1)) }).sorted()
    let bounds = [first] + cuts + [number(((cuts.last ?? first) + 1)...steps.count)]
    let branches = zip(bounds, bounds.dropFirst()).enumerated().map { place, pair in
      Choice.Branch(steps: pair.0..<pair.1, until: number(0...9) < (place == cuts.count ? 2 : 9) ? number(1...30) : nil)
    }
    var choice = Choice(needs: (0..<first).filter { _ in number(0...1) == 0 }, branches: branches)
    let mayWait = number(0...5) == 0
    for step in choice.steps.upperBound..<steps.count where steps[step].needs.contains(where: choice.steps.contains) {
      steps[step].needs.removeAll(where: choice.steps.contains)
      steps[step].needsChoice = true
    }
    for step in choice.steps {
      let own = choice.branches.first { $0.steps.contains(step) }?.steps ?? 0..<0
      steps[step].needs.removeAll { !own.contains($0) && !(mayWait && $0 < first) }
      if steps[step].needs.contains(where: { !own.contains($0) && !choice.needs.contains($0) }) { choice.waitsOutside = true }
      // What is lost by a branch has a test of its own.
      if let restored = steps[step].restores, dataClasses[restored].replica != nil { steps[step].restores = nil }
    }
    scenario.steps = steps
    scenario.choice = choice
  }

  /// A restore needs a store that holds points, and its server.
  private func isStepLost(_ step: Int) -> Bool {
    guard let restored = scenario.steps[step].restores else { return false }
    let stores = dataClasses[restored].protections.flatMap(\.stores)
    return isServerLost(1) || (!stores.isEmpty && stores.allSatisfy(isLost))
  }

  /// The branches that can be tried, in their order.
  var tried: [Int] {
    guard let choice = scenario.choice else { return [] }
    let surviving = choice.branches.indices.filter { !choice.branches[$0].steps.contains(where: isStepLost) }
    var tried: [Int] = []
    for branch in surviving.isEmpty ? Array(choice.branches.indices) : surviving {
      tried.append(branch)
      if choice.branches[branch].until == nil { break }
    }
    return tried
  }

  /// The steps that cannot begin before `step` has ended or is out of the question. Higher numbers only.
  func followers(of step: Int) -> [Int] {
    let steps = scenario.steps
    return (step + 1..<steps.count).filter { later in
      if steps[later].needs.contains(step) { return true }
      guard let choice = scenario.choice else { return false }
      func isLast(_ one: Int, in branch: Choice.Branch) -> Bool { branch.steps.contains(one) && !branch.steps.contains { steps[$0].needs.contains(one) } }
      func isFirst(_ one: Int, in branch: Choice.Branch) -> Bool { branch.steps.contains(one) && !steps[one].needs.contains(where: branch.steps.contains) }
      if steps[later].needsChoice, choice.branches.contains(where: { isLast(step, in: $0) }) { return true }
      if choice.needs.contains(step), choice.branches.contains(where: { isFirst(later, in: $0) }) { return true }
      return zip(choice.branches, choice.branches.dropFirst()).contains { isLast(step, in: $0) && isFirst(later, in: $1) }
    }
  }

  /// Writes what stands before a step, and gives the space before its name.
  func choiceText(before step: Int, _ text: inout String) -> String {
    guard let choice = scenario.choice, let branch = choice.branch(of: step) else { return "      " }
    if step == choice.steps.lowerBound {
      text += "      recover:\n        needs: [\(choice.needs.map { "t\($0)" }.joined(separator: ", "))]\n        firstOf:\n"
    }
    if step == choice.branches[branch].steps.lowerBound {
      text += "          b\(branch):\n" + (choice.branches[branch].until.map { "            until: \($0)s\n" } ?? "") + "            steps:\n"
    }
    return "              "
  }
}
