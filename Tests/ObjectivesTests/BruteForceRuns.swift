import Scheduling

/// An independent model of backups that steps through time, second by second: one run at a time, all that is due goes into it, its steps share
/// the places, and an adversary decides what the plan leaves open. It knows nothing of terms or formulas.
struct BruteForceRuns {
  struct Point {
    var protection: Int
    var consistent: Int
    /// By store; `Int.max` until it is there.
    var usable: [Int]
  }

  /// What the plan leaves open, and a hostile mind decides.
  struct Adversary {
    enum Choice { case none, most, random }
    /// When each protection is due for the first time.
    var first: [Int]
    var misses = Choice.most, lateness = Choice.most
    /// Where two are due at the same instant, this one comes an instant too late for the other's run; and it alone starts late.
    var victim: Int?
    /// Steps may take any time up to their durations.
    var isHasty = false
    /// The order of steps is not that of the scheduler but any.
    var isUnruly = false
  }

  private struct Job { var protection: Int; var store: Int?; var point: Int }
  private struct Clock {
    var due: Int
    var late: Int
    var freeSince: Int?
    func nextLook(after now: Int) -> Int { freeSince.map { $0 + late } ?? max(due, now + 1) }
  }

  static let places = 4
  let plan: BruteForcePlan
  private let all: [(dataClass: Int, protection: BruteForcePlan.Protection)]

  init(_ plan: BruteForcePlan) { self.plan = plan; all = plan.protections }

  func points(_ adversary: Adversary, _ random: inout SplitMix64, horizon: Int) -> [Point] {
    var points: [Point] = []
    var clocks = all.indices.map { Clock(due: adversary.first[$0], late: lateness($0, adversary, &random), freeSince: nil) }
    var active: [(end: Int, job: Job)] = []
    var waiting: [Job] = []
    // Nothing can happen before this second.
    var next = 0
    for now in 0..<horizon where now >= next {
      if !active.isEmpty {
        for ended in active where ended.end <= now { end(ended.job, now, &points, &waiting) }
        active.removeAll { $0.end <= now }
      }
      if active.isEmpty, waiting.isEmpty {
        waiting = begin(now, &clocks, adversary)
        if waiting.isEmpty { next = clocks.reduce(Int.max) { min($0, $1.nextLook(after: now)) }; continue }
      }
      if adversary.isUnruly { waiting.shuffle(using: &random) } else { waiting.sort { precedes($0, $1) } }
      while active.count < Self.places, !waiting.isEmpty {
        var job = waiting.removeFirst()
        if job.store == nil { start(&job, now, &points, &clocks, adversary, &random) }
        let most = duration(job)
        active.append((now + (adversary.isHasty ? Int.random(in: 1...max(1, most), using: &random) : most), job))
      }
      next = active.reduce(Int.max) { min($0, $1.end) }
    }
    return points
  }

  /// The runs that start now: none, or one of everything that is due.
  private func begin(_ now: Int, _ clocks: inout [Clock], _ adversary: Adversary) -> [Job] {
    var starts = false
    var onlyVictim = true
    for index in clocks.indices where clocks[index].due <= now {
      let since = clocks[index].freeSince ?? now
      clocks[index].freeSince = since
      if now >= since + clocks[index].late { starts = true; if index != adversary.victim { onlyVictim = false } }
    }
    guard starts else { return [] }
    let due = clocks.indices.filter { clocks[$0].due < now || (clocks[$0].due == now && (onlyVictim || $0 != adversary.victim)) }
    // Who waits for the run that starts now will find the directory free again later.
    for index in clocks.indices where !due.contains(index) { clocks[index].freeSince = nil }
    for index in due { clocks[index].due = .max; clocks[index].freeSince = nil }
    return due.map { Job(protection: $0, store: nil, point: -1) }
  }

  private func start(
    _ job: inout Job, _ now: Int, _ points: inout [Point], _ clocks: inout [Clock], _ adversary: Adversary, _ random: inout SplitMix64
  ) {
    let protection = all[job.protection].protection
    job.point = points.count
    points.append(Point(protection: job.protection, consistent: now, usable: Array(repeating: .max, count: plan.stores.count)))
    // A missed run costs an interval: the stated one, or that of runs that queue up.
    let missed = choose(adversary.misses, protection.misses, &random)
    let interval = max(protection.every, protection.cycle)
    clocks[job.protection] = Clock(
      due: now + (missed == 0 ? protection.every : (missed + 1) * interval), late: lateness(job.protection, adversary, &random), freeSince: nil)
  }

