import ChangePlanning
import ExecutionCore
import Journaling
import PlanModel
import ProviderInterface
import Scheduling
import Testing
import Units

/// Random worlds against the real core. A failing seed is in the message; run it alone by narrowing the range.
@Suite("Simulation")
struct SimulationTests {
  /// How a run ended, without what depends on who was first.
  private enum Kind { case done, failed, paused, rolledBack, rollbackIncomplete, interrupted, journalLost, lockLost, crashed }

  private func kind(_ ending: RunEnding?) -> Kind {
    switch ending {
    case nil: .crashed
    case .recorded(.done): .done
    case .recorded(.failed): .failed
    case .recorded(.paused): .paused
    case .recorded(.rolledBack): .rolledBack
    case .recorded(.rollbackIncomplete): .rollbackIncomplete
    case .recorded(.interrupted): .interrupted
    case .journalLost: .journalLost
    case .lockLost: .lockLost
    }
  }

  private func undisturbed(_ seed: Int) throws -> Simulation {
    var simulation = try Simulation(ModelWorld(seed: seed), seed: seed)
    simulation.run()
    return simulation
  }

  /// What must hold at every end, whatever happened on the way.
  private func check(_ simulation: Simulation, _ seed: Int, _ story: String) {
    let place: Comment = "seed \(seed), \(story)"
    #expect(simulation.violations == [], place)
    let world = simulation.world
    switch kind(simulation.ending) {
    case .done:
      for step in world.changeset.steps.indices {
        let isThere = world.applied.contains(step) || world.confirmed.contains(step) || world.changeset.steps[step].change.action == .none
        #expect(isThere, "s\(step) is missing: \(place)")
      }
      #expect(world.remains.isEmpty, place)
    case .rolledBack: #expect(world.notTakenBack == [], place)
    default: break
    }
  }

  private func expectSameEnd(_ simulation: Simulation, as calm: Simulation, _ seed: Int, _ story: String) {
    check(simulation, seed, story)
    #expect(kind(simulation.ending) == kind(calm.ending), "seed \(seed), \(story)")
    // What was done before a pause, or checked before a rollback, depends on who was first.
    guard [.done, .failed].contains(kind(calm.ending)) else { return }
    #expect(simulation.world.applied == calm.world.applied, "seed \(seed), \(story)")
  }

