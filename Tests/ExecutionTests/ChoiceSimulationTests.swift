import CanonicalJSON
import ChangePlanning
import ExecutionCore
import Journaling
import PlanModel
import ProviderInterface
import Scheduling
import TestSupport
import Testing
import Units

extension ModelWorld {
  /// One choice of two or three branches between two steps. The last branch works; of the others a step may fail for good or hang.
  init(choice seed: Int) throws {
    var random = SplitMix64(seed: "choice \(seed)")
    func chance(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &random) == 0 }
    var steps = [SampleStep("before")]
    var natures = [Nature()]
    let branches = Int.random(in: 2...3, using: &random)
    for number in 0..<branches {
      let isLast = number == branches - 1
      let until: TimeSpan? = isLast || chance(4) ? nil : .seconds(Int64.random(in: 5...200, using: &random))
      var place = BranchPlace(choice: "way", branch: BranchName(rawValue: "b\(number)"), number: number, until: until, needs: ["before"])
      place.isLost = !isLast && chance(6)
      let count = Int.random(in: 1...3, using: &random)
      let victim = isLast || chance(3) ? -1 : Int.random(in: 0..<count, using: &random)
      for index in 0..<count {
        var step = SampleStep(StepName(rawValue: "b\(number)-\(index)"))
        step.needs = (0..<index).filter { _ in chance(2) }.map { StepName(rawValue: "b\(number)-\($0)") }
        step.branch = place
        step.timeout = .seconds(120)
        step.retries = Int.random(in: 0...1, using: &random)
        if chance(3) { step.undo = .step(.init(kind: "sample.reset", arguments: StepArguments([:]), timeout: .seconds(60), retries: 1)) }
        if index != victim, chance(6) { step.action = .none }
        var nature = Nature()
        if index == victim { if chance(2) { nature.failsForGood = true } else { nature.hangsLeft = 1_000 } }
        natures.append(nature)
        steps.append(step)
      }
    }
    steps.append(SampleStep("after", needs: ["way"]))
    natures.append(Nature())
    self.init(try .sample(steps, parallelism: Int.random(in: 1...3, using: &random)), natures)
  }
}

/// Runs with a choice against the real core.
@Suite("Simulation of choices") struct ChoiceSimulationTests {
  private func steps(of branch: Int, _ world: ModelWorld) -> [Int] { world.changeset.steps.indices.filter { world.specification($0).branch?.number == branch } }
  private func isThere(_ step: Int, _ world: ModelWorld) -> Bool { world.applied.contains(step) || world.changeset.steps[step].change.action == .none }

  /// Whatever happened on the way: one branch is done whole, none after it was begun, and what waited for the choice is done.
  private func expectDone(_ simulation: Simulation, _ place: Comment) -> Int? {
    let world = simulation.world
    #expect(simulation.violations == [], place)
    guard case .recorded(.done) = simulation.ending else { Issue.record("ended as \(String(describing: simulation.ending)), \(place)"); return nil }
    guard let course = simulation.state.courses.first, course.isOver, let taken = course.current else { Issue.record("no branch was taken, \(place)"); return nil }
    #expect(steps(of: taken, world).allSatisfy { isThere($0, world) } && world.applied.contains(world.changeset.steps.count - 1), place)
    for later in (taken + 1)..<max(taken + 1, course.choice.branches.count) { #expect(world.everApplied.isDisjoint(with: steps(of: later, world)), place) }
    for lost in course.choice.branches.indices where course.choice.branches[lost].isLost { #expect(world.everApplied.isDisjoint(with: steps(of: lost, world)), place) }
    return taken
  }

  @Test("one branch is done, and all that waits for the choice") func undisturbed() throws {
    var taken: [Int: Int] = [:]
    for seed in 0..<400 {
      var simulation = try Simulation(ModelWorld(choice: seed), seed: seed)
      simulation.run()
      if let branch = expectDone(simulation, "seed \(seed)") { taken[branch, default: 0] += 1 }
      let bytes = try simulation.bytes()
      let replayed = try RunState(replaying: JournalText(bytes).records)
      for step in 0..<replayed.count { #expect(replayed[step] == simulation.state[step], "seed \(seed)") }
    }
    for branch in 0..<3 { #expect(taken[branch, default: 0] >= 20, "\(taken)") }
  }

  @Test("a crash before any event resumes, and one branch is done all the same") func crashes() throws {
    for seed in 0..<150 {
      var calm = try Simulation(ModelWorld(choice: seed), seed: seed)
      calm.run()
      var random = SplitMix64(seed: "crash of choice \(seed)")
      for _ in 0..<6 {
        let moment = Int.random(in: 0..<calm.events, using: &random)
        var simulation = try Simulation(ModelWorld(choice: seed), seed: seed, .init(crashBefore: moment))
        simulation.run()
        try simulation.resume()
        simulation.run()
        _ = expectDone(simulation, "seed \(seed), crash before event \(moment)")
      }
    }
  }

  @Test("interrupted anywhere, it is resumed to the same kind of end") func interrupts() throws {
    for seed in 0..<150 {
      var calm = try Simulation(ModelWorld(choice: seed), seed: seed)
      calm.run()
      var random = SplitMix64(seed: "interrupt of choice \(seed)")
      let moment = Int.random(in: 0..<calm.events, using: &random)
      var simulation = try Simulation(ModelWorld(choice: seed), seed: seed, .init(interruptsBefore: [moment, moment + 1]))
      simulation.run()
      if case .recorded(.interrupted) = simulation.ending {
        try simulation.resume()
        simulation.run()
      }
      _ = expectDone(simulation, "seed \(seed), interrupted before event \(moment)")
    }
  }

  @Test("rolled back from anywhere, nothing of any branch is left") func rollbacks() throws {
    for seed in 0..<200 {
      var calm = try Simulation(ModelWorld(choice: seed), seed: seed)
      calm.run()
      var random = SplitMix64(seed: "back from choice \(seed)")
      let moment = Int.random(in: 0..<calm.events, using: &random)
      var simulation = try Simulation(ModelWorld(choice: seed), seed: seed, .init(crashBefore: moment))
      simulation.run()
      if simulation.durable.isEmpty { continue }
      try simulation.resume(.rollback)
      simulation.run()
      let place: Comment = "seed \(seed), rolled back after event \(moment)"
      #expect(simulation.violations == [], place)
      #expect(simulation.world.notTakenBack == [], place)
      if case .recorded(.rolledBack) = simulation.ending {} else { Issue.record("ended as \(String(describing: simulation.ending)), \(place)") }
    }
  }
}
