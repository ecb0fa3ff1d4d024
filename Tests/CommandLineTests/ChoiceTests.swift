import Glibc
import TestSupport
import Testing

/// Choices and modes through the whole binary.
@Suite("Choices and modes") struct ChoiceTests {
  private static let plan = """
    apiVersion: sie-dr/v1
    kind: RecoveryPlan
    metadata: { name: choice }
    scenarios:
      failover:
        detect: { noticedWithin: 5m }
        steps:
          mark: { command.run: { run: [touch, begun], undo: [rm, -f, begun] }, timeout: 10s, estimate: 1s }
          move:
            needs: [mark]
            firstOf:
              quick: { until: 1m, steps: { a: { command.run: { run: [touch, a], undo: [rm, a] }, timeout: 5m, estimate: 30s } } }
              slow: { steps: { b: { command.run: { run: [touch, b], undo: [rm, b] }, timeout: 10m, estimate: 4m } } }
          tell: { command.run: { run: [touch, told], undo: [rm, told] }, needs: [move], timeout: 10s, estimate: 1s }
      tried:
        detect: { noticedWithin: 5m }
        provisional: { for: 30m, then: rollback }
        steps:
          mark: { command.run: { run: [touch, begun], undo: [rm, -f, begun] }, timeout: 10s, estimate: 1s }
      region:
        modes:
          failover: { detect: { noticedWithin: 5m } }
          switchover: { detect: { noticedWithin: 0s } }
        steps:
          quiesce: { command.run: { run: [touch, quiet], undo: [rm, quiet] }, only: switchover, timeout: 10s, estimate: 4s }
          fence: { command.run: { run: [touch, fenced], undo: [rm, fenced] }, only: [failover], timeout: 10s, estimate: 1s }
          promote: { command.run: { run: [touch, promoted], undo: [rm, promoted] }, needs: [quiesce, fence], timeout: 10s, estimate: 1s }

    """

  private func inFolder(_ body: (_ folder: String, _ run: ([String]) async throws -> ProgramResult) async throws -> Void) async throws {
    let folder = try temporaryFolder("choice")
    defer { removeFolder(folder) }
    try writeFile("\(folder)/plan.yaml", Self.plan)
    try await body(folder) { try await StartedProgram([BuiltProgram.sieDR] + $0, in: folder).end() }
  }

  @Test("plan, graph and runbook show every branch, and which one is expected") func shown() async throws {
    try await inFolder { _, run in
      let plan = try await run(["plan", "plan.yaml", "--scenario", "failover"]).output
      #expect(plan.contains("after: mark (move/quick, at first, for 1m at most)") && plan.contains("after: mark (move/slow, else)"), "\(plan)")
      #expect(plan.contains("critical path: mark → a → tell"))
      #expect(plan.contains("4m  estimate, only if the branches before it are given up"))
      let text = try await run(["graph", "plan.yaml", "--scenario", "failover"]).output
      #expect(text.contains("* critical path: mark → a → tell"), "\(text)")
      let dot = try await run(["graph", "plan.yaml", "--scenario", "failover", "--format", "dot"]).output
      #expect(dot.contains("\"a\" -> \"b\" [style=dashed, label=else]") && dot.contains("\"b\" -> \"tell\""), "\(dot)")
      let mermaid = try await run(["graph", "plan.yaml", "--scenario", "failover", "--format", "mermaid"]).output
      #expect(mermaid.contains("s1 -. else .-> s2"), "\(mermaid)")
      let runbook = try await run(["runbook", "plan.yaml"]).output
      #expect(runbook.contains("The first way of `move`, `quick`") && runbook.contains("Another way of `move`, `slow`: only if"), "\(runbook)")
    }
  }

