@testable import Commands
import Diagnostics
import Glibc
import Objectives
import PlanLinting
import PlanModel
import TestSupport
import Testing
import Units

@Suite("Lint rules") struct RuleTests {
  private func findings(_ plan: String, path: String = "plan.yaml") -> [Diagnostic] {
    lint(SourceFile(path: path, bytes: Array(plan.utf8)), kinds: Providers.kinds, protection: Providers.protection).diagnostics
  }

  private func shown(_ diagnostics: [Diagnostic], of plan: String) -> String {
    DiagnosticRenderer(sources: [SourceFile(path: "plan.yaml", bytes: Array(plan.utf8))]).render(diagnostics)
  }

  @Test("each page shows exactly what lint says, and its mended plan is clean") func pages() throws {
    for page in try FixturePage.all() { try page.hold(rewriting: getenv("SIE_DR_REWRITE") != nil) }
  }

  @Test("what stands in back quotes in a summary is a name and no figure: fingerprints rest on it") func quotedNames() throws {
    for page in try FixturePage.all() {
      for finding in page.findings(of: page.problem) {
        let names = finding.summary.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        #expect(!names.contains { $0.first?.isNumber ?? true }, "\(finding.summary)")
      }
    }
  }

  @Test("every rule has a page and a file of its own, and no page is without a rule") func registry() throws {
    let codes = lintRules.map(\.code.rawValue)
    #expect(Set(codes).count == codes.count)
    #expect(try FixturePage.all().map(\.rule) == codes.sorted())
    func plain(_ text: String) -> String { text.lowercased().filter { $0 != "-" } }
    let files = names(in: Repository.root + "Sources/PlanLinting/Rules").map { plain(String($0.dropLast(6))) }
    #expect(files.sorted() == codes.map(plain).sorted())
  }

  @Test("plans and examples lint without a finding") func shippedPlans() throws {
    #expect(throws: (any Error).self, "a folder that is not there") { try Repository.plans(in: ["no-such-folder"]) }
    for plan in try Repository.plans() { #expect(findings(plan.text) == [], "\(plan.path)") }
  }

  @Test("an hourly backup breaks an hourly target, and the sum in the finding adds up") func hourly() throws {
    let text = try readFile(Repository.root + "examples/logical-only.yaml").replacing("every: 30m", with: "every: 1h")
    let result = lint(SourceFile(path: "plan.yaml", bytes: Array(text.utf8)), kinds: Providers.kinds, protection: Providers.protection)
    #expect(result.diagnostics.map(\.code) == ["rpo-exceeded"])
    #expect(result.breachesObjective)
    let loss = try #require(result.assessment?.scenarios.first?.classes.first?.loss.figure)
    #expect(loss.terms.map(\.amount) == [.hours(1), .minutes(9), .minutes(3), .minutes(2)])
    #expect(loss.total == .minutes(74))
    #expect(result.diagnostics.first?.summary == "`insights` can lose 1h 14m in `region-loss`, its target is 1h")
    #expect(result.diagnostics.first?.notes.first?.hasPrefix("1h interval + 9m dump + 3m upload + 2m copy to west") == true)
  }

  @Test("a key that lies in the region that is lost cannot open the points there are") func lostIdentity() throws {
    let text = try readFile(Repository.root + "examples/encrypted.yaml").replacing("backups/age-identity] }", with: "backups/age-identity], site: east }")
    let found = findings(text)
    #expect(found.map(\.code) == ["not-surviving"])
    #expect(found.first?.summary == "the step `restore` needs the secret `backup-identity` (in `east`), lost in `region-loss`")
  }

  @Test("a secret is shown by no finding, whatever else stands on its line") func concealment() {
    let text = """
      apiVersion: sie-dr/v1
      kind: RecoveryPlan
      metadata: { name: x }
      secrets: { a: { value: hunter2 } }
      servers: { s: { postgresql: { url: "postgresql://me:sesame@db/x" }, unknown: 1, site: nowhere } }
      scenarios: { x: { steps: { a: { command.run: { run: [p, --password, sesame2], env: { DB_PASSWORD: sesame3 } } } } } }

      """
    let report = shown(findings(text), of: text)
    for secret in ["hunter2", "sesame"] { #expect(!report.contains(secret)) }
  }
}
