import Objectives
import PlanModel
import ProviderInterface
import Scheduling
import Testing
import Units

@Suite("The time that recovery takes") struct RecoveryTimeTests {
  private let fork = """
    a: { command.run: { run: [a], undo: ["true"] }, timeout: 10m, estimate: 4m }
          b: { command.run: { run: [b], undo: ["true"] }, timeout: 20m, retries: 1, needs: [a] }
          c: { command.run: { run: [c], undo: ["true"] }, timeout: 30m, estimate: 5m, needs: [a] }
          d: { command.run: { run: [d], undo: ["true"] }, timeout: 10m, estimate: 1m, needs: [b, c] }
    """

  @Test("counts detection, decision and the critical path; a step without an estimate counts with its time-outs") func path() throws {
    var shape = PlanShape()
    shape.detect = "detect: { probe: ready, failing: 5m }\n    decide: 10m"
    shape.steps = fork
    let recovery = try #require(try shape.assess().recovery)
    #expect(recovery.timeline.criticalPath.map { recovery.network.steps[$0].name.rawValue } == ["a", "b", "d"])
    #expect(recovery.expected.sum == "15s until the next probe + 5s its time-out + 5m failing + 10m decision + 4m `a` + 40m 1s `b` + 1m `d`")
    #expect(recovery.expected.total == TimeSpan("1h21s"))
  }

  @Test("is guaranteed by the longest path, or by Graham's bound where the width can make a step wait") func guarantee() throws {
    var shape = PlanShape()
    shape.detect = "detect: { noticedWithin: 0s }"
    shape.steps = fork
    let wide = try #require(try shape.assess(width: 4).recovery)
    #expect(wide.bounds.basis == .longestPath)
    #expect(wide.guaranteed == TimeSpan("1h1s"))
    let narrow = try #require(try shape.assess(width: 1).recovery)
    #expect(narrow.bounds.basis == .width)
    #expect(narrow.guaranteed == TimeSpan("1h30m1s"))
    #expect(narrow.expected.total == TimeSpan("50m1s"))
  }

  @Test("counts what steps share: they wait for it, the end says for whom, and the guarantee is all of them in a row") func limits() throws {
    var shape = PlanShape()
    shape.detect = "detect: { noticedWithin: 0s }"
    shape.limits = "{ wan: 300MB/s }"
    shape.steps = """
      a: { command.run: { run: [a], undo: ["true"] }, timeout: 10m, estimate: 4m, uses: { wan: 200MB/s } }
            b: { command.run: { run: [b], undo: ["true"] }, timeout: 10m, estimate: 3m, uses: { wan: 150MB/s } }
            c: { command.run: { run: [c], undo: ["true"] }, timeout: 30m, estimate: 2m, uses: { wan: 100MB/s } }
      """
    let scenario = try shape.assess(width: 4)
    let recovery = try #require(scenario.recovery)
    #expect(recovery.timeline.entries.map(\.start) == [.zero, .minutes(4), .zero])
    #expect(recovery.timeline.entries[1].reason == .resource(0, after: 0))
    #expect(recovery.bounds.basis == .sharedResources && recovery.guaranteed == .minutes(50) && recovery.expected.total == .minutes(7))
    #expect(scenario.counterexample(target: .minutes(5))?.lines.contains { $0.contains("`b` ends after 3m, having waited for `wan`, which `a` used") } == true)
    // Enough for all of them at once.
    shape.limits = "{ wan: 600MB/s }"
    let enough = try #require(try shape.assess(width: 4).recovery)
    #expect(enough.bounds.basis == .longestPath && enough.guaranteed == .minutes(30) && enough.expected.total == .minutes(4))
  }

  @Test("shows a circle as a path and computes nothing from it") func cycle() throws {
    var shape = PlanShape()
    shape.steps = """
      a: { command.run: { run: [a], undo: ["true"] }, timeout: 1m, needs: [b] }
            b: { command.run: { run: [b], undo: ["true"] }, timeout: 1m, needs: [a] }
      """
    let scenario = try shape.assess()
    #expect(scenario.recovery == nil)
    #expect(scenario.cycle?.path == [0, 1, 0])
  }
}

@Suite("What survives a disaster") struct SurvivalTests {
  @Test("takes a lost site's servers, stores and secrets along") func sites() throws {
    let survival = try PlanShape().assess().survival
    #expect(survival.servers == ["pg-east"])
    #expect(survival.stores == ["near"])
    #expect(survival.secrets == [])
    var shape = PlanShape()
    shape.loses = "loses: { sites: [west], stores: [near], secrets: [east-url] }"
    let other = try shape.assess().survival
    #expect(other.servers == ["pg-west"])
    #expect(other.stores == ["far", "near"])
    #expect(other.secrets == ["west-url", "east-url"])
  }
}

@Suite("The time until a disaster is noticed") struct DetectionTests {
  private func before(_ detect: String) throws -> String {
    var shape = PlanShape()
    shape.detect = "detect: \(detect)"
    return Figure(try #require(try shape.assess().recovery).beforeRun).sum
  }

  @Test("is that of the m-th failure among n, of an alert, or of a window, and what its evaluation adds", arguments: [
    ("{ probe: ready, failures: { atLeast: 9, of: 10 } }", "15s until the next probe + 5s its time-out + 2m until 9 of 10 have failed"),
    ("{ probe: ready, failures: { atLeast: 1, of: 1 }, evaluate: 30s }", "15s until the next probe + 5s its time-out + 30s until the rule is evaluated"),
    ("{ probe: ready, failing: 5m, evaluate: 30s, from: [east, west], agreeing: 2 }", "15s until the next probe + 5s its time-out + 5m failing + 30s until the rule is evaluated"),
    ("{ alert: SIEDatabaseSlow, within: 6m }", "6m until the alert `SIEDatabaseSlow`"),
  ]) func terms(_ detect: String, _ sum: String) throws { #expect(try before(detect) == sum) }

  @Test("is told by a counterexample") func story() throws {
    var shape = PlanShape()
    shape.detect = "detect: { probe: ready, failures: { atLeast: 9, of: 10 } }"
    let told = try #require(try shape.assess().counterexample(target: .minutes(1)))
    #expect(told.lines.contains { $0.hasSuffix("20s  the probe `ready` fails for the first time, having succeeded just before the disaster") }, "\(told.lines)")
    #expect(told.lines.contains { $0.hasSuffix("2m20s  9 of 10 have failed: noticed") }, "\(told.lines)")
  }
}
