import CanonicalJSON
@testable import Commands
import Diagnostics
import PlanLinting
import Reporting
import TestSupport
import Testing

/// Findings as other tools take them.
@Suite("Formats of lint") struct FormatTests {
  /// One set for every format: an objective, a warning, a secret, text that would break out, a file that cannot be read, and one without findings.
  static let files: [LintedFile] = [
    linted("plans/über shop.yaml", breached),
    linted("./hostile.yaml", samplePlan.replacing("needs: [restore]", with: #"needs: [restore, "x\n::error::<b>&\e]"]"#)),
    linted("/srv/broken.yaml", "apiVersion: [\n  a: b\n"),
    linted("clean.yaml", samplePlan),
    linted("ignoring.yaml", breached + "lint: { ignore: [{ rule: detection-missing, at: scenarios.lost, reason: 'A & B', until: 2027-01-01 }] }\n"),
  ]

  /// With a key and a reference that are nearly right.
  static let fixable = linted("fixable.yaml", samplePlan.replacing("timeout: 90m", with: "timout: 90m").replacing("data: orders", with: "data: ordrs"))
  static let breached = samplePlan.replacing("every: 30m", with: "every: 2h").replacing("    detect: { noticedWithin: 10m }\n", with: "")
    .replacing("secrets: {", with: "secrets: { more: { command: [p, --password, sesame] },")

  static func linted(_ path: String, _ text: String) -> LintedFile {
    let file = SourceFile(path: path, bytes: Array(text.utf8))
    return (file, lint(file, kinds: Providers.kinds, protection: Providers.protection))
  }

  static func report(_ files: [LintedFile], _ format: LintFormat) throws -> String { try lintReport(files, as: format, TextStyle(), toolVersion: "1.2.3") }

  private func json(_ files: [LintedFile], _ format: LintFormat) throws -> JSONValue {
    try CanonicalJSON.decode(JSONValue.self, from: Array(try Self.report(files, format).utf8))
  }

  @Test("are what the snapshots say, and twice the same", arguments: LintFormat.allCases) func snapshots(_ format: LintFormat) throws {
    let text = try Self.report(Self.files, format)
    #expect(try text == Self.report(Self.files, format))
    #expect(!text.contains("sesame"))
    try expectSnapshot(text, "Tests/PlanLintingTests/Snapshots/formats.\(format.rawValue).txt")
  }

  @Test("SARIF is as the standard has it, also for a file that cannot be parsed, and for none with findings") func sarif() throws {
    let schema = try JSONSchema(sarifSchema)
    for files in [Self.files, [Self.files[2]], [Self.files[3]], []] { #expect(try schema.verdict(on: json(files, .sarif)).problems == []) }
    #expect(try schema.verdict(on: json(Self.files, .sarif)).touched == schema.places)
    let run = try #require(json(Self.files, .sarif)["runs"]?.array?.first)
    let rules = try #require(run["tool"]?["driver"]?["rules"]?.array)
    let results = try #require(run["results"]?.array)
    #expect(results.count == Self.files.flatMap(\.result.diagnostics).count + 1)
    #expect(results.last?["suppressions"] == [["kind": "inSource", "status": "accepted", "justification": "A & B"]])
    for result in results { #expect(rules[Int(try #require(result["ruleIndex"]?.int))]["id"] == result["ruleId"]) }
    let uris = Set(results.compactMap { $0["locations"]?.array?.first?["physicalLocation"]?["artifactLocation"]?["uri"]?.string })
    #expect(uris == ["plans/%C3%BCber%20shop.yaml", "hostile.yaml", "ignoring.yaml", "file:///srv/broken.yaml"])
  }

  /// With fixes that are made and fixes that are only shown, a baseline, evidence, and a file that cannot be parsed.
  @Test("SARIF validates against the schema that OASIS publishes") func officialSARIF() throws {
    let schema = try JSONSchema(CanonicalJSON.decode(JSONValue.self, from: Array(readFile(Repository.root + "Tests/PlanLintingTests/Standards/sarif-schema-2.1.0.json").utf8)))
    let fixable = Self.fixable
    #expect(Set(fixable.result.diagnostics.flatMap(\.fixes).map(\.isSafe)) == [true, false])
    var hidden = Self.files[0]
    #expect(!hidden.result.apply(baseline: Set(hidden.result.fingerprints(of: hidden.file.path).values), named: "baseline.json", path: hidden.file.path).isEmpty)
    let overdue = try FixturePage(named: "drill-overdue.md")
    let evidence: LintedFile = (SourceFile(path: "plan.yaml", bytes: Array(overdue.problem.plan.utf8)), PlanLintingTests.linted(overdue.problem.plan, evidence: overdue.problem.evidence, now: overdue.now))
    for files in [Self.files, [fixable], [hidden], [evidence], [Self.files[2]], []] {
      let document = try json(files, .sarif)
      #expect(schema.verdict(on: document).problems == [], "\(files.map(\.file.path))")
    }
    let fixes = try #require(json([fixable], .sarif)["runs"]?.array?.first?["results"]?.array?.flatMap { $0["fixes"]?.array ?? [] })
    #expect(fixes.count == fixable.result.diagnostics.flatMap(\.fixes).count && fixes.count > 1)
    // The schema says no to what is wrong.
    #expect(!schema.verdict(on: ["version": "2.1.0"]).isValid && !schema.verdict(on: ["version": "2.0.0", "runs": []]).isValid)
    var broken = try #require(json([fixable], .sarif).object)
    broken["runs"] = [["results": []]]
    #expect(!schema.verdict(on: .object(broken)).isValid)
  }

  private func fingerprints(_ text: String, path: String = "plan.yaml") -> [String] {
    let result = Self.linted(path, text).result
    let prints = result.fingerprints(of: path)
    return result.diagnostics.compactMap { prints[$0] }
  }

  @Test("fingerprints outlive other lines and other figures, and tell findings apart") func fingerprints() {
    let before = fingerprints(Self.breached)
    #expect(before.count > 2 && Set(before).count == before.count)
    #expect(fingerprints("# one\n# two\n\n" + Self.breached) == before)
    #expect(fingerprints(Self.breached.replacing("every: 2h", with: "every: 3h")) == before)
    #expect(fingerprints(Self.breached, path: "./plan.yaml") == before)
    #expect(Set(fingerprints(Self.breached, path: "other.yaml")).isDisjoint(with: before))
    #expect(Set(fingerprints(Self.breached.replacing("orders", with: "bills"))).intersection(before).count == before.count - 1, "one finding names `orders`")
    let broken = "apiVersion: [\n  a: b\n"
    #expect(!fingerprints(broken).isEmpty && fingerprints("# one\n" + broken) == fingerprints(broken))
  }

  @Test("a GitHub annotation is one line, whatever stands in the plan") func github() throws {
    let lines = try Self.report(Self.files, .github).split(separator: "\n")
    #expect(lines.count == Self.files.flatMap(\.result.diagnostics).count)
    for line in lines { #expect(line.wholeMatch(of: #/::(error|warning|notice) file=[^:,]+(,[a-zA-Z]+=[^:,]+)+::[^\n\r\u{1B}]+/#) != nil, "\(line)") }
    #expect(lines.contains { $0.hasPrefix("::error file=plans/über shop.yaml,line=18,endLine=18,col=38,endColumn=39,title=rpo-exceeded::") })
  }

  @Test("a JUnit case is a rule; its attributes count what is there") func junit() throws {
    let text = try Self.report(Self.files, .junit)
    #expect(text.ranges(of: "<testcase ").count >= lintRules.count * Self.files.count)
    for (tag, attribute) in [("testcase", "tests"), ("failure", "failures"), ("skipped", "skipped")] {
      let head = try #require(text.split(separator: "\n").first { $0.hasPrefix("<testsuites ") })
      #expect(head.contains(" \(attribute)=\"\(text.ranges(of: "<\(tag) ").count)\""), "\(attribute) in \(head)")
    }
    var open: [Substring] = []
    for tag in text.dropFirst(39).matches(of: #/<(\/?)([a-z-]+)(( [a-z]+="[^"<&]*(&[^"<&]*)*")*)(\/?)>/#) {
      if !tag.1.isEmpty { #expect(open.popLast() == tag.2) } else if tag.6.isEmpty { open.append(tag.2) }
    }
    #expect(open == [] && text.ranges(of: "<").count == text.matches(of: #/<\/?[a-z?]/#).count)
  }

  @Test("GitLab's report has what GitLab asks for") func gitlab() throws {
    let entries = try #require(json(Self.files, .gitlab).array)
    #expect(Set(entries.compactMap { $0["fingerprint"]?.string }).count == entries.count)
    #expect(Set(entries.compactMap { $0["severity"]?.string }) == ["critical", "major", "minor"])
    #expect(entries.contains { $0["location"]?["path"] == "hostile.yaml" })
    for entry in entries { #expect(Set(entry.object.map { Array($0.keys) } ?? []) == ["check_name", "description", "fingerprint", "location", "severity"]) }
    #expect(try json([Self.files[3]], .gitlab) == [])
  }
}

/// The part of SARIF 2.1.0 that we write, from the text of the standard (OASIS, sections 3.13 to 3.49), stricter where we say less than it allows.
private let sarifSchema: JSONValue = [
  "type": "object", "required": ["version", "runs"], "additionalProperties": false,
  "properties": [
    "$schema": ["type": "string"], "version": ["const": "2.1.0"], "runs": ["type": "array", "minItems": 1, "items": ["$ref": "#/$defs/run"]],
  ],
  "$defs": [
    "run": object(
      ["tool", "results", "columnKind"],
      [
        "tool": object(["driver"], ["driver": object(["name", "version", "rules"], ["name": text, "version": text, "rules": ["type": "array", "items": ["$ref": "#/$defs/rule"]]])]),
        "columnKind": ["enum": ["utf16CodeUnits", "unicodeCodePoints"]], "results": ["type": "array", "items": ["$ref": "#/$defs/result"]],
      ]),
    "rule": object(
      ["id", "shortDescription", "help", "defaultConfiguration"],
      [
        "id": text, "shortDescription": message, "fullDescription": message, "help": object(["text"], ["text": text, "markdown": text]),
        "defaultConfiguration": object(["level"], ["level": level]),
      ]),
    "result": object(
      ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
      [
        "ruleId": text, "ruleIndex": ["type": "integer", "minimum": 0], "level": level, "message": message,
        "locations": ["type": "array", "minItems": 1, "items": object(["physicalLocation"], ["physicalLocation": ["$ref": "#/$defs/place"]])],
        "relatedLocations": [
          "type": "array", "minItems": 1,
          "items": object(["id", "message", "physicalLocation"], ["id": ["type": "integer", "minimum": 0], "message": message, "physicalLocation": ["$ref": "#/$defs/place"]]),
        ],
        "suppressions": [
          "type": "array", "minItems": 1,
          "items": object(["kind"], ["kind": ["enum": ["inSource", "external"]], "status": ["enum": ["accepted", "underReview", "rejected"]], "justification": text]),
        ],
        "partialFingerprints": object(
          ["sieDr/v1"], ["sieDr/v1": ["type": "string", "pattern": "^[0-9a-f]{32}$"], "primaryLocationLineHash": ["type": "string", "pattern": "^[0-9a-f]{32}:1$"]]),
      ]),
    "place": object(
      ["artifactLocation", "region"],
      [
        "artifactLocation": object(["uri"], ["uri": ["type": "string", "pattern": "^[!-~]+$"]]),
        "region": object(["startLine"], ["startLine": positive, "startColumn": positive, "endLine": positive, "endColumn": positive]),
      ]),
  ],
]

private let text: JSONValue = ["type": "string", "pattern": "."]
private let positive: JSONValue = ["type": "integer", "minimum": 1]
private let level: JSONValue = ["enum": ["none", "note", "warning", "error"]]
private let message = object(["text"], ["text": text])

private func object(_ required: [JSONValue], _ properties: JSONValue) -> JSONValue {
  ["type": "object", "additionalProperties": false, "required": .array(required), "properties": properties]
}
