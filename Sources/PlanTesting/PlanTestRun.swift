public import Diagnostics
internal import Objectives
public import PlanLinting
public import PlanModel
public import ProviderInterface
internal import Scheduling
internal import Units

/// What became of one case: it passed if nothing failed.
public struct PlanTestResult: Sendable {
  public var testCase: PlanTestCase
  /// Each with its place: in the test, or in the plan where that cannot be read with what the case sets.
  public var failures: [Diagnostic]
}

extension PlanTest {
  /// Carries out every case. Pure: no network, no clock, no disk.
  public func run(
    on plan: SourceFile, kinds: StepKinds, protection: ProtectionSteps, evidence: (String) throws(UnreadableEvidence) -> SourceFile = noEvidence
  ) -> [PlanTestResult] {
    cases.map { testCase in
      let result = lint(
        plan, kinds: kinds, protection: protection, now: testCase.now, composing: testCase.composition, replacing: testCase.overrides, width: testCase.width,
        evidence: evidence)
      return PlanTestResult(testCase: testCase, failures: CaseCheck(testCase, result).failures)
    }
  }
}

/// One case held against what lint computed.
private struct CaseCheck {
  private(set) var failures: [Diagnostic] = []
  private let result: LintResult

  init(_ testCase: PlanTestCase, _ result: LintResult) {
    self.result = result
    let rules = Set(lintRules.map(\.code)).union(IgnoreCode.allCases.map(\.code))
    if !result.isWhole { failures += result.diagnostics.filter { $0.severity == .error && !rules.contains($0.code) && !testCase.expects($0.code) } }
    let assessed = testCase.scenario.flatMap { name in result.assessment?.scenarios.first { $0.scenario.name.value == name.value } }
    if let name = testCase.scenario, assessed == nil, let assessment = result.assessment {
      failures.append(unknown("the plan has no scenario `\(name.value)`", name.value.rawValue, in: assessment.scenarios.map(\.scenario.name.value.rawValue), at: name.span))
    }
    for expectation in testCase.expectations {
      if case .finding(let code, let isPresent) = expectation { check(code, isPresent) } else if let assessed { check(expectation, in: assessed) }
    }
  }

  private mutating func check(_ expectation: Expectation, in scenario: ScenarioAssessment) {
    let name = "`\(scenario.scenario.name.value)`"
    switch expectation {
    case .recovery(let limits): hold("the RTO of \(name)", scenario.recovery?.expected, limits, absent: "there are no steps")
    case .guaranteed(let limits): hold("the guaranteed RTO of \(name)", scenario.recovery.map { Figure([Term("at the longest", $0.guaranteed, .plan($0.span))]) }, limits, absent: "there are no steps")
    case .loss(let data, let limits):
      guard let data = find(data, in: scenario) else { return }
      switch data.loss {
      case .bounded(let figure): hold("the RPO of `\(data.dataClass.name.value)` in \(name)", figure, limits, absent: "")
      case .unbounded(let reason): hold("the RPO of `\(data.dataClass.name.value)` in \(name)", nil, limits, absent: reason)
      // It may be lost: nothing is counted.
      case .exempt: hold("the RPO of `\(data.dataClass.name.value)` in \(name)", Figure([]), limits, absent: "")
      }
    case .recoveryOf(let data, let limits):
      guard let data = find(data, in: scenario) else { return }
      hold("the RTO of `\(data.dataClass.name.value)` in \(name)", data.recoveryTime, limits, absent: "no step brings it back")
    case .steps(let steps, let span): compare("the steps of \(name)", scenario.typed.steps.map(\.specification.name), steps, at: span)
    case .criticalPath(let steps, let span):
      let path = scenario.recovery.map { recovery in recovery.timeline.criticalPath.map { recovery.network.steps[$0].name } } ?? []
      compare("the critical path of \(name)", path, steps, at: span)
    case .order(let steps): check(order: steps, in: scenario)
    case .finding: break
    }
  }

