@testable import Commands
import Diagnostics
import PlanModel
import ProviderInterface
import TestSupport
import Testing
import YAMLReading

/// A whole plan, with one part of it replaced.
func diagnostics(replacing old: String = "", with new: String = "") -> [Diagnostic] {
  read(toldPlan.replacing(old, with: new, maxReplacements: old.isEmpty ? 0 : 1))
}

func read(_ text: String) -> [Diagnostic] {
  let (document, yaml) = readYAML(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)))
  let (plan, reading) = readPlan(document)
  guard let plan else { return (yaml + reading).sorted() }
  return (yaml + reading + typecheck(plan, kinds: Providers.kinds, protection: Providers.protection).diagnostics).sorted()
}

/// With a step that runs a program.
private let toldPlan = samplePlan + """
        tell: { command.run: { run: [tell, everybody], undo: ["true"] }, needs: [restore], timeout: 1m }

  """

@Suite("Reading a plan") struct PlanReadingTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var old, new, finding: String
    var help: String = ""
    var testDescription: String { new }
  }

  static let rows: [Row] = [
    Row(old: "every: 30m", new: "every: 30", finding: "plan.yaml:18:38: error[wrong-value]: `every` of the protection `regular` is `30`"),
    Row(old: "every: 30m", new: "evry: 30m", finding: "plan.yaml:18:31: error[unknown-key]: the protection `regular` has no key `evry`", help: "did you mean `every`?"),
    Row(old: "secret: west-url", new: "secret: wst-url", finding: "plan.yaml:9:43: error[unknown-reference]: there is no secret `wst-url`", help: "did you mean `west-url`"),
    Row(old: "to: [near]", new: "to: [near, far]", finding: "plan.yaml:18:54: error[wrong-value]: the protection `regular` is written to 2 stores at once", help: "write `to: [near]` and `copy: [far]`"),
    Row(old: "to: [near]", new: "to: []", finding: "plan.yaml:18:47: error[wrong-value]: `to` of the protection `regular` is empty", help: "write `to: [STORE]`"),
    Row(old: "run: [tell, everybody]", new: "run: tell everybody", finding: "plan.yaml:29:35: error[wrong-type]: `run` of `command.run` of the step `tell` is text, not an argument list"),
    Row(old: "postgresql.restore: {", new: "postgres.restore: {", finding: "plan.yaml:24:18: error[unknown-step-kind]: there is no step kind `postgres.restore`", help: "did you mean `postgresql.restore`?"),
    Row(old: "needs: [restore]", new: "needs: [restor]", finding: "plan.yaml:27:17: error[unknown-reference]: there is no step `restor`", help: "did you mean `restore`?"),
    Row(old: "name: sample", new: "name: Sample Plan", finding: "plan.yaml:3:19: error[wrong-name]: the plan's name `Sample Plan` is not a name"),
    Row(old: "sie-dr/v1", new: "sie-dr/v2", finding: "plan.yaml:1:13: error[unknown-api-version]: this sie-dr reads `sie-dr/v1`, not of `sie-dr/v2`"),
    Row(old: "timeout: 90m", new: "timeout: 0s", finding: "plan.yaml:24:82: error[wrong-value]: `timeout` of the step `restore` is `0s`"),
    Row(old: "undo: [\"true\"] }", new: "undo: [\"true\"], env: { URL: { output: restore.link } } }", finding: "plan.yaml:29:92: error[unknown-reference]: the step `restore` gives no output `link`", help: "`postgresql.restore` gives `database`, `point`, `url`"),
    Row(old: "undo: [\"true\"] }", new: "env: { URL: { secret: west-url, output: restore.url } } }", finding: "plan.yaml:29:86: error[too-many-keys]: `URL` of `env` of `command.run` of the step `tell` has both `secret` and `output`"),
    Row(old: "undo: [\"true\"] }", new: "undo: [\"true\"] }, undo: { command.run: { run: [x], env: { A: { output: restor.url } } } }", finding: "plan.yaml:29:125: error[unknown-reference]: there is no step `restor`", help: "did you mean `restore`?"),
    Row(old: "undo: [\"true\"] }", new: "undo: [\"true\"] }, undo: { command.run: { run: [x], env: { A: { output: restore.link } } } }", finding: "plan.yaml:29:125: error[unknown-reference]: the step `restore` gives no output `link`"),
    Row(old: "on: [pg-east]", new: "on: [pg-east]\n    home: pg-west", finding: "plan.yaml:16:11: error[wrong-value]: the home of `orders`, `pg-west`, is not one of the servers where it can live", help: "add `pg-west` to `on`"),
    Row(old: "      tell:", new: "      rollback-before:", finding: "plan.yaml:29:7: error[wrong-name]: no step can be called `rollback-before`", help: "call it something else"),
    Row(old: "    steps:", new: "    rollback: { after: { operator.confirm: { ask: sure }, needs: [restore], undo: { command.run: { run: [x] } } } }\n    steps:", finding: "plan.yaml:23:59: error[unknown-key]: the step under `after` has no key `needs`", help: "remove `needs`"),
    Row(old: "    steps:", new: "    rollback: { after: { operator.confirm: { ask: sure }, irreversible: so } }\n    steps:", finding: "plan.yaml:23:59: error[unknown-key]: the step under `after` has no key `irreversible`", help: "remove `irreversible`"),
    Row(old: "{ env: EAST_URL }", new: "{ value: sesame }", finding: "plan.yaml:6:31: error[secret-literal]: the secret `east-url` is written into the plan"),
  ]

  @Test("names what is wrong, where, and what to write", arguments: rows) func column(_ row: Row) {
    let found = diagnostics(replacing: row.old, with: row.new)
    #expect(found.map(oneLine).contains(row.finding), "\(found.map(oneLine))")
    if !row.help.isEmpty {
      let helps: [String] = found.reduce(into: []) { $0 += $1.helps }
      #expect(helps.contains { $0.contains(row.help) }, "\(helps)")
     }
  }

  @Test("tells two protections whose steps would have the same name") func sameNames() {
    let second = "orders-regular: { on: [pg-west], protect: { east: { logical: {}, every: 1h, to: [near], timeout: 1m } } }"
    let third = "      regular-east: { logical: {}, every: 1h, to: [near], timeout: 1m }"
    let found = diagnostics(replacing: "scenarios:\n", with: "\(third)\n  \(second)\nscenarios:\n")
    #expect(found.map(oneLine) == ["plan.yaml:20:47: error[wrong-name]: the protection `east` of `orders-regular` has steps of the same names as `regular-east` of `orders`"])
  }

  @Test("an answer that is expected is no reference to an output") func expectedAnswer() {
    let check = "check: { http.check: { url: \"http://localhost/\", expect: { json: { output: a.b } } }, timeout: 1m }"
    #expect(diagnostics(replacing: "      tell:", with: "      \(check)\n      tell:") == [])
  }

  @Test("finds nothing wrong with a good one") func good() { #expect(diagnostics() == []) }

  @Test("shows everything at once") func everything() {
    let text = toldPlan.replacing("every: 30m", with: "every: soon").replacing("site: west", with: "site: wst").replacing("timeout: 90m", with: "retries: many")
    #expect(read(text).map(\.code) == ["unknown-reference", "unknown-reference", "wrong-value", "wrong-value"])
  }

  @Test("neither an empty file nor one without a mapping crashes it", arguments: ["", "# nothing\n", "[]\n", "text\n", "{}\n"]) func empty(_ text: String) {
    #expect(read(text).contains { $0.severity == .error })
  }
}

@Suite("A plan that is damaged") struct DamagedPlanTests {
  @Test("never crashes the reader, wherever a line is dropped, doubled, cut or put elsewhere", arguments: 0..<400) func mutations(_ seed: Int) {
    var random = SeededNumbers(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
    var lines = toldPlan.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let at = Int.random(in: lines.indices, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: lines.remove(at: at)
      case 1: lines.insert(lines[at], at: at)
      case 2: lines.swapAt(at, Int.random(in: lines.indices, using: &random))
      case 3: lines[at] = String(lines[at].prefix(Int.random(in: 0...lines[at].count, using: &random)))
      case 4: lines[at] = lines[at].replacing(":", with: ["", ": [", ": {}", ": null", ": 7", ": &a", ": *a"].randomElement(using: &random) ?? "", maxReplacements: 1)
      default: lines[at] = "  " + lines[at]
      }
      if lines.isEmpty { lines = [""] }
    }
    let text = lines.joined(separator: "\n")
    let found = read(text)
    #expect(found == read(text))
    #expect(found.allSatisfy { !$0.summary.isEmpty })
  }
}

struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
