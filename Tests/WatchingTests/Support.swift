import PlanModel
import Units
@testable import Watching

let noon = Timestamp(milliseconds: 1_795_521_600_000)

extension Timestamp {
  static func after(_ seconds: Int64) -> Timestamp { noon + .seconds(seconds) }
}

extension ProbeTrigger {
  static func failing(_ window: TimeSpan, every: TimeSpan = .seconds(30), places: [SiteName?] = [nil], agreeing: Int = 1, evaluate: TimeSpan? = nil) -> ProbeTrigger {
    ProbeTrigger(probe: "ready", every: every, timeout: .seconds(5), condition: .failing(window), places: places, agreeing: agreeing, evaluate: evaluate)
  }
  static func failures(_ least: Int, of all: Int, places: [SiteName?] = [nil], agreeing: Int = 1) -> ProbeTrigger {
    ProbeTrigger(probe: "ready", every: .seconds(30), timeout: .seconds(5), condition: .failures(atLeast: least, of: all), places: places, agreeing: agreeing)
  }
}

/// A machine in a time of its own: between two inputs it is told of the time that passes as the shell does it.
struct Told {
  var machine: WatchMachine
  var now = noon - .hours(1)
  var events: [(at: Timestamp, event: WatchEvent)] = []
  var starts: [(at: Timestamp, scenario: ScenarioName)] = []

  init(_ scenarios: [WatchedScenario], former: WatchState? = nil) { machine = WatchMachine(scenarios, plan: "p", former: former) }

  mutating func pass(to time: Timestamp) {
    while let look = machine.nextLook(after: now), look <= time {
      now = look
      note(machine.handle(.timePassed, at: now))
    }
    now = max(now, time)
  }

  mutating func say(_ input: WatchInput, at time: Timestamp) {
    pass(to: time)
    note(machine.handle(input, at: time))
  }

  /// One letter an answer, a period apart: `+` works, `-` fails, `?` cannot be asked, ` ` nothing comes. Each answer takes a tenth of a second.
  mutating func answers(_ letters: String, from start: Timestamp, place: SiteName? = nil, every: TimeSpan = .seconds(30)) {
    var asked = start
    for letter in letters {
      let outcome: ProbeAnswer.Outcome? = switch letter { case "+": .works; case "-": .fails("x"); case "?": .notAsked("y"); default: nil }
      if let outcome {
        let answered = asked + .milliseconds(100)
        say(.record(.answer(ProbeAnswer(probe: "ready", place: place, asked: asked, answered: answered, outcome: outcome))), at: answered)
      }
      asked = asked + every
    }
  }

  private mutating func note(_ actions: [WatchAction]) {
    for action in actions {
      switch action {
      case .keep: break
      case .tell(let event): events.append((now, event))
      case .start(let scenario): starts.append((now, scenario))
      }
    }
  }

  /// Seconds after noon at which something was started.
  var startedAt: [Double] { starts.map { Double(($0.at - noon).milliseconds) / 1_000 } }
  var isTriggered: Int { events.count { if case .triggered = $0.event { true } else { false } } }
}
