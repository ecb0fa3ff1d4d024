internal import ArgumentParser
internal import Diagnostics
internal import PlanModel
internal import PlanTesting
internal import ProviderInterface
internal import Reporting
internal import YAMLReading

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run tests of plans: what must stay true of RPO, RTO, steps and findings.",
    discussion: """
      Each file (`kind: PlanTest`, docs/plan-tests.md) names a plan and its cases: the scenario, values that take the place of the plan's, the day; \
      and what must come out. Of a folder, the files that end in .test.yaml. No network and no clock. Exits with 1 if a case fails.
      """)

  @Argument(help: "Test files or folders.")
  var paths: [String]
  @Option(help: "How to write the result: text, json or junit.", transform: TestFormat.named)
  var format: TestFormat = .text
  @OptionGroup var global: GlobalOptions

  func run() throws {
    try CommandSession.guarded(global) { console in
      let files = try paths.flatMap { path throws(CommandFailure) in try Files.plans(at: path, .tests) }
      guard !files.isEmpty else {
        throw CommandFailure("no-tests", "there are no plan tests in \(paths.joined(separator: ", "))", helps: ["tests end in .test.yaml; docs/plan-tests.md shows one"])
      }
      let runs = try files.map(Self.tested)
      console.write(try planTestReport(runs, as: format, console.style))
      return runs.allSatisfy(\.passed) ? .done : .error
    }
  }

  private static func tested(_ path: String) throws(CommandFailure) -> PlanTestRun {
    let file = SourceFile(path: path, bytes: try Files.read(path))
    let (document, yaml) = readYAML(file)
    let (test, reading) = readPlanTest(document)
    let problems = (yaml + reading).sorted()
    guard let test, !problems.contains(where: { $0.severity == .error }) else { return PlanTestRun(file: file, problems: problems) }
    let name = test.plan.value
    let plan = name.hasPrefix("/") ? name : path.lastIndex(of: "/").map { String(path[...$0]) + name } ?? name
    let bytes: [UInt8]
    do throws(CommandFailure) { bytes = try Files.read(plan) } catch {
      return PlanTestRun(file: file, problems: [Diagnostic("plan-missing", error.failure.message, at: test.plan.span, label: "counts from this file's folder")])
    }
    let source = SourceFile(path: plan, bytes: bytes)
    return PlanTestRun(file: file, plan: source, results: test.run(on: source, kinds: Providers.kinds, protection: Providers.protection, evidence: EvidenceFiles(plan: plan).callAsFunction))
  }
}

extension TestFormat {
  static func named(_ name: String) throws -> TestFormat {
    if let format = TestFormat(rawValue: name) { return format }
    throw ValidationError("unknown format '\(name)'; known are \(allCases.map(\.rawValue).joined(separator: ", "))")
  }
}
