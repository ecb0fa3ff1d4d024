import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanLinting
@testable import Reporting
import TestSupport
import Testing
import Units

/// What a change of the sample plan does to its objectives.
@Suite("Comparisons of plans") struct ComparisonTests {
  static let former = FormatTests.linted("base/plan.yaml", samplePlan)

  static func comparison(_ changes: (old: String, new: String)...) -> (now: LintedFile, comparison: PlanComparison) {
    let text = changes.reduce(samplePlan) { text, change in
      #expect(text.contains(change.old))
      return text.replacing(change.old, with: change.new)
    }
    let now = FormatTests.linted("plan.yaml", text)
    return (now, PlanComparison(now, since: former))
  }

  private func change(_ comparison: PlanComparison, _ objective: String) throws -> ObjectiveChange {
    try #require(comparison.objectives.first { $0.objective == objective })
  }

  @Test("a longer interval is worse and names the term that moved") func worse() throws {
    let change = try change(Self.comparison((old: "every: 30m", new: "every: 2h")).comparison, "rpo")
    #expect(change.verdict == .worse && change.becameBreached)
    #expect(change.terms == [.init(name: "interval", before: .minutes(30), after: .hours(2))])
    #expect(change.before?.computed == .minutes(41) && change.after?.computed == TimeSpan("2h11m"))
  }

  @Test("a shorter one is better, and one objective can get better while another gets worse") func both() throws {
    let comparison = Self.comparison((old: "every: 30m", new: "every: 20m"), (old: "restore: 1h", new: "restore: 5h")).comparison
    #expect(comparison.objectives.map(\.verdict) == [.worse, .better])
    #expect(try change(comparison, "rpo").terms == [.init(name: "interval", before: .minutes(30), after: .minutes(20))])
    #expect(try change(comparison, "rto").terms.map(\.name) == ["`restore`"])
    #expect(comparison.objectives.first?.becameBreached == true)
  }

  @Test("verdicts where the figure stays", arguments: [
    ("rpo: 1h", "rpo: 50m", ObjectiveChange.Verdict.stricter), ("rpo: 1h", "rpo: 2h", .looser), ("estimate: { dump: 9m, copy: 2m", "estimate: { dump: 8m, copy: 3m", .moved),
    ("metadata: { name: sample }", "metadata: { name: other }", .unchanged),
  ]) func same(_ old: String, _ new: String, _ verdict: ObjectiveChange.Verdict) throws {
    #expect(try change(Self.comparison((old, new)).comparison, "rpo").verdict == verdict)
  }

  @Test("a class that loses its last copy becomes unbounded, a mended one is met again") func unbounded() throws {
    let (lost, comparison) = Self.comparison((old: "to: [near], copy: [far]", new: "to: [near]"))
    let change = try change(comparison, "rpo")
    #expect(change.verdict == .worse && change.becameBreached && change.after?.computed == nil)
    let back = PlanComparison(Self.former, since: lost)
    #expect(back.objectives.contains { $0.objective == "rpo" && $0.verdict == .better && $0.becameMet })
  }

  @Test("a plan that is new, or gone, has all its objectives added or removed") func alone() {
    #expect(PlanComparison(Self.former, since: nil).objectives.allSatisfy { $0.verdict == .added && $0.before == nil })
    #expect(PlanComparison(nil, since: Self.former).objectives.allSatisfy { $0.verdict == .removed && $0.after == nil })
  }

  @Test("is what the snapshots say, and twice the same", arguments: [LintFormat.text, .json, .markdown]) func snapshots(_ format: LintFormat) throws {
    let (now, comparison) = Self.comparison((old: "every: 30m", new: "every: 2h"), (old: "restore: 1h", new: "restore: 30m"))
    var staged = now
    staged.result.environment = "staging"
    let question = LintQuestion(
      replaced: [SourceFile(path: "--set #1", bytes: Array("data.orders.estimate.copy=1m".utf8))],
      comparisons: [comparison, PlanComparison(nil, since: Self.former)])
    func report() throws -> String { try lintReport([now], as: format, TextStyle(), toolVersion: "1.2.3", question) }
    let text = try report()
    #expect(try text == report())
    try expectSnapshot(text, "Tests/PlanLintingTests/Snapshots/comparison.\(format.rawValue).txt")
  }

  @Test("a comment holds the verdict of any number of plans, and says what is cut") func capped() throws {
    let (now, comparison) = Self.comparison((old: "every: 30m", new: "every: 2h"))
    let text = try lintReport([now], as: .markdown, TextStyle(), toolVersion: "0", LintQuestion(comparisons: Array(repeating: comparison, count: 500)))
    #expect(text.unicodeScalars.count <= 65_536 && text.contains("changed objectives"))
    #expect(text.contains("| **worse, now breached** | lost | RPO of orders | 1h | 41m → 2h 11m ! | interval 30m → 2h |"))
  }

  @Test("lint-report.v1 describes every report, and nothing else") func schema() throws {
    let schema = try JSONSchema(LintReportSchema.document)
    let (now, comparison) = Self.comparison((old: "every: 30m", new: "every: 2h"))
    let exempt = FormatTests.linted("cache.yaml", samplePlan.replacing("\ndata:\n", with: "\ndata:\n  cache: { on: [pg-east], ephemeral: { onLoss: { accepted: It fills again. } } }\n"))
    let (lost, _) = Self.comparison((old: "to: [near], copy: [far]", new: "to: [near]"))
    let branches = FormatTests.linted("sie.yaml", try readFile(Repository.root + "plans/sie.yaml"))
    var staged = now
    staged.result.environment = "staging"
    let question = LintQuestion(
      replaced: [SourceFile(path: "--set #1", bytes: Array("a=1".utf8))],
      comparisons: [comparison, PlanComparison(Self.former, since: nil), PlanComparison(nil, since: now), PlanComparison(staged, since: nil)],
      recorded: .init(file: SourceFile(path: "facts.json", bytes: []), at: .sample, now: nil))
    var touched: Set<String> = []
    for (files, asked) in [(FormatTests.files + [FormatTests.fixable], LintQuestion()), ([now, lost, exempt, branches, staged], question)] {
      let text = try lintReport(files, as: .json, TextStyle(), toolVersion: "1.2.3", asked)
      let verdict = try schema.verdict(on: CanonicalJSON.decode(JSONValue.self, from: text.utf8))
      #expect(verdict.problems == [])
      touched.formUnion(verdict.touched)
    }
    #expect(schema.places.subtracting(touched) == [])
  }
}
