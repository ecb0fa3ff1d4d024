@testable import Commands
import Diagnostics
import Glibc
import PlanLinting
import PlanModel
import Scheduling
import TestSupport
import Testing
import YAMLReading

/// Plans that somebody has half edited: real ones with parts removed, doubled, moved and replaced. `scripts/fuzz` tries more of them.
struct FuzzTests {
  private static func number(_ name: String, _ otherwise: Int) -> Int { getenv(name).flatMap { Int(String(cString: $0)) } ?? otherwise }
  private static let count = number("SIE_DR_FUZZ", 400)
  private static let seed = number("SIE_DR_FUZZ_SEED", 1)

  @Test("whatever is done to a plan, lint says what is wrong, at a place that is there, and the same twice")
  func mutations() throws {
    let plans = try Repository.plans() + [("examples/sie-as-written.yaml", readFile(Repository.root + "examples/sie-as-written.yaml"))]
    let began = ContinuousClock.now
    var bytes = 0
    for round in 0..<Self.count {
      var random = SplitMix64(seed: "fuzz \(Self.seed) \(round)")
      guard let plan = plans.randomElement(using: &random) else { continue }
      var lines = plan.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      for _ in 0..<Int.random(in: 1...5, using: &random) { Self.mutate(&lines, using: &random) }
      let text = lines.joined(separator: "\n")
      bytes += text.utf8.count
      let (first, second) = (linted(text), linted(text))
      #expect(first.diagnostics == second.diagnostics, "round \(round)")
      // Every environment that is still there, whole or not.
      for name in first.environments {
        let other = Self.lintedIn(name, text)
        #expect(other.diagnostics == Self.lintedIn(name, text).diagnostics, "round \(round), \(name)")
      }
      for found in first.diagnostics {
        let isThere = found.span.map { $0.start.line >= 1 && $0.start.line <= lines.count + 1 && $0.start <= $0.end } ?? true
        #expect(isThere && !found.summary.isEmpty, "round \(round): \(found)")
      }
    }
    guard getenv("SIE_DR_FUZZ") != nil else { return }
    let seconds = Double((ContinuousClock.now - began).components.seconds) + 1
    print("seed \(Self.seed): \(Self.count) plans, each twice, \(bytes) bytes, \(Int(Double(2 * Self.count) / seconds)) a second")
  }

  private static func lintedIn(_ environment: String, _ text: String) -> LintResult {
    lint(
      SourceFile(path: "plan.yaml", bytes: Array(text.utf8)), kinds: Providers.kinds, protection: Providers.protection,
      composing: PlanComposition(environment: environment, variables: [readOverride(SourceFile(path: "--var", bytes: Array("size=1GB".utf8)))?.override].compactMap(\.self)))
  }

  private static let values = [
    "", "~", "0", "-1", "no", "1:30", "0777", "999999999999d", "0s", "1ms", "5m", "[]", "{}", "[a, a]", "{ a: { b: [ { c: d } ] } }", "*x", "&x y", "!!binary x", "\"\\u0000\"", "'", "|", "- x",
    "{ secret: nowhere }", "{ output: verify.x }", "forever", "http://x:y@z", "${var.size}", "\"${var.zone}-${var.every}\"", "\"$${var.x}${var.\"", "\"${var.zone}${var.zone}${var.backups}\"", "null", "{ every: 1d }", String(repeating: "x", count: 2_000),
  ]

  private static func mutate(_ lines: inout [String], using random: inout SplitMix64) {
    guard lines.count > 2 else { return }
    let at = Int.random(in: lines.indices, using: &random)
    let indent = lines[at].prefix { $0 == " " }.count
    let block = at..<(lines[(at + 1)...].firstIndex { !$0.isEmpty && $0.prefix { $0 == " " }.count <= indent } ?? lines.count)
    switch Int.random(in: 0..<9, using: &random) {
    case 0: lines.removeSubrange(block)
    case 1: lines.insert(contentsOf: lines[block], at: Int.random(in: 0...lines.count, using: &random))
    case 2: lines.remove(at: at)
    case 3: lines.swapAt(at, Int.random(in: lines.indices, using: &random))
    case 4: lines[at] = String(repeating: " ", count: Int.random(in: 0...3, using: &random)) + lines[at]
    case 5: lines[at] = String(lines[at].dropFirst(Int.random(in: 1...3, using: &random)))
    case 6:
      // Another name or value of the same plan.
      let words = lines.flatMap { $0.split { " :,{}[]\"".contains($0) } }
      guard let old = lines[at].split(whereSeparator: { " :,{}[]\"".contains($0) }).randomElement(using: &random), let new = words.randomElement(using: &random) else { return }
      lines[at] = lines[at].replacing(old, with: new, maxReplacements: 1)
    default:
      guard let colon = lines[at].firstRange(of: ": ") else { return }
      lines[at] = lines[at][..<colon.upperBound] + (values.randomElement(using: &random) ?? "")
    }
  }
}
