import Diagnostics
import Glibc
import PlanLinting
import Synchronization
import Testing

/// Turns each rule off and holds the pages against what is left: the very check that the pages are for must fail.
@Suite("Rules turned off") struct MutationTests {
  /// On its own page; with `SIE_DR_MUTATE` on all of them, and each rule is said, as `scripts/mutate-rules` shows it.
  @Test("make a page fail", arguments: lintRules.map(\.code.rawValue)) func turnedOff(_ rule: String) throws {
    let isWhole = getenv("SIE_DR_MUTATE") != nil
    let left = lintRules.filter { $0.code.rawValue != rule }
    #expect(left.count == lintRules.count - 1)
    var failing: [String] = []
    for page in try FixturePage.all() where isWhole || page.rule == rule {
      let issues = Mutex(0)
      try withKnownIssue("\(rule) is turned off", isIntermittent: page.rule != rule) { try page.hold(rules: left) } matching: { _ in issues.withLock { $0 += 1 }; return true }
      if issues.withLock({ $0 > 0 }) { failing.append(page.rule) }
    }
    if isWhole { print("mutation: \(failing.isEmpty ? "SURVIVES" : "caught  ") \(rule)\(failing.isEmpty ? "" : " by " + failing.joined(separator: ", "))") }
    #expect(!failing.isEmpty)
  }
}
