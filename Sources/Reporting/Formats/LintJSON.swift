internal import CanonicalJSON
internal import Diagnostics
internal import Objectives
internal import PlanLinting
internal import PlanModel
internal import Units

/// For programs: versioned, times in milliseconds where a program will calculate, as text where people read.
func lintJSON(_ results: [LintedFile], _ question: LintQuestion) throws -> String {
  try CanonicalJSON.prettyText(
    Report(
      formatVersion: 1, findings: results.flatMap(\.result.diagnostics), ignored: results.flatMap(\.result.ignored).map(Report.Ignored.init),
      plans: results.map { file, result in
        Report.PlanFigures(
          path: file.path, environment: result.environment, objectives: (result.assessment.map { matrixRows($0, serviceTarget: result.plan?.objectives.rto?.value) } ?? []).map(Report.Objective.init),
          unjudged: result.unjudged)
      },
      replaced: question.replaced.map { String(decoding: $0.bytes, as: UTF8.self) }, comparisons: question.comparisons,
      recordedAt: question.recorded?.at))
}

private struct Report: Encodable {
  struct PlanFigures: Encodable {
    var path: String
    /// Nil: the plan as it stands.
    var environment: String?
    var objectives: [Objective]
    /// Rules that only `--now` lets judge.
    var unjudged: [DiagnosticCode]
  }
  struct Part: Encodable { var name: String; var amount: TimeSpan; var source: String; var place: String? }
  struct Event: Encodable { var at: TimeSpan; var kind: Counterexample.Event.Kind; var text: String }
  struct Objective: Encodable {
    var scenario, subject, objective: String
    var target, computed, guaranteed: TimeSpan?
    /// By the branch that is expected, where another one that may be taken is worse.
    var expected: ExpectedBranch?
    /// One run missed, or the newest point no good.
    var withOneMiss: TimeSpan?
    var unboundedBecause: String?
    /// Of data that may be lost: what becomes of it.
    var exemptBecause: String?
    var isBreached: Bool
    /// The computed figure is never too low, but may be too high.
    var isBound: Bool
    var uses: String
    var terms: [Part]
    /// Times from the disaster, or from the notice of a corruption.
    var counterexample: [Event]?

    init(_ row: MatrixRow) {
      scenario = row.scenario; subject = row.subject; objective = row.objective.lowercased(); target = row.target; guaranteed = row.guaranteed
      withOneMiss = row.withOneMiss
      expected = row.expected
      isBreached = row.isBreached; uses = row.uses
      isBound = row.computed.figure?.isBound ?? false
      counterexample = row.counterexample.map { $0.events.map { Event(at: $0.at, kind: $0.kind, text: $0.text) } }
      switch row.computed {
      case .bounded(let figure): computed = figure.total; terms = figure.terms.map(Part.init)
      case .unbounded(let reason): unboundedBecause = reason; terms = []
      case .exempt(let instead): exemptBecause = instead; terms = []
      }
    }
  }
  struct Ignored: Encodable {
    var finding: Diagnostic
    var by: IgnoredFinding.Place
    var reason: String
    var until: Timestamp?
    init(_ ignored: IgnoredFinding) { finding = ignored.finding; by = ignored.place; reason = ignored.reason; until = ignored.until }
  }
  var formatVersion: Int
  var findings: [Diagnostic]
  var ignored: [Ignored]
  var plans: [PlanFigures]
  /// Each `--set`, as it was given.
  var replaced: [String]
  /// With the former plans of `--diff`.
  var comparisons: [PlanComparison]
  /// When the measurements of `--observations` were taken.
  var recordedAt: Timestamp?
}

extension Report.Part {
  init(_ term: Term) {
    switch term.source {
    case .plan(let span): self.init(name: term.name, amount: term.amount, source: "plan", place: span.place)
    case .measured(let measurement): self.init(name: term.name, amount: term.amount, source: "measured", place: measurement.span.place)
    case .promise(let span): self.init(name: term.name, amount: term.amount, source: "promise", place: span.place)
    case .estimate(let span): self.init(name: term.name, amount: term.amount, source: "estimate", place: span.place)
    case .timeout(let span): self.init(name: term.name, amount: term.amount, source: "timeout", place: span?.place)
    }
  }
}
