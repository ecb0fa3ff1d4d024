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
  /// Whether what it says of this plan depends on the day; nil: of no plan.
  let needsDay: (@Sendable (Plan) -> Bool)?
  let check: @Sendable (LintContext) -> [Diagnostic]

  init(
    _ code: DiagnosticCode, _ severity: Severity, _ summary: String, explanation: String, formula: String? = nil, example: String? = nil,
    source: String? = nil, fix: String? = nil, looksAtIncompletePlans: Bool = false, needsDay: (@Sendable (Plan) -> Bool)? = nil,
    check: @escaping @Sendable (LintContext) -> [Diagnostic]
  ) {
    self.looksAtIncompletePlans = looksAtIncompletePlans; self.needsDay = needsDay; self.formula = formula; self.example = example; self.source = source; self.fix = fix
    self.code = code; self.severity = severity; self.summary = summary; self.explanation = explanation; self.check = check
  }
}

/// What a rule may look at.
struct LintContext: Sendable {
  let typed: TypedPlan
  let assessment: Assessment
  let document: YAMLDocument
  let shellScripts: [ShellScript]
  /// Of every scenario without a cycle.
  let orderedSteps: [OrderedSteps]
  /// What day it is; nil: nobody said.
  let now: Timestamp?
  /// Of the plan's text; split only for who asks.
  var lines: SourceLines { SourceLines(document.file.bytes) }
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
  /// Rules that would have had something to judge, had somebody said what day it is.
  public var unjudged: [DiagnosticCode] = []
  /// The files of evidence that were read.
  public var evidence: [SourceFile] = []
  /// What the plan was composed of; nil: it stood as it is.
  public var environment: String?
  /// The environments that the plan has, and whether it is whole in one of them only.
  public var environments: [String] = []
  public var needsEnvironment = false
  /// What the policy lets nobody ignore, and where it says so.
  var neverIgnored: [DiagnosticCode: SourceSpan] = [:]
  let addresses: PlanAddresses

  init(diagnostics: [Diagnostic], _ composed: ComposedPlan, _ addresses: PlanAddresses) {
    self.diagnostics = diagnostics
    self.addresses = addresses
    (environment, environments, needsEnvironment) = (composed.environment, composed.environments, composed.needsEnvironment)
  }

  /// Whether a target that the plan states is not met: exit code 3.
  public var breachesObjective: Bool { diagnostics.contains { objectiveBreaches.contains($0.code) && $0.severity == .error } }
  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// The rules whose findings say that an objective is breached.
public let objectiveBreaches: Set<DiagnosticCode> = ["rpo-exceeded", "group-rpo-exceeded", "rto-exceeded", "not-surviving", "data-unprotected", "replica-against-corruption"]

/// Reads, types and checks one plan. Pure: no network, no clock, no disk. `now` decides which ignores are over and which drills are overdue;
/// `evidence` gives the files that the plan names; `policy` is what the organisation asks for besides.
///
/// - Parameters:
///   - composition: the environment, further overlays, values of variables.
///   - overrides: values that are replaced before anything is understood: what if?
///   - absences: what is missing besides what a scenario loses.
///   - width: how many steps may run at once.
///   - rules: what is looked for.
public func lint(
  _ file: SourceFile, kinds: StepKinds, protection: ProtectionSteps, now: Timestamp? = nil, policy: LintPolicy? = nil,
  composing composition: PlanComposition = PlanComposition(), replacing overrides: [YAMLOverride] = [], without absences: [Absence] = [], width: Int = defaultParallelism,
  rules known: [LintRule] = lintRules, evidence: (String) throws(UnreadableEvidence) -> SourceFile = noEvidence
) -> LintResult {
  let (written, yaml) = readYAML(file)
  let composed = compose(written, composition)
  let (document, replacing) = composed.document.replacing(overrides)
  let (plan, understanding) = readPlan(document)
  let reading = composed.diagnostics + replacing + understanding
  let addresses = PlanAddresses(root: document.root, replaced: overrides, isComposed: composed.isComposed)
  guard var plan else { return LintResult(diagnostics: (yaml + reading).sorted(), composed, addresses) }
  let (left, missing) = plan.without(absences)
  plan = left
  let (measured, measuring) = plan.takeEvidence(evidence)
  let (typed, typing) = typecheck(plan, kinds: kinds, protection: protection)
  let assessment = assess(typed, width: width)
  let context = LintContext(
    typed: typed, assessment: assessment, document: document, shellScripts: ShellScript.all(in: document),
    orderedSteps: assessment.scenarios.compactMap { OrderedSteps($0) }, now: now)
  let isWhole = !(yaml + reading + typing).contains { $0.severity == .error }
  let rules = known.filter { isWhole || $0.looksAtIncompletePlans }
  var findings = rules.flatMap { $0.check(context) }
  if let policy { findings = policy.weighed(findings) + (isWhole ? policy.findings(in: plan) : []) }
  var result = LintResult(diagnostics: unique((yaml + reading + missing + measuring + typing + findings).sorted()).map(composed.explained), composed, addresses)
  (result.assessment, result.plan, result.isWhole, result.evidence, result.neverIgnored) = (assessment, plan, isWhole, measured, policy?.neverIgnored ?? [:])
  if now == nil { result.unjudged = rules.filter { $0.needsDay?(plan) ?? false }.map(\.code) }
  result.apply(plan.ignores, now: now)
  return result
}

/// For whoever has no files to hand in.
public func noEvidence(_: String) throws(UnreadableEvidence) -> SourceFile {
  throw UnreadableEvidence(reason: "no files were handed in", help: "lint the plan by its path")
}

/// The same finding can come from two ways through a plan; it is shown once, in the words of the first.
private func unique(_ sorted: [Diagnostic]) -> [Diagnostic] {
  var kept: [Diagnostic] = []
  var places: [SourceSpan?: [Int]] = [:]
  for next in sorted {
    let isKnown = places[next.span]?.contains { kept[$0] == next || (kept[$0].concealsText && next.concealsText) } ?? false
    guard !isKnown else { continue }
    places[next.span, default: []].append(kept.count)
    kept.append(next)
  }
  return kept
}
