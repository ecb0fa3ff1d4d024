import ChangePlanning
import ExecutionCore
import Journaling
import PlanModel
import ProviderInterface
import Scheduling
import TestSupport
import Testing
import Units

/// Gates and trials against the real core, with people who are late, lost, doubled and forged.
@Suite("Simulation of approvals and trials") struct ApprovalSimulationTests {
  /// Runs to the end, over pauses and crashes: whoever resumes asks again.
  private func toTheEnd(_ simulation: inout Simulation, crashes: Int = 0, _ random: inout SplitMix64) throws {
    var crashes = crashes
    for _ in 0..<20 {
      simulation.run()
      switch simulation.ending {
      case .recorded(.done), .recorded(.rolledBack): return
      case .recorded(.paused(.unapproved)), .recorded(.interrupted), nil: try simulation.resume()
      default: Issue.record("ended as \(String(describing: simulation.ending))"); return
      }
      if simulation.ending != nil { return }
      if crashes > 0 { crashes -= 1; simulation.crash(afterEvents: Int.random(in: 0..<12, using: &random)) }
    }
    Issue.record("no end")
  }

  /// From the journal alone, with none of the core's own help: who had signed when each thing began.
  private func check(_ simulation: Simulation, _ place: Comment) {
    #expect(simulation.violations == [], place)
    let changeset = simulation.world.changeset
    var signed: [Gate: [(name: String, key: String, at: Timestamp, breaksGlass: Bool)]] = [:]
    var since: [Gate: Timestamp] = [:]
    var open: Set<Gate> = []
    for entry in simulation.durable {
      switch entry.event {
      case .awaited(let gate): since[gate] = entry.at
      case .said(let said):
        guard case .approve(let approval) = said.word.order else { continue }
        let statement = approval.statement
        #expect(statement.digest == changeset.digest && statement.name != "mallory" && said.key == "key of \(statement.name)", place)
        signed[statement.gate, default: []].append((statement.name, said.key ?? "", statement.at, statement.breaksGlass))
      case .gateOpened(let opened):
        guard let rule = changeset.approvals.first(where: { $0.step == opened.gate.step })?.rule else { Issue.record("no gate, \(place)"); continue }
        let counted = (signed[opened.gate] ?? []).filter { $0.breaksGlass == opened.glassBroken && entry.at - $0.at <= .hours(1) }
        #expect(Set(counted.map(\.name)).isSuperset(of: opened.by) && Set(opened.by).count == opened.by.count, place)
        if opened.glassBroken {
          #expect(opened.by == ["on-call"] && rule.breakGlass != nil && since[opened.gate].map { entry.at - $0 >= rule.within } == true, place)
        } else {
          #expect(opened.by.count >= rule.atLeast && Set(counted.map(\.key)).count >= rule.atLeast, place)
        }
        open.insert(opened.gate)
      case .intent(let job) where job.activity == .perform:
        #expect(changeset.approval == nil || open.contains(.beginning), "began before it was approved, \(place)")
        #expect(changeset[job.step]?.specification.approval == nil || open.contains(Gate(step: job.step)), "\(job.step) began before it was approved, \(place)")
      default: continue
      }
    }
    let world = simulation.world
    let wanted: RunResult = changeset.provisional?.ending == .rollback && !world.people.commits ? .rolledBack : .done
    #expect(simulation.ending == .recorded(wanted), place)
    if wanted == .done {
      for step in changeset.steps.indices where changeset.steps[step].change.action != .none { #expect(world.applied.contains(step), "s\(step) is missing: \(place)") }
      #expect((simulation.state.commitment != nil) == (changeset.provisional != nil), place)
    } else {
      #expect(world.notTakenBack == [], place)
    }
  }

  @Test("whoever is late, lost, doubled or forged, nothing begins before enough people have signed") func calm() throws {
    var (paused, broken, tried) = (0, 0, 0)
    for seed in 0..<300 {
      var random = SplitMix64(seed: "calm \(seed)")
      var simulation = try Simulation(ModelWorld(gates: seed), seed: seed)
      try toTheEnd(&simulation, &random)
      check(simulation, "seed \(seed)")
      let bytes = try simulation.bytes()
      let replayed = try RunState(replaying: JournalText(bytes).records)
      #expect(replayed.gates.mapValues(\.opened) == simulation.state.gates.mapValues(\.opened), "seed \(seed)")
      for entry in simulation.durable {
        if case .paused(.unapproved) = entry.event { paused += 1 }
        if case .gateOpened(let opened) = entry.event, opened.glassBroken { broken += 1 }
        if case .trialBegan = entry.event { tried += 1 }
      }
    }
    // The worlds are of all sorts, or the test says nothing.
    #expect(paused >= 20 && broken >= 10 && tried >= 20, "\(paused) \(broken) \(tried)")
  }

  @Test("a crash before any event resumes to the same end, and no word is lost or heard twice") func crashes() throws {
    for seed in 0..<60 {
      var random = SplitMix64(seed: "crash of gates \(seed)")
      var calm = try Simulation(ModelWorld(gates: seed), seed: seed)
      calm.run()
      let moments = seed < 15 ? Array(0..<calm.events) : (0..<5).map { _ in Int.random(in: 0..<calm.events, using: &random) }
      for moment in moments {
        var simulation = try Simulation(ModelWorld(gates: seed), seed: seed, .init(crashBefore: moment))
        try toTheEnd(&simulation, crashes: 3, &random)
        check(simulation, "seed \(seed), crash before event \(moment)")
        let heard = simulation.durable.compactMap { entry -> String? in
          switch entry.event {
          case .said(let said): said.word.id
          case .wordRefused(let refused): refused.word.id
          default: nil
          }
        }
        #expect(Set(heard).count == heard.count, "seed \(seed), crash before event \(moment)")
      }
    }
  }

  @Test("interrupted anywhere, it is resumed to the same end") func interrupts() throws {
    for seed in 0..<100 {
      var random = SplitMix64(seed: "interrupt of gates \(seed)")
      var calm = try Simulation(ModelWorld(gates: seed), seed: seed)
      calm.run()
      let moment = Int.random(in: 0..<calm.events, using: &random)
      var simulation = try Simulation(ModelWorld(gates: seed), seed: seed, .init(interruptsBefore: [moment]))
      try toTheEnd(&simulation, &random)
      check(simulation, "seed \(seed), interrupted before event \(moment)")
    }
  }
}
