internal import Objectives
internal import PlanModel
internal import ProviderInterface
internal import Scheduling
internal import Units

/// One line of the objectives matrix: what can be lost, or how long recovery takes, in one scenario.
struct MatrixRow {
  var scenario: String
  var subject: String
  var objective: String
  var target: TimeSpan?
  var computed: WorstCase
  var uses: String
  /// However long each step takes; recovery times only.
  var guaranteed: TimeSpan?
  /// How the target is missed; nil where it is met.
  var counterexample: Counterexample?
  /// What holds where it goes as expected.
  var expected: ExpectedBranch?
  /// What is lost if one run is missed, or the newest point is no good.
  var withOneMiss: TimeSpan?

  var isBreached: Bool { target.map { computed.total > $0 } ?? false }
  /// target / computed, objectives 4.8.
  var headroom: String {
    guard let target, let figure = computed.figure, figure.total > .zero else { return "" }
    let hundredths = target.milliseconds / (figure.total.milliseconds / 100 == 0 ? 1 : figure.total.milliseconds / 100)
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)×"
  }
  var computedText: String {
    switch computed {
    case .bounded(let figure): (figure.isBound ? "≤ " : "") + figure.total.rounded
    case .unbounded: "unbounded"
    case .exempt: "may be lost"
    }
  }
}

func matrixRows(_ assessment: Assessment, serviceTarget: TimeSpan?) -> [MatrixRow] {
  assessment.scenarios.flatMap { scenario in
    let name = scenario.scenario.name.value.rawValue
    var rows = scenario.classes.map { data in
      MatrixRow(
        scenario: name, subject: data.dataClass.name.value.rawValue, objective: "RPO", target: data.lossTarget?.value, computed: data.loss,
        uses: data.candidates.first?.title ?? instead(data),
        counterexample: data.counterexample, expected: data.expectedByBranch, withOneMiss: data.repeatsItsSource ? nil : data.lossWithOneMiss)
    }
    rows += scenario.groups.flatMap { groupRows($0, name) }
    for data in scenario.classes {
      guard let rebuild = data.rebuild, let time = data.recoveryTime else { continue }
      rows.append(
        MatrixRow(
          scenario: name, subject: data.dataClass.name.value.rawValue, objective: "RTO", target: data.recoveryTarget?.value, computed: .bounded(time),
          uses: "rebuilt from `\(rebuild.source.name.value)`", counterexample: data.recoveryTarget.flatMap { scenario.counterexample(of: data, target: $0.value) }))
    }
    if let recovery = scenario.recovery {
      rows.append(
        MatrixRow(
          scenario: name, subject: "service", objective: "RTO", target: serviceTarget, computed: .bounded(recovery.expected),
          uses: recovery.timeline.criticalPath.map { recovery.network.steps[$0].name.rawValue }.joined(separator: " → "), guaranteed: recovery.guaranteed,
          counterexample: serviceTarget.flatMap { scenario.counterexample(target: $0) }))
    }
    return rows
  }
}

/// Targets that are met as long as every run does what it should, and no longer: beside the figures, since a plan says how many misses it allows for.
func missLines(_ rows: [MatrixRow]) -> [String] {
  rows.compactMap { row in
    guard !row.isBreached, let target = row.target, let loss = row.withOneMiss, loss > target else { return nil }
    return "one run missed, or the newest point no good: `\(row.subject)` loses \(loss.rounded) in `\(row.scenario)`, more than its target"
  }
}

/// What drills and incidents say of the recovery from each scenario, as far as they carry.
func measuredLines(_ plan: Plan) -> [String] {
  plan.scenarios.compactMap { scenario in
    let took = plan.recoveries(from: scenario.name.value)
    guard let slowest = took.max() else { return nil }
    let runs = "\(took.count) run\(took.count == 1 ? "" : "s")"
    return "measured: `\(scenario.name.value)` took \(slowest.rounded) at the longest of \(runs), which bounds p\(SupportedPercentile.of(runs: took.count)) at 95 %"
  }
}

/// What a group loses at its newest common cut, and what each class in it does.
private func groupRows(_ found: GroupAssessment, _ scenario: String) -> [MatrixRow] {
  let name = found.group.name.value.rawValue
  let whole = MatrixRow(
    scenario: scenario, subject: "\(name) together", objective: "RPO", target: found.target?.value, computed: found.loss, uses: "the newest common cut")
  return [whole] + found.members.map { member in
    MatrixRow(
      scenario: scenario, subject: "\(member.dataClass.name.value) in \(name)", objective: "RPO", target: nil, computed: member.loss, uses: "the newest common cut of `\(name)`")
  }
}

/// What a class comes back from, if not from something that was kept of it.
private func instead(_ data: ClassAssessment) -> String {
  switch data.loss {
  case .exempt: "nothing"
  case .bounded: data.dataClass.derivation.map { "rebuilt from `\($0.source.value)`" } ?? "nothing"
  case .unbounded: "nothing that survives"
  }
}

/// What is lost by the branch that is expected.
struct ExpectedBranch: Encodable, CustomStringConvertible {
  var branch: BranchName
  var computed: TimeSpan
  var description: String { "\(computed.rounded) by the branch `\(branch)`" }
}

extension ClassAssessment {
  /// Where another branch that may be taken loses more.
  var expectedByBranch: ExpectedBranch? {
    guard let expected = branches.first(where: \.isExpected), let worst = loss.figure, expected.candidate.figure.total != worst.total else { return nil }
    return ExpectedBranch(branch: expected.branch, computed: expected.candidate.figure.total)
  }
}

extension MatrixRow {
  /// The sum, and what is expected in its place.
  var sum: String { computed.explanation + (expected.map { "; expected \($0)" } ?? "") }
}
