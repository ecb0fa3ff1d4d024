internal import ExecutionShell
internal import PlanModel
internal import Units
internal import Watching

/// Asks each probe once a period, whether the last answer has come or not: what `lint` computes rests on it.
struct Probers {
  let asking: ProbeAsking
  let place: SiteName?
  let clock: SystemRunClock
  let tell: @Sendable (ProbeAnswer) -> Void
  /// Of one probe. Reached only where an answer may take as many periods.
  private static let mostAtOnce = 64

  init(_ asking: ProbeAsking, from place: SiteName?, _ clock: SystemRunClock, tell: @escaping @Sendable (ProbeAnswer) -> Void) {
    self.asking = asking; self.place = place; self.clock = clock; self.tell = tell
  }

  /// Until the task is cancelled.
  func run(_ probes: [Probe]) async {
    await withTaskGroup { group in
      for probe in probes { group.addTask { await run(probe) } }
    }
  }

  private func run(_ probe: Probe) async {
    let clock = clock
    await withTaskGroup(of: Void.self) { group in
      var atWork = 0
      var next = clock.now()
      while !Task.isCancelled {
        // Those that have ended are let go of, and where too many have not, one of them is waited for.
        if atWork >= Self.mostAtOnce { _ = await group.next(); atWork -= 1 }
        group.addTask {
          let asked = clock.now()
          let outcome = await asking.ask(probe)
          guard !Task.isCancelled else { return }
          tell(ProbeAnswer(probe: probe.name.value, place: place, asked: asked, answered: clock.now(), outcome: outcome))
        }
        atWork += 1
        let now = clock.now()
        next = next + probe.every
        // After a sleep of the machine the missed ones are left out.
        if next < now { next = now }
        guard (try? await clock.sleep(until: next)) != nil else { break }
      }
      group.cancelAll()
    }
  }
}
