@testable import Commands
import Diagnostics
import Objectives
import PlanModel
import ProviderInterface
import Scheduling
import Units
import YAMLReading

/// One random plan, computed by the product and by brute force.
struct BruteForceCheck {
  var features: [String] = []
  var problems: [String] = []
  var exact = 0
  /// Bound and what was found, in thousandths: of losses, of guaranteed recovery times.
  var lossRatios: [Int] = [], recoveryRatios: [Int] = []
  private let seed: Int
  private let plan: BruteForcePlan

  init(seed: Int, isSharing: Bool = true) {
    self.seed = seed
    plan = BruteForcePlan(seed: seed, isSharing: isSharing)
    let typed: TypedPlan
    do throws(UnreadablePlan) { typed = try typedPlan(plan.text) } catch { fail("cannot be used: \(error)"); return }
    countFeatures()
    // Protection runs with the usual width, recovery with that of this plan.
    guard let scenario = assess(typed).scenarios.first else { fail("has no scenario"); return }
    checkLosses(scenario)
    let narrow = plan.width == defaultParallelism ? scenario : assess(typed, width: plan.width).scenarios.first ?? scenario
    if let recovery = narrow.recovery { checkRecovery(narrow, recovery) } else { fail("has no recovery") }
  }

  private mutating func fail(_ text: String) { problems.append("seed \(seed): \(text)") }

  // MARK: Losses

  private mutating func checkLosses(_ scenario: ScenarioAssessment) {
    let reaction = scenario.recovery.map { Int($0.guaranteed.milliseconds / 1_000) } ?? 0
    let found = worstLosses(reaction: reaction)
    for number in plan.dataClasses.indices {
      let assessed = scenario.classes.first { $0.dataClass.name.value.rawValue == "c\(number)" }
      guard let harm = plan.harm(to: number) else {
        if assessed != nil { fail("c\(number) is assessed, but untouched") }
        continue
      }
      guard let assessed else { fail("c\(number) is not assessed"); continue }
      guard plan.survives(number) else {
        if assessed.loss.figure != nil { fail("c\(number) has a figure, but nothing survives") } else { exact += 1; features.append("nothing survives") }
        continue
      }
      guard let figure = assessed.loss.figure else {
        let data = plan.used(number)
        let isKept = data.protections.contains { $0.keep == nil && $0.stores.contains { !plan.isLost($0) } }
          || data.archive.map { $0.keep == nil && !$0.isOutpaced && !$0.stores.allSatisfy(plan.isLost) } ?? false
        if isKept || !harm.isCorrupted { fail("c\(number) is called unbounded, but points are kept") }
        features.append("retention too short")
        continue
      }
      guard let worst = found[number] else { fail("c\(number): the model found no moment"); continue }
      let computed = Int(figure.total.milliseconds / 1_000)
      if figure.isBound {
        features.append("loss is a bound")
        if worst > computed { fail("c\(number) loses \(worst) s, above the bound \(figure.sum)") } else { lossRatios.append(computed * 1_000 / max(1, worst)) }
      } else if worst != computed {
        fail("c\(number) loses \(worst) s, computed \(computed) s = \(figure.sum)")
      } else {
        exact += 1
        if let problem = plan.replay(assessed, of: number) { fail("the counterexample of c\(number): \(problem)") }
      }
    }
  }

  /// The worst that any of the adversaries finds, by class.
  private func worstLosses(reaction: Int) -> [Int?] {
    let model = BruteForceRuns(plan)
    let all = plan.protections
    var random = SplitMix64(seed: "adversary \(seed)")
    var worst: [Int?] = Array(repeating: nil, count: plan.dataClasses.count)
    let horizon = 60 + 3 * (all.map { ($0.protection.misses + 1) * max($0.protection.every, $0.protection.cycle) + $0.protection.jitter }.max() ?? 0)
      + 2 * all.reduce(0) { $0 + $1.protection.run + $1.protection.copies.count * $1.protection.copy } + (plan.scenario.corrupts?.noticed ?? 0)
      + 3 * (plan.dataClasses.compactMap { $0.archive?.cycle }.max() ?? 0)
    func attempt(_ adversary: BruteForceRuns.Adversary, _ classes: some Sequence<Int>, isHostile: Bool = true) {
      let points = model.points(adversary, &random, horizon: horizon)
      for number in classes {
        let archive = plan.used(number).archive.flatMap { $0.isOutpaced ? nil : BruteForceArchive($0, isHostile: isHostile, &random, horizon: horizon) }
        guard let loss = model.worstLoss(of: number, points, archive, reaction: reaction, horizon: horizon) else { continue }
        worst[number] = max(worst[number] ?? 0, loss)
      }
    }
    for victim in all.indices where plan.harm(to: all[victim].dataClass) != nil {
      let (number, protection) = all[victim]
      let start = 10
      let next = start + protection.jitter + (protection.misses + 1) * max(protection.every, protection.cycle)
      // Nobody else; then one other run that has just started when the next one is due; then all of them.
      let others = all.indices.filter { $0 != victim }
      for late in [[]] + others.map({ [$0] }) + (others.count > 1 ? [others] : []) {
        let first = all.indices.map { $0 == victim ? start : late.contains($0) ? next : all[$0].dataClass == number ? 0 : Int.max }
        attempt(.init(first: first, victim: victim), [number])
      }
    }
    for round in 0..<(all.count > 1 ? 8 : 2) {
      let first = all.map { _ in Int.random(in: 0...60, using: &random) }
      let choices: [BruteForceRuns.Adversary.Choice] = [.random, .most, .none]
      let adversary = BruteForceRuns.Adversary(
        first: first, misses: choices[round % 2], lateness: choices[round % 3], victim: nil, isHasty: round % 4 == 3, isUnruly: round % 4 == 2)
      attempt(adversary, plan.dataClasses.indices, isHostile: round % 2 == 0)
    }
    return worst
  }

