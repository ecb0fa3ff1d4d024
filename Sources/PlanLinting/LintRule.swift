public import Diagnostics
public import Objectives
public import PlanModel
public import ProviderInterface
public import Units
public import YAMLReading

/// One thing that lint looks for: a name, its documentation and a pure function. One rule a file, under `Rules`.
public struct LintRule: Sendable {
  /// Names the pattern found, never the cure.
  public let code: DiagnosticCode
  public let severity: Severity
  /// One line for the list of rules.
  public let summary: String
  /// What it looks for and why that matters.
  public let explanation: String
  /// The arithmetic behind it; nil where there is none.
  let formula: String?
  /// One case with its figures.
  let example: String?
  /// Where to read more.
  let source: String?
  /// What to write instead.
  let fix: String?
  /// Whether the rule also looks at a plan of which parts could not be read. One that concludes from what is absent does not.
  let looksAtIncompletePlans: Bool
  let check: @Sendable (LintContext) -> [Diagnostic]

  init(
    _ code: DiagnosticCode, _ severity: Severity, _ summary: String, explanation: String, formula: String? = nil, example: String? = nil,
    source: String? = nil, fix: String? = nil, looksAtIncompletePlans: Bool = false, check: @escaping @Sendable (LintContext) -> [Diagnostic]
  ) {
    self.looksAtIncompletePlans = looksAtIncompletePlans; self.formula = formula; self.example = example; self.source = source; self.fix = fix
    self.code = code; self.severity = severity; self.summary = summary; self.explanation = explanation; self.check = check
  }
}

/// What a rule may look at.
struct LintContext: Sendable {
  let typed: TypedPlan
  let assessment: Assessment
  let document: YAMLDocument
  var plan: Plan { typed.plan }
}

/// Findings and the figures they rest on.
public struct LintResult: Sendable {
  public var diagnostics: [Diagnostic]
  /// Nil where the plan could not be read far enough.
  public var assessment: Assessment?
  public var plan: Plan?
  /// Whether every rule could look: nothing kept the plan from being read.
  public var isWhole = false
  /// What the plan or a baseline hides.
  public var ignored: [IgnoredFinding] = []
  let addresses: PlanAddresses

  /// Whether a target that the plan states is not met: exit code 3.
  public var breachesObjective: Bool { diagnostics.contains { objectiveBreaches.contains($0.code) && $0.severity == .error } }
  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// The rules whose findings say that an objective is breached.
public let objectiveBreaches: Set<DiagnosticCode> = ["rpo-exceeded", "rto-exceeded", "not-surviving", "data-unprotected"]

/// Reads, types and checks one plan. Pure: no network, no clock, no disk; `now` only decides which ignores are over.
///
/// - Parameters:
///   - overrides: values that are replaced before anything is understood: what if?
///   - width: how many steps may run at once.
public func lint(
  _ file: SourceFile, kinds: StepKinds, protection: ProtectionSteps, now: Timestamp? = nil, replacing overrides: [YAMLOverride] = [],
  width: Int = defaultParallelism
) -> LintResult {
  let (written, yaml) = readYAML(file)
  let (document, replacing) = written.replacing(overrides)
  let (plan, understanding) = readPlan(document)
  let reading = replacing + understanding
  guard let plan else { return LintResult(diagnostics: (yaml + reading).sorted(), addresses: PlanAddresses(root: document.root)) }
  let (typed, typing) = typecheck(plan, kinds: kinds, protection: protection)
  let assessment = assess(typed, width: width)
  let context = LintContext(typed: typed, assessment: assessment, document: document)
  let isWhole = !(yaml + reading + typing).contains { $0.severity == .error }
  let findings = lintRules.filter { isWhole || $0.looksAtIncompletePlans }.flatMap { $0.check(context) }
  var result = LintResult(
    diagnostics: unique((yaml + reading + typing + findings).sorted()), assessment: assessment, plan: plan, isWhole: isWhole,
    addresses: PlanAddresses(root: document.root, replaced: overrides))
  result.apply(plan.ignores, now: now)
  return result
}

/// The same finding can come from two ways through a plan; it is shown once, in the words of the first.
private func unique(_ sorted: [Diagnostic]) -> [Diagnostic] {
  sorted.reduce(into: []) { kept, next in
    let isKnown = kept.contains { $0 == next || ($0.concealsText && next.concealsText && $0.span == next.span) }
    if !isKnown { kept.append(next) }
  }
}