  @Test("an undisturbed run keeps order, width and intent, and takes back all or reaches all")
  func undisturbed() throws {
    var seen: [Kind: Int] = [:]
    for seed in 0..<400 {
      let simulation = try undisturbed(seed)
      check(simulation, seed, "undisturbed")
      seen[kind(simulation.ending), default: 0] += 1
    }
    // The worlds are of all sorts, or the test says nothing.
    for sort in [Kind.done, .failed, .paused, .rolledBack] { #expect(seen[sort, default: 0] >= 20, "\(sort): \(seen)") }
  }

  @Test("the same seed gives the same journal, byte for byte, and it can be replayed")
  func deterministic() throws {
    for seed in 0..<40 {
      let bytes = try undisturbed(seed).bytes()
      #expect(try undisturbed(seed).bytes() == bytes, "seed \(seed)")
      let text = try JournalText(bytes)
      let replayed = try RunState(replaying: text.records)
      let lived = try undisturbed(seed).state
      #expect(replayed.result == lived.result, "seed \(seed)")
      for step in 0..<lived.count { #expect(replayed[step] == lived[step], "seed \(seed)") }
    }
  }

  @Test("a crash before any event resumes to the same end")
  func crashes() throws {
    for seed in 0..<120 {
      let calm = try undisturbed(seed)
      var random = SplitMix64(seed: "crash \(seed)")
      let moments = seed < 25 ? Array(0..<calm.events) : (0..<4).map { _ in Int.random(in: 0..<calm.events, using: &random) }
      for moment in moments {
        var simulation = try Simulation(ModelWorld(seed: seed), seed: seed, .init(crashBefore: moment))
        simulation.run()
        try simulation.resume()
        simulation.run()
        expectSameEnd(simulation, as: calm, seed, "crash before event \(moment)")
      }
    }
  }

  @Test("crash after crash, it still comes to the same end")
  func manyCrashes() throws {
    for seed in 0..<60 {
      let calm = try undisturbed(seed)
      var random = SplitMix64(seed: "crashes \(seed)")
      let first = Int.random(in: 0..<calm.events, using: &random)
      var simulation = try Simulation(ModelWorld(seed: seed), seed: seed, .init(crashBefore: first))
      simulation.run()
      for _ in 0..<4 where simulation.ending == nil {
        try simulation.resume()
        simulation.crash(afterEvents: Int.random(in: 0..<25, using: &random))
        simulation.run()
      }
      if simulation.ending == nil {
        try simulation.resume()
        simulation.run()
      }
      expectSameEnd(simulation, as: calm, seed, "five crashes")
    }
  }

  @Test("one interrupt drains, two cancel, and a resume comes to the same end")
  func interrupts() throws {
    for seed in 0..<150 {
      let calm = try undisturbed(seed)
      var random = SplitMix64(seed: "interrupt \(seed)")
      let first = Int.random(in: 0..<calm.events, using: &random)
      let moments = seed % 2 == 0 ? [first] : [first, first + Int.random(in: 1...4, using: &random)]
      var simulation = try Simulation(ModelWorld(seed: seed), seed: seed, .init(interruptsBefore: moments))
      simulation.run()
      check(simulation, seed, "interrupted before \(moments)")
      guard kind(simulation.ending) == .interrupted else { continue }
      try simulation.resume()
      simulation.run()
      expectSameEnd(simulation, as: calm, seed, "interrupted before \(moments), resumed")
    }
  }

  @Test("a journal that can no longer be written stops every further effect, and a resume comes to the same end")
  func journalFailures() throws {
    for seed in 0..<120 {
      let calm = try undisturbed(seed)
      var random = SplitMix64(seed: "disk \(seed)")
      let records = Int.random(in: 0..<calm.durable.count, using: &random)
      var simulation = try Simulation(ModelWorld(seed: seed), seed: seed, .init(journalEndsAfter: records))
      simulation.run()
      check(simulation, seed, "disk full after \(records) records")
      #expect(kind(simulation.ending) == .journalLost, "seed \(seed)")
      #expect(simulation.durable.count == records, "seed \(seed)")
      try simulation.resume()
      simulation.roomAgain()
      simulation.run()
      expectSameEnd(simulation, as: calm, seed, "disk full after \(records) records, resumed")
    }
  }

  @Test("a run stopped anywhere can be rolled back, and then nothing of it is left")
  func rollbacks() throws {
    for seed in 0..<150 {
      let calm = try undisturbed(seed)
      var random = SplitMix64(seed: "back \(seed)")
      let moment = Int.random(in: 0..<calm.events, using: &random)
      var simulation = try Simulation(ModelWorld(seed: seed), seed: seed, .init(crashBefore: moment))
      simulation.run()
      if simulation.durable.isEmpty { continue }
      if case .recorded(.rolledBack) = simulation.ending { continue }
      try simulation.resume(.rollback)
      simulation.run()
      check(simulation, seed, "rolled back after event \(moment)")
      #expect(kind(simulation.ending) == .rolledBack, "seed \(seed), event \(moment)")
    }
  }

  @Test("where nobody can tell and nobody answers, the run waits in doubt and guesses nothing")
  func inDoubt() throws {
    var waited = 0
    for seed in 0..<150 {
      var world = try ModelWorld(seed: seed)
      for step in world.natures.indices { world.natures[step].canBeSettled = false }
      let calm = try undisturbed(seed)
      var random = SplitMix64(seed: "doubt \(seed)")
      let moment = Int.random(in: 0..<calm.events, using: &random)
      var simulation = try Simulation(world, seed: seed, .init(crashBefore: moment, nobodyAnswers: true))
      simulation.run()
      try simulation.resume()
      simulation.run()
      check(simulation, seed, "crash before event \(moment)")
      guard case .recorded(.paused(.inDoubt(let steps))) = simulation.ending else { continue }
      waited += 1
      #expect(simulation.state.steps(.inDoubt) == steps, "seed \(seed)")
    }
    #expect(waited >= 20)
  }

  @Test("a failing undo stops no other branch, is named, and is finished by a later rollback")
  func failingUndos() throws {
    var incomplete = 0
    for seed in 0..<200 {
      var world = try ModelWorld(seed: seed)
      var random = SplitMix64(seed: "undo \(seed)")
      let victim = Int.random(in: world.natures.indices, using: &random)
      world.natures[victim].undoFailsForGood = true
      var simulation = try Simulation(world, seed: seed, .init(crashBefore: 30))
      simulation.run()
      if simulation.durable.isEmpty { continue }
      if case .recorded(.rolledBack) = simulation.ending { continue }
      if kind(simulation.ending) != .rollbackIncomplete {
        try simulation.resume(.rollback)
        simulation.run()
      }
      check(simulation, seed, "the undo of s\(victim) fails")
      guard kind(simulation.ending) == .rollbackIncomplete else { continue }
      incomplete += 1
      let name = simulation.world.specification(victim).name
      #expect(simulation.state[name]?.status == .undoFailed, "seed \(seed)")
      expectOnlyBlocked(by: victim, simulation, seed)
      simulation.world.natures[victim].undoFailsForGood = false
      try simulation.resume(.rollback)
      simulation.run()
      check(simulation, seed, "the rollback again")
      #expect(kind(simulation.ending) == .rolledBack, "seed \(seed)")
    }
    #expect(incomplete >= 20)
  }

  /// What is left is the victim and what it rests on.
  private func expectOnlyBlocked(by victim: Int, _ simulation: Simulation, _ seed: Int) {
    var allowed: Set<Int> = [victim]
    for step in stride(from: victim, through: 0, by: -1) where allowed.contains(step) {
      allowed.formUnion(simulation.world.specification(step).needs.compactMap { simulation.world.index($0) })
    }
    #expect(Set(simulation.world.notTakenBack).isSubset(of: allowed), "seed \(seed)")
  }
}
