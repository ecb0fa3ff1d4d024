import CanonicalJSON
import Diagnostics
import PlanLinting
import Reporting
import TestSupport
import Testing

@Suite("explain") struct ExplanationTests {
  @Test("every rule has an example, a source and a fix, and each finding of an objective its formula") func complete() {
    for rule in lintRules {
      let page = explanations.first { $0.code == rule.code }
      #expect(page?.example != nil && page?.source != nil && page?.fix != nil, "\(rule.code)")
    }
    for code in ["rpo-exceeded", "rto-exceeded", "rto-not-guaranteed", "not-surviving", "retention-too-short", "headroom-low"] {
      #expect(explanations.first { $0.code.rawValue == code }?.formula != nil, "\(code)")
    }
    #expect(Set(explanations.map(\.code)).count == explanations.count, "a code has two pages")
  }

  @Test("every code that reading a plan can report has a page") func everyCode() throws {
    let known = Set(explanations.map(\.code.rawValue))
    var seen: Set<String> = []
    for folder in ["Sources/PlanModel", "Sources/PlanModel/Reading", "Sources/ProviderInterface"] {
      for name in names(in: Repository.root + folder) where name.hasSuffix(".swift") {
        for match in try readFile("\(Repository.root)\(folder)/\(name)").matches(of: /Diagnostic\(\s*"([a-z-]+)"/) { seen.insert(String(match.1)) }
      }
    }
    #expect(seen.count > 8 && seen.subtracting(known) == [], "\(seen.sorted())")
  }

  @Test("the text of a page, and the list") func shown() throws {
    let page = try #require(explanations.first { $0.code == "rpo-exceeded" })
    try expectSnapshot(try explanationReport(page, as: .text, TextStyle()), "Tests/PlanLintingTests/Snapshots/explain-rpo-exceeded.txt")
    let list = try explanationList(explanations, as: .text, TextStyle()).split(separator: "\n")
    for page in explanations { #expect(list.contains { $0.hasPrefix("  \(page.code) ") }, "\(page.code)") }
    let json = try CanonicalJSON.decode(JSONValue.self, from: Array(try explanationReport(page, as: .json, TextStyle()).utf8))
    #expect(json["explanations"]?.array?.first?["formula"] == "RPO = (missed runs + 1) · interval + late start + dump + upload + copy; of WAL: archive time-out + upload; of a replica: its lag")
    #expect(try explanationReport(page, as: .markdown, TextStyle()).hasPrefix("## rpo-exceeded\n\n*error*: "))
  }
}