  // MARK: Recovery

  private mutating func checkRecovery(_ scenario: ScenarioAssessment, _ recovery: ScenarioAssessment.Recovery) {
    let model = BruteForceSchedule(plan)
    let steps = plan.scenario.steps
    func seconds(_ span: TimeSpan) -> Int { Int(span.milliseconds / 1_000) }
    let before = model.worstBeforeRun()
    let ends = model.ends(steps.map(BruteForceSchedule.expected))
    if recovery.timeline.entries.map({ seconds($0.end) }) != ends { fail("the steps end at \(ends), predicted \(recovery.timeline.entries.map { seconds($0.end) })") }
    let expected = before + (ends.max() ?? 0)
    if seconds(recovery.expected.total) != expected { fail("recovery takes \(expected) s, computed \(recovery.expected.sum)") }
    if expected > 1 { checkStory(scenario.counterexample(target: .seconds(1)), ends.map { before + $0 }, expected) }
    var random = SplitMix64(seed: "recovery \(seed)")
    var worst = 0
    func attempt(_ durations: [Int], failing: Set<Int>) { worst = max(worst, before + (model.ends(durations, failing: failing).max() ?? 0)) }
    attempt(steps.map(BruteForceSchedule.longest), failing: [])
    attempt(steps.map(BruteForceSchedule.longest), failing: model.lastOfBranches)
    for round in 0..<6 {
      let failing = round % 2 == 0 ? [] : Set(steps.indices.filter { _ in Int.random(in: 0...2, using: &random) == 0 })
      attempt(steps.map { BruteForceSchedule.any($0, &random) }, failing: failing)
    }
    // The guarantee is in milliseconds, the model in whole seconds.
    let guaranteed = Int((recovery.guaranteed.milliseconds + 999) / 1_000)
    if worst > guaranteed { fail("recovery can take \(worst) s, above the guarantee of \(guaranteed) s") }
    if recovery.bounds.basis == .longestPath {
      if worst != guaranteed, plan.scenario.choice?.waitsOutside != true { fail("recovery takes at most \(worst) s, the guarantee of \(guaranteed) s is no longest path") }
      exact += 1
    } else {
      features.append("guaranteed recovery time is a bound")
      recoveryRatios.append(guaranteed * 1_000 / max(1, worst))
    }
  }

  /// The counterexample of the service's recovery tells when these steps end, and the last of them at the very end.
  private mutating func checkStory(_ told: Counterexample?, _ ends: [Int], _ expected: Int) {
    let steps = told?.events.filter { $0.kind == .stepEnds } ?? []
    let agrees = steps.allSatisfy { event in ends.indices.contains { event.text.hasPrefix("`t\($0)`") && event.at == .seconds(Int64(ends[$0])) } }
    let last = [steps.last, told?.events.last].map { $0?.at }
    if !agrees || last != [.seconds(Int64(expected)), .seconds(Int64(expected))] { fail("the counterexample of the recovery is wrong: \(told?.lines ?? [])") }
  }

  private mutating func countFeatures() {
    func count(_ name: String, _ holds: Bool) { if holds { features.append(name) } }
    let protections = plan.protections.map(\.protection)
    count("several data classes", plan.dataClasses.count > 1)
    count("several protections", protections.count > 1)
    count("several protections of one class", plan.dataClasses.contains { $0.count > 1 })
    count("late starts", protections.contains { $0.jitter > 0 })
    count("missed runs", protections.contains { $0.misses > 0 })
    count("no estimate of the dump", plan.dataClasses.contains { !$0.protections.isEmpty && $0.dump.seconds == nil })
    count("runs longer than the interval", protections.contains { $0.cycle >= $0.every })
    count("copies", protections.contains { !$0.copies.isEmpty })
    count("more steps than places", protections.reduce(0) { $0 + max(1, $1.copies.count) } > BruteForceRuns.places)
    count("retention", protections.contains { $0.keep != nil })
    count("WAL archives", plan.dataClasses.contains { $0.archive != nil })
    count("WAL load", plan.dataClasses.contains { $0.archive?.fill != nil })
    count("WAL faster than it is pushed", plan.dataClasses.contains { $0.archive?.isOutpaced ?? false })
    count("chain breaks", plan.dataClasses.contains { $0.archive?.hasBreak ?? false })
    count("points restored beside others", plan.dataClasses.indices.contains { plan.used($0).count < plan.dataClasses[$0].count })
    count("replicas", plan.dataClasses.contains { $0.replica != nil })
    count("corruption", plan.scenario.corrupts != nil)
    count("lost sites", !plan.scenario.sites.isEmpty)
    count("lost stores", !plan.scenario.stores.isEmpty)
    count("lost credentials", plan.stores.contains { $0.keys?.isLost ?? false })
    count("lost servers", !plan.scenario.servers.isEmpty)
    count("detection by a probe", plan.scenario.probe != nil)
    count("m of n probes", plan.scenario.failures != nil)
    count("choices among branches", plan.scenario.choice != nil)
    count("branches that cannot be tried", plan.tried.count < plan.scenario.choice?.branches.count ?? 0)
    count("shared limits", plan.scenario.steps.contains { $0.uses.contains { $0 > 0 } })
    count("width below the steps", plan.scenario.steps.count > plan.width)
  }
}