  @Test("the first branch that works is taken, and the others are not begun") func first() async throws {
    try await inFolder { folder, run in
      let result = try await run(["apply", "--yes", "plan.yaml", "--scenario", "failover"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(Set(names(in: folder)).isSuperset(of: ["begun", "a", "told"]) && !names(in: folder).contains("b"))
      #expect(result.output.contains("not-taken"), "\(result.output)")
    }
  }

  private static func plan(quick: String, until: String = "1m", tell: String = "touch, told], undo: [rm, told") -> String {
    plan.replacing("run: [touch, a], undo: [rm, a]", with: quick).replacing("until: 1m", with: "until: \(until)")
      .replacing("touch, told], undo: [rm, told", with: tell)
  }

  @Test("a branch of which a step fails is given up for the next, and a rollback takes back what both did") func failed() async throws {
    try await inFolder { folder, run in
      try writeFile("\(folder)/plan.yaml", Self.plan(quick: #"run: ["false"], undo: [touch, undone-a]"#, tell: "ls, no-such-file], undo: [rm, -f, told"))
      let result = try await run(["apply", "--yes", "plan.yaml", "--scenario", "failover"])
      #expect(result.status == 6, "\(result.errors)")
      let told = result.errors + result.output
      #expect(told.contains("move: `quick` is given up, since `a` failed; `slow` is next"), "\(told)")
      #expect(Set(names(in: folder)).isSuperset(of: ["begun", "b"]))
      let id = try #require(told.split(separator: "sie-dr rollback ").last?.prefix { !$0.isWhitespace })
      let back = try await run(["rollback", String(id)])
      #expect(back.status == 4, "\(back.errors)")
      #expect(Set(names(in: folder)).isDisjoint(with: ["begun", "b"]), "\(names(in: folder))")
    }
  }

  @Test("a branch that is not done at its deadline is stopped, and the next begins when it has") func deadline() async throws {
    try await inFolder { folder, run in
      try writeFile("\(folder)/plan.yaml", Self.plan(quick: #"run: [sleep, "60"], undo: ["true"]"#, until: "1s"))
      let result = try await run(["apply", "--yes", "plan.yaml", "--scenario", "failover"])
      #expect(result.status == 0, "\(result.errors)")
      let told = result.errors + result.output
      #expect(told.contains("move: `quick` is given up, since it was not done after 1s; `slow` is next"), "\(told)")
      #expect(Set(names(in: folder)).isSuperset(of: ["b", "told"]))
    }
  }

  @Test("who takes an output of the choice gets it from the branch that was taken") func outputs() async throws {
    try await inFolder { folder, run in
      try writeFile("\(folder)/plan.yaml", """
        apiVersion: sie-dr/v1
        kind: RecoveryPlan
        metadata: { name: choice }
        scenarios:
          failover:
            detect: { noticedWithin: 5m }
            steps:
              move:
                firstOf:
                  quick: { until: 1m, steps: { a: { command.run: { run: ["false"], undo: ["true"], captureLine: true }, timeout: 10s, estimate: 1s } } }
                  slow: { steps: { b: { command.run: { run: [echo, from-b], undo: ["true"], captureLine: true }, timeout: 10s, estimate: 1s } } }
                gives: line
              keep: { command.run: { run: [sh, -c, 'echo "$LINE" > kept'], env: { LINE: { output: move.line } }, undo: [rm, kept] }, timeout: 10s, estimate: 1s }

        """)
      let result = try await run(["apply", "--yes", "plan.yaml", "--scenario", "failover"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(try readFile("\(folder)/kept") == "from-b\n")
    }
  }

  @Test("plan says what provisional means") func provisional() async throws {
    try await inFolder { _, run in
      let plan = try await run(["plan", "plan.yaml", "--scenario", "tried"]).output
      #expect(plan.contains("! it is provisional for 30m, then rollback: what is written meanwhile is lost by a rollback"), "\(plan)")
    }
  }

  @Test("each mode is a scenario of its own, with its own steps, and is carried out") func modes() async throws {
    try await inFolder { folder, run in
      let lint = try await run(["lint", "plan.yaml"]).output
      #expect(lint.contains("5m until somebody notices + 1s `fence` + 1s `promote`") && lint.contains("4s `quiesce` + 1s `promote`"), "\(lint)")
      #expect(try await run(["graph", "plan.yaml", "--scenario", "region", "--mode", "failover"]).output.contains("critical path: fence → promote"))
      #expect(try await run(["plan", "plan.yaml", "--scenario", "region"]).status == 64)
      let result = try await run(["apply", "--yes", "plan.yaml", "--scenario", "region", "--mode", "switchover"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(Set(names(in: folder)).isSuperset(of: ["quiet", "promoted"]) && !names(in: folder).contains("fenced"))
      #expect(try await run(["apply", "--yes", "plan.yaml", "--scenario", "region/failover"]).status == 0)
      #expect(names(in: folder).contains("fenced"))
      #expect(try await run(["runs", "plan.yaml"]).output.contains("region/failover"))
    }
  }
}
