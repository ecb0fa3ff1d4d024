internal import Diagnostics
internal import PlanLinting

/// JUnit's XML, for test reports: a suite a plan, a case a rule, so that a case has the same name from run to run. Errors fail a case, what is
/// less stands in its output; a rule that could not look because the plan could not be read is skipped.
func lintJUnit(_ results: [LintedFile]) -> String {
  let suites = results.map { Suite(title($0), $0.result) }
  let all = suites.reduce(into: Suite.Counts()) { $0.add($1.counts) }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sie-dr lint\" \(all.attributes)>\n" + suites.map(\.text).joined() + "</testsuites>\n"
}

private struct Suite {
  struct Counts {
    var tests = 0, failures = 0, skipped = 0
    var attributes: String { "tests=\"\(tests)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\"" }
    mutating func add(_ other: Counts) { tests += other.tests; failures += other.failures; skipped += other.skipped }
  }
  let counts: Counts
  let text: String

  init(_ path: String, _ result: LintResult) {
    let findings = result.diagnostics
    let rules = lintRules.map(\.code)
    let others = findings.map(\.code).filter { !rules.contains($0) }.reduce(into: [DiagnosticCode]()) { if !$0.contains($1) { $0.append($1) } }
    var counts = Counts()
    let cases = (others + rules).map { code in
      let own = findings.filter { $0.code == code }
      counts.tests += 1
      let head = "    <testcase classname=\"\(xmlEscaped(path))\" name=\"\(xmlEscaped(code.rawValue))\""
      if own.isEmpty {
        guard !result.isWhole else { return head + "/>\n" }
        counts.skipped += 1
        return head + "><skipped message=\"the plan could not be read\"/></testcase>\n"
      }
      let body = xmlEscaped(own.map { ($0.span.map { $0.place.visible + "\n" } ?? "") + $0.wholeText }.joined(separator: "\n\n"))
      guard let error = own.first(where: { $0.severity == .error }) else { return head + ">\n      <system-out>\(body)</system-out>\n    </testcase>\n" }
      counts.failures += 1
      return head + ">\n      <failure type=\"\(xmlEscaped(code.rawValue))\" message=\"\(xmlEscaped(error.summary.visible))\">\(body)</failure>\n    </testcase>\n"
    }
    self.counts = counts
    text = "  <testsuite name=\"\(xmlEscaped(path))\" \(counts.attributes)>\n" + cases.joined() + "  </testsuite>\n"
  }
}