  private mutating func hold(_ what: String, _ figure: Figure?, _ limits: FigureLimits, absent: String) {
    let total = figure?.total
    let notes = figure.map { [$0.sum] } ?? []
    func fail(_ expected: String, at span: SourceSpan) -> Diagnostic {
      failed("\(what) is \(total?.rounded ?? "unbounded, since \(absent)"), expected \(expected)", at: span, notes: notes)
    }
    if let exact = limits.exactly, total != exact.value { failures.append(fail("exactly \(exact.value.rounded)", at: exact.span)) }
    if let most = limits.atMost, total.map({ $0 > most.value }) ?? true { failures.append(fail("at most \(most.value.rounded)", at: most.span)) }
    if let least = limits.atLeast, let total, total < least.value { failures.append(fail("at least \(least.value.rounded)", at: least.span)) }
    if let unbounded = limits.unbounded, unbounded.value != (total == nil) { failures.append(fail(unbounded.value ? "no bound" : "a bound", at: unbounded.span)) }
  }

  private mutating func find(_ name: Located<DataClassName>, in scenario: ScenarioAssessment) -> ClassAssessment? {
    if let found = scenario.classes.first(where: { $0.dataClass.name.value == name.value }) { return found }
    let touched = scenario.classes.map(\.dataClass.name.value.rawValue)
    failures.append(unknown("`\(scenario.scenario.name.value)` does not touch a data class `\(name.value)`", name.value.rawValue, in: touched, at: name.span))
    return nil
  }

  private mutating func compare(_ what: String, _ found: [StepName], _ expected: [StepName], at span: SourceSpan) {
    guard found != expected else { return }
    failures.append(failed("\(what) is not what is expected", at: span, notes: ["found    \(list(found))", "expected \(list(expected))"]))
  }

  private mutating func check(order steps: [Located<StepName>], in scenario: ScenarioAssessment) {
    guard let network = scenario.recovery?.network else {
      if let first = steps.first { failures.append(failed("`\(scenario.scenario.name.value)` has no order of steps", at: first.span)) }
      return
    }
    let index = Dictionary(network.steps.enumerated().map { ($1.name, $0) }) { first, _ in first }
    for step in steps where index[step.value] == nil {
      failures.append(unknown("`\(scenario.scenario.name.value)` has no step `\(step.value)`", step.value.rawValue, in: network.steps.map(\.name.rawValue), at: step.span))
    }
    for (first, second) in zip(steps, steps.dropFirst()) {
      guard let a = index[first.value], let b = index[second.value], !network.comesBefore(a, b) else { continue }
      failures.append(
        failed(
          "`\(second.value)` can begin before `\(first.value)` has ended", at: second.span,
          helps: [network.comesBefore(b, a) ? "the plan says the opposite order" : "write `needs: [\(first.value)]` at `\(second.value)`"]))
    }
  }

  private mutating func check(_ code: Located<String>, _ isPresent: Bool) {
    let found = result.diagnostics.filter { $0.code.rawValue == code.value }
    guard found.isEmpty == isPresent else { return }
    failures.append(
      failed(
        isPresent ? "there is no finding `\(code.value)`" : "there is a finding `\(code.value)`", at: code.span,
        notes: isPresent ? result.ignored.filter { $0.finding.code.rawValue == code.value }.map { "ignored: \(oneLine($0.finding))" } : found.map(oneLine)))
  }

  private func failed(_ summary: String, at span: SourceSpan, notes: [String] = [], helps: [String] = []) -> Diagnostic {
    Diagnostic("expectation-failed", summary, at: span, notes: notes, helps: helps)
  }

  private func unknown(_ summary: String, _ name: String, in known: [String], at span: SourceSpan) -> Diagnostic {
    let near = nearestNames(to: name, in: known)
    let help = near.isEmpty ? "it has " + known.map { "`\($0)`" }.joined(separator: ", ") : "did you mean " + near.map { "`\($0)`" }.joined(separator: " or ") + "?"
    return failed(summary, at: span, helps: known.isEmpty ? [] : [help])
  }

  private func list(_ steps: [StepName]) -> String { "[" + steps.map(\.rawValue).joined(separator: ", ") + "]" }
}

extension PlanTestCase {
  fileprivate func expects(_ code: DiagnosticCode) -> Bool {
    expectations.contains { if case .finding(let expected, isPresent: true) = $0 { expected.value == code.rawValue } else { false } }
  }
}
