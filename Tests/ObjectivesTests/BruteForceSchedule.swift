import Scheduling

/// An independent model of recovery that steps through time, second by second: a list of steps, so many at once, the best that is ready first.
struct BruteForceSchedule {
  let plan: BruteForcePlan
  private let order: [Int]

  init(_ plan: BruteForcePlan) {
    self.plan = plan
    let steps = plan.scenario.steps
    let durations = steps.map(Self.expected)
    // The longest way to the end. Needs lead to lower numbers only.
    var behind = durations
    for step in steps.indices.reversed() {
      behind[step] = durations[step] + ((step + 1..<steps.count).filter { steps[$0].needs.contains(step) }.map { behind[$0] }.max() ?? 0)
    }
    let priorities = steps.map { step in step.restores.map { plan.dataClasses[$0].priority } ?? 1 }
    order = steps.indices.sorted { (-priorities[$0], -behind[$0], $0) < (-priorities[$1], -behind[$1], $1) }
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

  /// When each step ends, with these durations.
  func ends(_ durations: [Int]) -> [Int] {
    let steps = plan.scenario.steps
    var ends: [Int?] = Array(repeating: nil, count: steps.count)
    var now = 0
    while ends.contains(where: { $0 == nil }) {
      // A step of no duration makes others ready at the same instant.
      var isSettled = false
      while !isSettled {
        isSettled = true
        let busy = ends.filter { ($0 ?? 0) > now }.count
        var free = plan.width - busy
        let ready = order.filter { step in ends[step] == nil && steps[step].needs.allSatisfy { (ends[$0] ?? .max) <= now } }
        for step in ready where free > 0 {
          ends[step] = now + durations[step]
          free -= 1
          if durations[step] == 0 { isSettled = false }
        }
      }
      now += 1
    }
    return ends.map { $0 ?? 0 }
  }

  /// From the disaster to the decision, the probe as unlucky as can be.
  func worstBeforeRun() -> Int {
    var worst = plan.scenario.person ?? 0
    if let probe = plan.scenario.probe {
      for phase in 0...probe.every { for answer in 0...probe.timeout { worst = max(worst, phase + answer + probe.failing) } }
    }
    return worst + (plan.scenario.decide ?? 0)
  }
}
