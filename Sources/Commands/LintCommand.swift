internal import ArgumentParser
internal import ChangePlanning
internal import Diagnostics
internal import PlanLinting
internal import PlanModel
internal import Reporting
internal import Units
internal import YAMLReading

struct LintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint", _superCommandName: "sie-dr", abstract: "Prove that plans can meet their objectives, without network and clock.",
    discussion: """
      Reads plan files (or the .yaml files of a folder), checks the language, and computes for every data class and scenario what can be lost \
      and how long recovery takes. Nothing else is read or contacted. Exits with 3 if an objective is breached, 1 for any other error; what \
      `--diff` shows does not change that. A plan with `overlays` is linted as it stands and for each of its environments, unless one is named.
      """)

  @Argument(help: "Plan files or folders; `-` for standard input.")
  var paths: [String]
  @OptionGroup var format: LintFormatOption
  @Option(help: ArgumentHelp("The day or time that it is: ignores whose `until` is over no longer hold, and drills can be overdue. Lint has no clock.", valueName: "date"))
  var now: String?
  @Option(help: ArgumentHelp("Findings that this file holds are not reported.", valueName: "file"))
  var baseline: String?
  @Flag(help: "Write all that may be ignored, as it is now, into the file of `--baseline`.")
  var writeBaseline = false
  @Option(help: ArgumentHelp("What your organisation asks of every plan: least copies, sites, approvers, drills and targets; severities; what nobody may ignore.", valueName: "file"))
  var policy: String?
  @Option(help: ArgumentHelp("The former plan, or a folder of former plans: shows what became better and worse; `-` for standard input.", valueName: "base"))
  var diff: String?
  @Flag(help: "Make the fixes that are safe in the files, say what was changed, and lint what they are then.")
  var fix = false
  @Flag(help: "With `--fix`: only say what it would change.")
  var dryRun = false
  @OptionGroup var composition: CompositionOptions
  @OptionGroup var whatIf: WhatIfOptions
  @Option(help: ArgumentHelp("Compute with the sizes and durations that `observe` has measured. For one plan; `--now` tells how old they are.", valueName: "file"))
  var observations: String?
  @OptionGroup var global: GlobalOptions

  func run() throws {
    try CommandSession.guarded(global) { console in
      let files = try paths.flatMap { path throws(CommandFailure) in try Files.plans(at: path) }
      guard !files.isEmpty else { throw CommandFailure("no-plans", "there are no plan files in \(paths.joined(separator: ", "))", helps: ["plan files end in .yaml or .yml"]) }
      let now = try now.map(Self.date)
      let policy = try policy.map { path throws(CommandFailure) in try Self.policy(at: path, console) }
      guard observations == nil || files.count == 1 else {
        throw CommandFailure("wrong-usage", "`--observations` is of one plan, and there are \(files.count)", status: .usage, helps: ["name one plan file"])
      }
      let recorded = try observations.map { path throws(CommandFailure) in try ObservationsFile(path) }
      if fix { try LintFixes(writes: !dryRun, policy: policy, now: now).make(in: files, console) }
      let replaced = try whatIf.read(console, plans: files)
      let made = try composition.read(console)
      func linted(_ path: String, now: Timestamp?, what: WhatIfOptions.Read) throws(CommandFailure) -> [LintedFile] {
        let file = SourceFile(path: path == "-" ? "<stdin>" : path, bytes: try Files.read(path))
        return lintedEnvironments(file, made.composition) { composition in
          let measured = recorded?.overrides(for: compose(readYAML(file).document, composition).document.root) ?? []
          var result = lint(
            file, kinds: Providers.kinds, protection: Providers.protection, now: now, policy: policy, composing: composition, replacing: measured + what.overrides, without: what.absences,
            width: what.width, evidence: EvidenceFiles(plan: path).callAsFunction)
          if let plan = result.plan, let recorded {
            let found = recorded.problem(for: plan, now: now).map { [$0] } ?? recorded.brokenPromises(in: plan)
            result.diagnostics = (result.diagnostics + found).sorted()
          }
          return result
        }
      }
      var results = try files.flatMap { path throws(CommandFailure) in try linted(path, now: now, what: replaced) }
      var question = LintQuestion(replaced: replaced.options, variables: made.given, overlays: made.composition.overlays, recorded: recorded.map { .init(file: $0.file, at: $0.record.observedAt, now: now) })
      if let diff {
        let before = WhatIfOptions.Read(width: replaced.width)
        question.comparisons = try FormerPlans(at: diff).pairs(with: paths).flatMap { pair throws(CommandFailure) in
          PlanComparison.each(
            results.filter { $0.file.path == pair.now || pair.now == "-" }, since: try pair.former.map { path throws(CommandFailure) in try linted(path, now: nil, what: before) } ?? [])
        }
      }
      // A folder of plans may hold their evidence and the policy too: they are no plans.
      let others = Set(results.flatMap { $0.result.evidence.map(\.path) } + [policy?.file.path].compactMap { $0 })
      results.removeAll { others.contains($0.file.path) && !paths.contains($0.file.path) }
      if let baseline { results = try hidden(by: baseline, results, console) }
      console.write(try lintReport(results, policy: policy?.file, as: format.format, console.style, toolVersion: Version.number, question))
      // The process ends now: to take a large plan apart before would be for nothing.
      let kept = Unmanaged.passRetained(Kept(results: results)).takeUnretainedValue().results
      if kept.contains(where: \.result.breachesObjective) { return .objectiveBreached }
      return kept.contains(where: \.result.hasErrors) ? .error : .done
    }
  }

  func validate() throws {
    if diff != nil || whatIf.isAsked, ![.text, .json, .markdown].contains(format.format) {
      throw ValidationError("'--format \(format.format.rawValue)' holds findings at lines of plans only; '--diff', '--set' and '--without' are for text, json and markdown")
    }
    if fix, paths.contains("-") { throw ValidationError("'--fix' changes files, not standard input") }
    if dryRun, !fix { throw ValidationError("'--dry-run' is for '--fix'") }
    if diff == "-", paths.contains("-") { throw ValidationError("standard input is either the plan or the former plan") }
    if writeBaseline, whatIf.isAsked { throw ValidationError("a baseline is of the plan as it is, without '--set' and '--without'") }
    if writeBaseline, baseline == nil { throw ValidationError("'--write-baseline' needs '--baseline FILE', the file to write") }
  }

  private final class Kept: Sendable {
    let results: [LintedFile]
    init(results: [LintedFile]) { self.results = results }
  }

  private func hidden(by path: String, _ results: [LintedFile], _ console: Console) throws -> [LintedFile] {
    if writeBaseline {
      let written = Baseline(results)
      try written.write(to: path)
      console.writeError("\(path): \(written.findings.count) finding\(written.findings.count == 1 ? "" : "s") written\n")
    }
    let (left, stale) = try Baseline(at: path).applied(to: results, named: path)
    if stale > 0 { console.writeError("\(path): \(stale) of its findings are no longer there; `--write-baseline` removes them\n") }
    return left
  }

  private static func policy(at path: String, _ console: Console) throws(CommandFailure) -> LintPolicy {
    let (policy, diagnostics) = readPolicy(SourceFile(path: path, bytes: try Files.read(path)))
    guard !diagnostics.isEmpty else { return policy }
    let renderer = DiagnosticRenderer(sources: [policy.file], options: .init(color: console.style.color, width: console.style.width))
    console.writeError(renderer.render(diagnostics) + "\n")
    throw CommandFailure("policy-has-errors", "\(path) cannot be used: \(summaryLine(diagnostics))", helps: ["mend what is shown above; `sie-dr schema policy` prints what may stand there"])
  }

  private static func date(_ text: String) throws(CommandFailure) -> Timestamp {
    if let time = Timestamp(text) ?? Timestamp(text + "T00:00:00Z") { return time }
    throw CommandFailure("wrong-usage", "`--now \(text)` is no date", status: .usage, helps: ["write it as `2026-11-24` or `2026-11-24T08:15:34Z`"])
  }
}
