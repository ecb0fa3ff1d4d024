import Objectives
import PlanModel
import Testing
import Units

@Suite("Choices among branches") struct BranchTests {
  private func shape(until: String = "until: 10m", promote: String = "2m") -> PlanShape {
    var shape = PlanShape()
    shape.on = "[pg-east, pg-west]"
    shape.protect = """
      regular: { logical: {}, every: 30m, to: [near], copy: [far], timeout: 20m }
            standby: { replica: { server: pg-west, maxLag: 30s } }
      """
    shape.loses = "loses: { servers: [pg-east] }"
    shape.steps = """
      fence: { command.run: { run: [fence], undo: [open] }, timeout: 5m, estimate: 1m }
            recover:
              needs: [fence]
              firstOf:
                replica: { \(until), steps: { promote: { postgresql.promote: { server: pg-west, data: orders }, timeout: 30m, estimate: \(promote), irreversible: Forks. } } }
                backup: { steps: { restore: { postgresql.restore: { data: orders, server: pg-west }, timeout: 90m } } }
              gives: url
            tell: { command.run: { run: [tell], undo: ["true"], env: { URL: { output: recover.url } } }, timeout: 2m, estimate: 30s }
      """
    return shape
  }

  @Test("take the first branch as expected, and are guaranteed by the last after the deadlines of the others") func time() throws {
    let recovery = try #require(try shape().assess().recovery)
    #expect(recovery.expected.sum == "10m until somebody notices + 1m `fence` + 2m `promote` + 30s `tell`")
    #expect(recovery.guaranteed == .minutes(10 + 5 + 10 + 90 + 2))
    #expect(recovery.fallback?.sum == "10m until somebody notices + 1m `fence` + 10m `promote`, given up + 1h `restore` + 30s `tell`")
  }

  @Test("give a branch up whose estimates exceed its deadline") func slow() throws {
    let recovery = try #require(try shape(promote: "12m").assess().recovery)
    #expect(recovery.expected == recovery.fallback)
    #expect(recovery.expected.total == TimeSpan("1h21m30s"))
  }

  @Test("lose what the worst branch loses that may be taken, and say what is expected") func loss() throws {
    let data = try #require(try shape().assess().classes.first)
    #expect(data.loss.figure?.sum == "30m interval + 9m dump + 3m upload")
    #expect(data.branches.map(\.branch) == ["replica", "backup"])
    #expect(data.branches.filter(\.isExpected).map(\.candidate.figure.total) == [.seconds(30)])
  }

  @Test("skip a branch that needs what is lost") func lost() throws {
    var lost = shape()
    lost.loses = "loses: { servers: [pg-east], stores: [near, far] }"
    let scenario = try lost.assess()
    #expect(scenario.classes.first?.loss.figure?.total == .seconds(30))
    // Nothing is left to give the first branch up for.
    #expect(scenario.recovery?.guaranteed == .minutes(10 + 5 + 30 + 2))
  }

  @Test("are named by whoever waits for them, and give what each of their branches gives") func names() throws {
    func refused(_ old: String, _ new: String) -> String {
      var changed = shape()
      changed.steps = changed.steps.replacing(old, with: new)
      do { _ = try changed.assess(); return "" } catch { return "\(error)" }
    }
    #expect(refused("recover.url", "promote.url").contains("done only in the branch `replica` of `recover`"))
    #expect(refused("gives: url", "gives: position").contains("no step of the branch `backup` of `recover` gives the output `position`"))
    #expect(refused("recover.url", "recover.position").contains("the choice `recover` gives no output `position`"))
    #expect(refused("restore: {", "promote: {").contains("two steps of the scenario are called `promote`"))
  }
}