  private func end(_ job: Job, _ now: Int, _ points: inout [Point], _ waiting: inout [Job]) {
    let protection = all[job.protection].protection
    points[job.point].usable[job.store ?? protection.store] = now
    if job.store == nil { waiting += protection.copies.map { Job(protection: job.protection, store: $0, point: job.point) } }
  }

  private func duration(_ job: Job) -> Int { job.store == nil ? all[job.protection].protection.run : all[job.protection].protection.copy }

  /// The order of a run: important data first, then what has more behind it, then as written.
  private func precedes(_ a: Job, _ b: Job) -> Bool {
    func key(_ job: Job) -> (Int, Int, Int, Int) {
      let protection = all[job.protection].protection
      return (-plan.dataClasses[all[job.protection].dataClass].priority, job.store == nil ? -protection.cycle : -protection.copy, job.protection, job.store ?? -1)
    }
    return key(a) < key(b)
  }

  private func lateness(_ index: Int, _ adversary: Adversary, _ random: inout SplitMix64) -> Int {
    adversary.victim.map { $0 != index } ?? false ? 0 : choose(adversary.lateness, all[index].protection.jitter, &random)
  }

  private func choose(_ choice: Adversary.Choice, _ most: Int, _ random: inout SplitMix64) -> Int {
    switch choice { case .none: 0; case .most: most; case .random: most == 0 ? 0 : Int.random(in: 0...most, using: &random) }
  }
}

// MARK: The moment of the disaster

extension BruteForceRuns {
  /// What is lost at the worst moment; nil where no moment comes at which each protection has a point in each store that survives.
  /// - Parameter reaction: from the notice until the restore has read its point.
  func worstLoss(of dataClass: Int, _ points: [Point], _ archive: BruteForceArchive?, reaction: Int, horizon: Int) -> Int? {
    guard let harm = plan.harm(to: dataClass) else { return nil }
    var usable: [(consistent: Int, from: Int, until: Int)] = []
    var begin = 0
    for index in all.indices where all[index].dataClass == dataClass {
      let stores = all[index].protection.stores.filter { !plan.isLost($0) }
      guard !stores.isEmpty else { continue }
      let mine = points.filter { $0.protection == index }
      guard let first = mine.first(where: { point in stores.allSatisfy { point.usable[$0] < .max } }) else { return nil }
      begin = max(begin, stores.map { first.usable[$0] }.max() ?? 0)
      let keep = all[index].protection.keep
      for point in mine {
        let from = stores.map { point.usable[$0] }.min() ?? .max
        // An expiry waits for the next point, and the newest one stays: only who asks for an older point can find it gone.
        usable.append((point.consistent, from, harm.isCorrupted ? keep.map { point.consistent + $0 - reaction } ?? .max : .max))
      }
    }
    let surviving = archive.flatMap { $0.archive.stores.allSatisfy(plan.isLost) ? nil : $0 }
    if let surviving {
      guard let first = surviving.begin else { return nil }
      begin = max(begin, first)
    }
    let replica = plan.helpingReplica(of: dataClass)
    usable.sort { $0.consistent > $1.consistent }
    var worst: Int?
    // A corruption needs a point from before it.
    begin += harm.unnoticed
    guard begin + 1 < horizon, !usable.isEmpty || surviving != nil || replica != nil else { return nil }
    // From one event to the next the loss only grows, so the worst moments are the instants of events.
    let moments = usable.flatMap { [$0.from, $0.consistent + harm.unnoticed, $0.until == .max ? .max : $0.until + 1] }
      + (surviving?.moments(unnoticed: harm.unnoticed, reaction: reaction) ?? []) + [horizon - 1]
    for now in moments where begin < now && now < horizon {
      let before = harm.isCorrupted ? now - harm.unnoticed : now
      let newest = usable.first { $0.from < now && $0.consistent < before && $0.until >= now }
      let found = [
        newest?.consistent, surviving?.newest(at: now, before: before, readAt: harm.isCorrupted ? now + reaction : nil), replica.map { now - $0.lag },
      ].compactMap { $0 }.max()
      guard let found else { return .max }
      worst = max(worst ?? 0, now - found)
    }
    return worst
  }
}
