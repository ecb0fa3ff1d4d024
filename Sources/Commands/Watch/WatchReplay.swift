internal import PlanModel
internal import ProviderInterface
internal import Units
internal import Watching

/// What the plan's triggers make of a recorded log. Touches nothing.
struct WatchReplay {
  private let planFile: String
  private let scenarios: [WatchedScenario]
  private let plan: String

  init(_ loaded: LoadedPlan, here: SiteName?, planFile: String) {
    self.planFile = planFile
    scenarios = WatchedScenario.all(in: loaded.plan, here: here)
    plan = loaded.plan.metadata.name
  }

  func run(_ path: String, _ console: Console) throws(CommandFailure) -> ExitStatus {
    let records = try WatchFiles.records(path)
    var machine = WatchMachine(scenarios, plan: plan)
    var triggered = 0
    func show(_ actions: [WatchAction], _ now: Timestamp) {
      for action in actions {
        switch action {
        case .keep: break
        case .tell(let event):
          if case .triggered = event { triggered += 1 }
          console.write("\(now)  \(event.text(planFile: planFile))\n")
        case .start(let scenario):
          console.write("\(now)  \(scenario): would be started\n")
          // As if it had been done at once: how long it takes is no matter of the log.
          _ = machine.handle(.runEnded(scenario, RunID(rawValue: "replay"), "is done"), at: now)
        }
      }
    }
    var now = records.first?.at ?? Timestamp(milliseconds: 0)
    for record in records {
      while let look = machine.nextLook(after: now), look < record.at {
        now = look
        show(machine.handle(.timePassed, at: now), now)
      }
      now = max(now, record.at)
      show(machine.handle(.record(record), at: now), now)
    }
    console.write("\(records.count) records, \(triggered == 1 ? "1 scenario" : "\(triggered) scenarios") triggered\n")
    return .done
  }
}
