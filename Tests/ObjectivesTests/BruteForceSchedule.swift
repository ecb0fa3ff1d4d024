import Scheduling

/// An independent model of recovery that steps through time, second by second: a list of steps, so many at once, the best that is ready first.
struct BruteForceSchedule {
  let plan: BruteForcePlan
  private let order: [Int]
  private let priorities: [Int]

  init(_ plan: BruteForcePlan) {
    self.plan = plan
    let steps = plan.scenario.steps
    let durations = steps.map(Self.expected)
    // The longest way to the end. Needs lead to lower numbers only.
    var behind = durations
    for step in steps.indices.reversed() {
      behind[step] = durations[step] + (plan.followers(of: step).map { behind[$0] }.max() ?? 0)
    }
    priorities = steps.map { step in step.restores.map { plan.dataClasses[$0].priority } ?? 1 }
    order = steps.indices.sorted { [priorities] in (-priorities[$0], -behind[$0], $0) < (-priorities[$1], -behind[$1], $1) }
  }

  static func expected(_ step: BruteForcePlan.Step) -> Int { step.estimate ?? longest(step) }
  static func longest(_ step: BruteForcePlan.Step) -> Int { BruteForcePlan.allAttempts(step.timeout, step.retries) }

  /// Some attempts that fail after any time up to the time-out, any pauses that are allowed, then one that ends in time.
  static func any(_ step: BruteForcePlan.Step, _ random: inout SplitMix64) -> Int {
    var (sum, pause) = (Int.random(in: 0...step.timeout, using: &random), 1)
    for _ in 0..<Int.random(in: 0...step.retries, using: &random) {
      sum += Int.random(in: (pause + 1) / 2...pause, using: &random) + Int.random(in: 0...step.timeout, using: &random)
      pause = min(60, pause * 2)
    }
    return sum
  }

  /// When each step ends, with these durations. A step that is given up or never begun ends when that is clear.
  ///
  /// - Parameter failing: steps of branches that fail when their time is over.
  func ends(_ durations: [Int], failing: Set<Int> = []) -> [Int] {
    let steps = plan.scenario.steps
    var ends: [Int?] = Array(repeating: nil, count: steps.count)
    var now = 0
    let tried = plan.tried
    // Which of the tried branches is under way, and since when.
    var current = -1, began = 0, isOver = plan.scenario.choice == nil
    func isDone(_ step: Int) -> Bool { (ends[step] ?? .max) <= now }
    func out(_ range: Range<Int>) { for step in range where !isDone(step) { ends[step] = now } }
    func settle(_ choice: BruteForcePlan.Choice) -> Bool {
      if current < 0 {
        guard choice.needs.allSatisfy(isDone) else { return false }
        for branch in choice.branches.indices where !tried.contains(branch) { out(choice.branches[branch].steps) }
        (current, began) = (0, now)
        return true
      }
      let branch = choice.branches[tried[current]]
      let isLast = current == tried.count - 1
      let hasFailed = !isLast && branch.steps.contains { failing.contains($0) && isDone($0) }
      if !hasFailed, branch.steps.allSatisfy(isDone) {
        isOver = true
        for later in tried[(current + 1)...] { out(choice.branches[later].steps) }
        return true
      }
      guard hasFailed || !isLast && branch.until.map({ began + $0 <= now }) ?? false else { return false }
      out(branch.steps)
      (current, began) = (current + 1, now)
      return true
    }
    func isReady(_ step: Int) -> Bool {
      guard ends[step] == nil, steps[step].needs.allSatisfy(isDone), isOver || !steps[step].needsChoice else { return false }
      guard let branch = plan.scenario.choice?.branch(of: step) else { return true }
      return current >= 0 && tried[current] == branch
    }
    while ends.contains(where: { $0 == nil }) {
      // A step of no duration makes others ready at the same instant.
      var isSettled = false
      while !isSettled {
        isSettled = true
        if let choice = plan.scenario.choice { while !isOver, settle(choice) {} }
        let busy = steps.indices.filter { (ends[$0] ?? 0) > now }
        var free = plan.width - busy.count
        var left = plan.capacities.indices.map { limit in (plan.capacities[limit] ?? 0) - busy.reduce(0) { $0 + steps[$1].uses[limit] } }
        // What somebody lacks is for nobody of lower priority.
        var wantedBy = left.map { _ in -1 }
        for step in order.filter(isReady) where free > 0 {
          let taken = left.indices.filter { steps[step].uses[$0] > 0 }
          let lacking = taken.filter { steps[step].uses[$0] > left[$0] }
          for limit in lacking { wantedBy[limit] = max(wantedBy[limit], priorities[step]) }
          if !lacking.isEmpty || taken.contains(where: { wantedBy[$0] > priorities[step] }) { continue }
          for limit in taken { left[limit] -= steps[step].uses[limit] }
          ends[step] = now + durations[step]
          free -= 1
          if durations[step] == 0 { isSettled = false }
        }
      }
      now += 1
    }
    // What was still to be given up.
    while !isOver, let choice = plan.scenario.choice {
      if !settle(choice) { now += 1 }
    }
    return ends.map { $0 ?? 0 }
  }

  /// In each branch that can be given up the step that ends last, if nothing has to wait and every step takes its longest.
  var lastOfBranches: Set<Int> {
    guard let choice = plan.scenario.choice else { return [] }
    return Set(plan.tried.dropLast().compactMap { branch in
      var ends: [Int: Int] = [:]
      for step in choice.branches[branch].steps {
        ends[step] = Self.longest(plan.scenario.steps[step]) + (plan.scenario.steps[step].needs.compactMap { ends[$0] }.max() ?? 0)
      }
      return ends.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
    })
  }

  /// From the disaster to the decision, the probe as unlucky as can be.
  func worstBeforeRun() -> Int {
    var worst = plan.scenario.person ?? 0
    if let probe = plan.scenario.probe {
      for phase in 0...probe.every {
        for answer in 0...probe.timeout {
          let noticed = plan.scenario.failures.map { worstCount(probe, $0, phase, answer) } ?? phase + answer + probe.failing
          // The rule is looked at at any time within its period.
          worst = max(worst, noticed + (plan.scenario.evaluate ?? 0))
        }
      }
    }
    return worst + (plan.scenario.decide ?? 0)
  }

  /// Probe after probe from long before the disaster on, in a window of the last answers, until enough of them are failures.
  private func worstCount(_ probe: (every: Int, timeout: Int, failing: Int), _ rule: (least: Int, all: Int), _ phase: Int, _ answer: Int) -> Int {
    var window = Array(repeating: false, count: rule.all)
    var asked = phase - probe.every * rule.all
    while true {
      // A question at the very instant of the disaster may still be answered.
      window = window.dropFirst() + [asked > 0 || asked == 0 && phase == 0]
      if window.count(where: { $0 }) >= rule.least { return asked + answer }
      asked += probe.every
    }
  }
}
