import Objectives
import Testing
import Units

@Suite("How a target is missed") struct CounterexampleTests {
  private func loss(_ shape: PlanShape) throws -> [String]? { try shape.assess().classes.first?.counterexample?.lines }

  @Test("is told for missed runs, a late start and a run of other data") func missed() throws {
    var shape = PlanShape()
    shape.protection = ", jitter: 5m, misses: 1"
    shape.more = """
        invoices:
          on: [pg-west]
          estimate: { dump: 20m }
          protect:
            daily: { logical: {}, every: 1d, to: [far], timeout: 1h }
      """
    #expect(try loss(shape) == [
      "-1h39m  a run of `regular` starts; its point holds everything up to here",
      "-1h30m  dump ends",
      "-1h27m  the point is complete in `near`",
      "-1h25m  the point is complete in `far`",
      " -1h9m  the next run is missed, as the plan allows for",
      "  -39m  a run of `invoices` `daily` has just started; the next run of `regular` is due and waits for it",
      "  -19m  that run ends",
      "  -14m  the next run of `regular` starts, 5m late; its point would hold everything up to here",
      "   -5m  dump ends",
      "   -2m  its point is complete in `near`",
      "    0s  the disaster, an instant before that point is usable from `far`",
      "    0s  restored from `far`: the point of 1h 39m ago; 39m more is lost than the target allows",
    ])
  }

  @Test("is told for a corruption that is noticed late") func corruption() throws {
    var shape = PlanShape()
    shape.loses = "corrupts: { data: [orders], noticedWithin: 6h }"
    #expect(try loss(shape)?.suffix(3) == [
      "   -6h  the data is corrupted, an instant before the next run starts: its point is of no use",
      "    0s  the corruption is noticed",
      "    0s  restored from `near`: the point of 6h 30m ago; 5h 30m more is lost than the target allows",
    ])
  }

  @Test("is not told where the target is met, nor where nothing limits the loss") func none() throws {
    var shape = PlanShape()
    #expect(try loss(shape) == nil)
    shape.copy = "[]"
    #expect(try loss(shape) == nil)
  }

  @Test("is told for a recovery, from the probe to the last step on the critical path") func recovery() throws {
    var shape = PlanShape()
    shape.detect = "detect: { probe: ready, failing: 5m }\n    decide: 10m"
    shape.steps = """
      a: { command.run: { run: [a], undo: ["true"] }, timeout: 10m, estimate: 4m }
            b: { command.run: { run: [b], undo: ["true"] }, timeout: 20m, retries: 1, needs: [a] }
            c: { command.run: { run: [c], undo: ["true"] }, timeout: 30m, estimate: 50m }
      """
    #expect(try shape.assess(width: 1).counterexample(target: .hours(1))?.lines == [
      "      0s  the disaster",
      "     20s  the probe `ready` fails for the first time, having succeeded just before the disaster",
      "   5m20s  it has been failing for 5m: noticed",
      "  15m20s  it is decided to recover",
      "      1h  the target has passed",
      " 1h5m20s  `c` ends after 50m",
      " 1h9m20s  `a` ends after 4m, having waited for `c`",
      "1h49m21s  `b` ends after 40m 1s",
      "1h49m21s  the service is back, 49m 21s too late",
    ])
  }
}
