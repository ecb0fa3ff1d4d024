internal import Diagnostics
internal import PlanModel
internal import ProviderInterface
internal import Units

extension LintRule {
  static let timeoutMissing = LintRule(
    "timeout-missing", .error, "A step or a backup has no time-out.",
    explanation: """
      A step that hangs at three in the morning must end by itself: without a time-out no recovery time can be guaranteed, and the default of one hour is a guess.
      Questions to a person need one too.
      """,
    example: """
      a step without `timeout` counts with 1h, and with 2h if it says `retries: 1`; if it hangs, the run waits as long.
      """,
    source: "velero-io/velero issue 2113: the worker dies, and what it had frozen stays so",
    fix: "Add `timeout:` with the longest time that it may take."
  ) { context in
    let steps = context.typed.scenarios.flatMap { scenario in
      (scenario.steps + [scenario.rollbackBefore, scenario.rollbackAfter].compactMap { $0 }).flatMap { step -> [Diagnostic] in
        var findings: [Diagnostic] = []
        if step.timeoutSpan == nil { findings.append(finding("the step `\(step.specification.name)` of `\(scenario.scenario.name.value)`", at: step.span)) }
        if case .step(let undo) = step.step?.undo, undo.timeout == nil {
          findings.append(finding("the undo of the step `\(step.specification.name)` of `\(scenario.scenario.name.value)`", at: undo.name.span))
        }
        return findings
      }
    }
    let protections = context.typed.protection.filter { $0.protection.timeout == nil }.map {
      finding("the protection `\($0.protection.name.value)` of `\($0.dataClass.name.value)`", at: $0.protection.span)
    }
    return steps + protections
  }

  private static func finding(_ what: String, at span: SourceSpan) -> Diagnostic {
    Diagnostic(
      "timeout-missing", "\(what) has no time-out", at: span, label: "counts with \(defaultStepTimeout.rounded) for now",
      helps: ["add `timeout:` with the longest time that it may take"])
  }
}
