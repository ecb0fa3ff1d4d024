internal import CanonicalJSON
public import Diagnostics
internal import PlanModel
public import PlanTesting

/// One file of tests, carried out.
public struct PlanTestRun: Sendable {
  public var file: SourceFile
  /// Nil: it could not be read, and the problems say why.
  public var plan: SourceFile?
  public var problems: [Diagnostic]
  public var results: [PlanTestResult]
  public init(file: SourceFile, plan: SourceFile? = nil, problems: [Diagnostic] = [], results: [PlanTestResult] = []) {
    self.file = file; self.plan = plan; self.problems = problems; self.results = results
  }
  public var passed: Bool { problems.isEmpty && results.allSatisfy(\.failures.isEmpty) }
}

public enum TestFormat: String, Sendable, CaseIterable { case text, json, junit }

/// What `test` says. The switch is exhaustive.
public func planTestReport(_ runs: [PlanTestRun], as format: TestFormat, _ style: TextStyle) throws -> String {
  switch format {
  case .text: planTestText(runs, style)
  case .json: try planTestJSON(runs)
  case .junit: planTestJUnit(runs)
  }
}

/// A line a case, then each failure with the line it means, then the count.
private func planTestText(_ runs: [PlanTestRun], _ style: TextStyle) -> String {
  var parts = runs.map { run in
    let head = style.paint(run.file.path, .bold) + (run.plan.map { "  (\($0.path))" } ?? "  " + style.paint("cannot be run", .red))
    return ([head] + run.results.map { line($0, style) }).map { $0 + "\n" }.joined()
  }
  let failures = runs.flatMap { $0.problems + $0.results.flatMap(\.failures) }
  if !failures.isEmpty {
    let sources = runs.flatMap { [$0.file] + [$0.plan].compactMap { $0 } }
    parts.append(DiagnosticRenderer(sources: sources, options: .init(color: style.color, width: style.width)).render(failures))
  }
  let results = runs.flatMap(\.results)
  let failed = results.count { !$0.failures.isEmpty }
  let unread = runs.count { !$0.problems.isEmpty }
  let counts = ["\(results.count - failed) passed"] + (failed > 0 ? ["\(failed) failed"] : []) + (unread > 0 ? ["\(unread) not run"] : [])
  let verdict = counts.joined(separator: ", ") + " in \(runs.count == 1 ? "1 file" : "\(runs.count) files")"
  return (parts + [style.paint(verdict, failed + unread > 0 ? .red : .green) + "\n"]).joined(separator: "\n")
}

private func line(_ result: PlanTestResult, _ style: TextStyle) -> String {
  let mark = result.failures.isEmpty ? style.paint("✓", .green) : style.paint("✗", .red)
  return "  \(mark) \(result.testCase.name.value.visible)" + (result.testCase.description.map { style.paint(": \($0.visible)", .dim) } ?? "")
}

private struct Report: Encodable {
  struct Case: Encodable { var name: String; var description: String?; var passed: Bool; var failures: [Diagnostic] }
  struct File: Encodable { var path: String; var plan: String?; var passed: Bool; var problems: [Diagnostic]; var cases: [Case] }
  var formatVersion = 1
  var files: [File]
}

private func planTestJSON(_ runs: [PlanTestRun]) throws -> String {
  try CanonicalJSON.prettyText(
    Report(
      files: runs.map { run in
        Report.File(
          path: run.file.path, plan: run.plan?.path, passed: run.passed, problems: run.problems,
          cases: run.results.map { .init(name: $0.testCase.name.value, description: $0.testCase.description, passed: $0.failures.isEmpty, failures: $0.failures) })
      }))
}

/// A suite a file, a case a case; a file that cannot be run is a case in error.
private func planTestJUnit(_ runs: [PlanTestRun]) -> String {
  func counts(_ runs: [PlanTestRun]) -> String {
    let (cases, unread) = (runs.flatMap(\.results), runs.count { !$0.problems.isEmpty })
    return "tests=\"\(cases.count + unread)\" failures=\"\(cases.count { !$0.failures.isEmpty })\" errors=\"\(unread)\" skipped=\"0\""
  }
  let suites = runs.map { run in
    let path = xmlEscaped(run.file.path)
    var cases = run.results.map { testCase($0.testCase.name.value, "failure", $0.failures, in: path) }
    if !run.problems.isEmpty { cases.append(testCase("can be run", "error", run.problems, in: path)) }
    return "  <testsuite name=\"\(path)\" \(counts([run]))>\n" + cases.joined() + "  </testsuite>\n"
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sie-dr test\" \(counts(runs))>\n" + suites.joined() + "</testsuites>\n"
}

private func testCase(_ name: String, _ kind: String, _ failures: [Diagnostic], in path: String) -> String {
  let head = "    <testcase classname=\"\(path)\" name=\"\(xmlEscaped(name))\""
  guard let first = failures.first else { return head + "/>\n" }
  let body = failures.map { ($0.span.map { $0.place.visible + "\n" } ?? "") + $0.wholeText }.joined(separator: "\n\n")
  return head + ">\n      <\(kind) type=\"\(xmlEscaped(first.code.rawValue))\" message=\"\(xmlEscaped(first.summary.visible))\">\(xmlEscaped(body))</\(kind)>\n    </testcase>\n"
}
